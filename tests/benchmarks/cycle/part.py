"""Part `cycle`: cases through all four services, all on this machine, and how long a customer waits."""

from collections.abc import Mapping

from tests.benchmarks.cycle.driver import SERVICES, Told, cases_a_second, each_ms, play, services_ms
from tests.benchmarks.cycle.stopwatch import HOPS
from tests.benchmarks.results import Chart, Found, Goal, number
from tests.benchmarks.stand import Bench

CASES = 600
LIGHT_PER_SECOND, LIGHT_CASES = 3.0, 100
LOAD_SECONDS = 25
TEXT = (
    "`make load` in small: customers, agents, workshops and carriers around the four services, with "
    "Kafka, PostgreSQL and the actors on the same machine; every case is judged afterwards. The first "
    "word is `notification.sent` of the receipt, from the request that opened the case; its floor is "
    "three hops (intake, routing, notifications) of one small commit and one record through Kafka each, "
    "measured in the same run."
)


async def measure(bench: Bench) -> Found:
    """Run the part; each run has fresh servers of its own."""
    most = await play(bench, "full", cases=bench.size.of(CASES, 40))
    rate = cases_a_second(most)
    light = await play(bench, "light", cases=bench.size.of(LIGHT_CASES, 20), rate=LIGHT_PER_SECOND)
    loaded = {
        share: await play(
            bench,
            f"{share} %",
            cases=bench.size.of(max(20, int(rate * share / 100 * LOAD_SECONDS)), 20),
            rate=rate * share / 100,
        )
        for share in (50, 80)
    }
    runs = {"full": most, "light": light, **{f"{s} %": run for s, run in loaded.items()}}
    least = HOPS * (light["floor_ms"]["commit"] + light["floor_ms"]["kafka"])
    return Found(
        part="cycle",
        title="The whole cycle",
        text=TEXT,
        columns=(
            "run",
            "cases/s",
            "CPU ms a case: services",
            "all",
            "first word p50 ms",
            "p95",
            "p99",
            "p50 x floor",
        ),
        rows=[_row(name, run) for name, run in runs.items()],
        data={"runs": runs, "floor_ms": least},
        goals=[
            Goal("full cycles a second", rate, 300),
            Goal(
                "first word at light load, times its floor",
                light["told_ms"]["p50"] / least,
                2,
                at_least=False,
            ),
            *(Goal(f"peak memory of {name}", most["peak_mb"][name], 150, False, " MB") for name in SERVICES),
        ],
        charts=[
            Chart("The first word, ms (p50)", "ms", bars={"floor": least} | _p50s(runs)),
            Chart("CPU ms a case", "ms", bars=each_ms(most)),
        ],
        notes=[f"Floor of the first word: {number(least)} ms."],
    )


def _p50s(runs: Mapping[str, Told]) -> dict[str, float]:
    return {name: run["told_ms"]["p50"] for name, run in runs.items() if name != "full"}


def _row(name: str, run: Told) -> list[str]:
    told, least = run["told_ms"], HOPS * sum(run["floor_ms"].values())
    waits = [number(told[cut]) for cut in ("p50", "p95", "p99")]
    every = sum(each_ms(run).values())
    return [
        name,
        number(cases_a_second(run)),
        number(services_ms(run)),
        number(every),
        *waits,
        number(told["p50"] / least),
    ]
