"""Part `hot`: the way of one event through a service, against the idiom, the floor and the limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.hot.contest import Contestant, Turn, take_turn
from tests.benchmarks.hot.opened import preload
from tests.benchmarks.hot.work import CASES
from tests.benchmarks.results import Chart, Found, Goal, middle, number, spread
from tests.benchmarks.stand import Ends, Size, Stand, topics

HERE = "tests.benchmarks.hot"
EVENTS, FEW = 24_000, 2_000
TEXT = (
    "Everybody consumes the same records of `case.opened` (all CloudEvents headers), decides with "
    "routing's own rules, stores the same rows (state, list of cases, promise, timer), remembers what was "
    "applied, owes the effect `Classify` (nobody runs it here) and publishes `promise.made`, durably. "
    "Events a second are counted as promises arrive in Kafka, after the first tenth; medians of "
    "interleaved repetitions, each in a process and a database of its own. CPU is microseconds an event. "
    "The floor is a hand-written batch loop with the same guarantee and nothing else. The idiom commits "
    "the offset of each message; with `default ack`, as FastStream does unless told otherwise, on a timer "
    "and whether or not the message was handled."
)


def contestants(size: Size) -> list[Contestant]:
    """Who takes part."""
    many, few = size.of(EVENTS, 600), size.of(FEW, 200)
    limit = size.of(EVENTS // 3, 500)
    return [
        Contestant("ours", (f"{HERE}.ours",), many),
        Contestant("floor", (f"{HERE}.floor",), many),
        Contestant("idiom", (f"{HERE}.idiom",), few),
        Contestant("idiom, default ack", (f"{HERE}.idiom",), few, environment={"IDIOM": "default"}),
        Contestant("limit: consume", (f"{HERE}.limits", "consume"), many, counts_itself=True),
        Contestant("limit: produce", (f"{HERE}.limits", "produce"), limit, counts_itself=True),
        Contestant("limit: store", (f"{HERE}.limits", "store"), limit, counts_itself=True),
    ]


async def contest(
    stand: Stand, taking_part: Sequence[Contestant], partitions: int | None = None
) -> dict[str, list[Turn]]:
    """Let them take turns, as often as the size says."""
    turns: dict[str, list[Turn]] = {one.name: [] for one in taking_part}
    async with topics(stand, partitions) as made, Ends(stand.kafka) as ends:
        most = max(one.events for one in taking_part)
        await preload(stand.kafka, made.prefix + CASES, most)
        for repetition in range(stand.size.repetitions):
            for one in taking_part:
                turn = await take_turn(stand, made, ends, one)
                turns[one.name].append(turn)
                cpu = ", ".join(f"{name} {us:.0f}" for name, us in turn.cpu_us.items())
                stand.say(f"  {repetition + 1}  {one.name:20} {turn.rate:9,.0f} events/s   CPU us: {cpu}")
    return turns


def rates_of(turns: Mapping[Any, Sequence[Turn]]) -> dict[Any, float]:
    """Each one's events a second, in the middle of its turns."""
    return {name: middle([turn.rate for turn in each]) for name, each in turns.items()}


def rows_of(turns: dict[str, list[Turn]], base: str) -> list[list[str]]:
    """The table: rates beside that of `base`, and what an event costs."""
    rates = rates_of(turns)
    rows = []
    for name, each in turns.items():
        reach = spread([turn.rate for turn in each])
        costs = [
            number(middle(values))
            if (values := [turn.cpu_us[of] for turn in each if of in turn.cpu_us])
            else ""
            for of in ("process", "PostgreSQL", "Kafka")
        ]
        rows.append([name, number(rates[name]), reach, f"{rates[name] / rates[base]:.2f}", *costs])
    return rows


COLUMNS = ("", "events/s", "from-to", "x ours", "CPU us: process", "PostgreSQL", "Kafka")


async def measure(stand: Stand) -> Found:
    """Run the part."""
    turns = await contest(stand, contestants(stand.size))
    rates = rates_of(turns)
    return Found(
        part="hot",
        title="The hot path",
        text=TEXT,
        columns=COLUMNS,
        rows=rows_of(turns, "ours"),
        data={"turns": {name: [(t.rate, t.cpu_us, t.peak_mb) for t in each] for name, each in turns.items()}},
        goals=[
            Goal("times the idiom", rates["ours"] / rates["idiom"], 20),
            Goal("times the floor", rates["ours"] / rates["floor"], 0.8),
        ],
        charts=[Chart("Events a second", "events/s", bars=rates)],
    )
