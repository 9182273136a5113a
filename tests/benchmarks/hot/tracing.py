"""Part `tracing`: what telling every event's story costs, ours and FastStream's own, in the same run."""

from collections.abc import Mapping
from dataclasses import replace

from deploy.traces.process import sink
from tests.benchmarks.ground import ROOT
from tests.benchmarks.hot.contest import Contestant, Turn
from tests.benchmarks.hot.part import COLUMNS, HERE, contest, rates_of, rows_of
from tests.benchmarks.results import Chart, Found, middle, number
from tests.benchmarks.stand import Stand

EVENTS, FEW = 30_000, 3_000
TEXT = (
    "The hot path with spans sent to `python -m deploy.traces` and without; beside it the idiom with "
    "FastStream's `KafkaTelemetryMiddleware`, which tells the message alone (no statements, no state, no "
    "link between the legs of a case). Every trace is sampled."
)


async def measure(stand: Stand) -> Found:
    """Run the part."""
    ours = Contestant("ours", (f"{HERE}.ours",), stand.size.of(EVENTS, 600))
    idiom = Contestant("idiom", (f"{HERE}.idiom",), stand.size.of(FEW, 200))
    with sink(ROOT / ".ciclo" / "bench-traces") as traces:
        told: Mapping[str, str] = traces.settings
        turns = await contest(
            stand,
            [
                ours,
                replace(ours, name="ours, traced", environment=told),
                idiom,
                replace(idiom, name="idiom, traced", environment={"IDIOM": "traced", **told}),
            ],
        )
    costs = {name: _cpu(turns[f"{name}, traced"]) - _cpu(turns[name]) for name in ("ours", "idiom")}
    rates = rates_of(turns)
    kept = {name: rates[f"{name}, traced"] / rates[name] for name in ("ours", "idiom")}
    return Found(
        part="tracing",
        title="Tracing",
        text=TEXT,
        columns=COLUMNS,
        rows=rows_of(turns, "ours"),
        data={
            "turns": {name: [(t.rate, t.cpu_us) for t in each] for name, each in turns.items()},
            "cpu_us_of_tracing": costs,
            "throughput_kept": kept,
        },
        charts=[Chart("Events a second", "events/s", bars=rates)],
        notes=[
            f"CPU of tracing, µs an event in the process: ours {number(costs['ours'])}, idiom "
            f"{number(costs['idiom'])}. Throughput that is left: ours {kept['ours']:.0%}, "
            f"idiom {kept['idiom']:.0%}."
        ],
    )


def _cpu(turns: list[Turn]) -> float:
    return middle([turn.cpu_us["process"] for turn in turns])
