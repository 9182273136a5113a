"""Part `tracing`: what telling every event's story costs, ours and FastStream's own, in the same run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from deploy.traces.process import sink
from tests.benchmarks.cycle.driver import each_ms, play, services_ms
from tests.benchmarks.ground import ROOT
from tests.benchmarks.hot.contest import Contestant, Turn
from tests.benchmarks.hot.part import COLUMNS, HERE, contest, rates_of, rows_of
from tests.benchmarks.results import Chart, Found, Goal, middle, number, spread
from tests.benchmarks.stand import Stand

EVENTS, FEW = 16_000, 1_500
CASES, PER_SECOND, ROUNDS = 120, 8.0, 2
FOLDER = ROOT / ".ciclo" / "bench-traces"
TEXT = (
    "The hot path with spans sent to `python -m deploy.traces` and without; beside it the idiom with "
    "FastStream's `KafkaTelemetryMiddleware`, which tells the message alone (no statements, no state, no "
    "link between the legs of a case). Then whole cases through all four services (the load driver), so many "
    "a second that the machine keeps up, traced and not in turns; what is told of products, batches and slow "
    "statements counts, too. Every trace is sampled. The same work takes more CPU while more goes on beside "
    "it (the sink is on the same machine): what the services take of a case is compared in units of what "
    "Kafka and PostgreSQL take of it in the same run, who do the same whether somebody tells or not."
)


@dataclass(slots=True)
class Whole:
    """Whole cases, in every repetition: ms of CPU a case, of the four services and of Kafka and PostgreSQL;
    spans a case; ms until the first word.
    """

    cpu_ms: list[float] = field(default_factory=list)
    servers_ms: list[float] = field(default_factory=list)
    spans: list[float] = field(default_factory=list)
    told_ms: list[float] = field(default_factory=list)

    @property
    def relative(self) -> float:
        """What the services take, in units of what Kafka and PostgreSQL take in the same run."""
        return middle([own / other for own, other in zip(self.cpu_ms, self.servers_ms, strict=True)])


async def measure(stand: Stand) -> Found:
    """Run the part."""
    ours = Contestant("ours", (f"{HERE}.ours",), stand.size.of(EVENTS, 600))
    idiom = Contestant("idiom", (f"{HERE}.idiom",), stand.size.of(FEW, 200))
    with sink(FOLDER) as traces:
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
    off, on = await _whole_cases(stand)
    per_case, spans = (on.relative / off.relative - 1) * middle(off.cpu_ms), middle(on.spans)
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
            "whole_cases": {"untraced": asdict(off), "traced": asdict(on)},
        },
        goals=[
            Goal("spans of a whole case", spans, 40, at_least=False),
            Goal("CPU of tracing a whole case", per_case, 2, at_least=False, unit=" ms"),
            Goal("events a second, times those without tracing", kept["ours"], 1),
        ],
        charts=[Chart("Events a second", "events/s", bars=rates)],
        notes=[
            f"CPU of tracing, µs an event in the process: ours {number(costs['ours'])}, idiom "
            f"{number(costs['idiom'])}. Throughput that is left: ours {kept['ours']:.0%}, "
            f"idiom {kept['idiom']:.0%}.",
            f"{PER_SECOND:.0f} whole cases a second: a case takes {_of_a_case(off)} without tracing, "
            f"{_of_a_case(on)} with it. It has {number(spans)} spans. The first word comes after "
            f"{number(middle(off.told_ms))} ms without, {number(middle(on.told_ms))} ms with it.",
        ],
    )


async def _whole_cases(stand: Stand) -> tuple[Whole, Whole]:
    """The same cases untraced and traced, one after the other; who begins changes."""
    off, on = Whole(), Whole()
    cases = stand.size.of(CASES, 40)
    for repetition in range(min(stand.size.repetitions, ROUNDS)):
        for whole in (off, on) if repetition % 2 == 0 else (on, off):
            with sink(FOLDER) as traces:
                told = traces.settings if whole is on else None
                name = "whole cases" + (", traced" if told else "")
                run = await play(stand, name, cases=cases, rate=PER_SECOND, environment=told)
                each = each_ms(run)
                whole.cpu_ms.append(services_ms(run))
                whole.servers_ms.append(each["Kafka"] + each["PostgreSQL"])
                whole.told_ms.append(run["told_ms"]["p50"])
                whole.spans.append(traces.count() / run["ended"])
    return off, on


def _of_a_case(whole: Whole) -> str:
    return (
        f"{number(middle(whole.cpu_ms))} ms of the four services' CPU ({spread(whole.cpu_ms)}), "
        f"{whole.relative:.2f} times what Kafka and PostgreSQL take,"
    )


def _cpu(turns: list[Turn]) -> float:
    return middle([turn.cpu_us["process"] for turn in turns])
