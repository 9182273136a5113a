"""Parts of `make bench-full`: throughput by stored cases, size of batches, partitions and replicas."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from tests.benchmarks.growth.latency import latency
from tests.benchmarks.growth.stored import GIGABYTES_A_MILLION, store
from tests.benchmarks.hot.contest import Contestant, NotDone, Turn, take_turn, work_on
from tests.benchmarks.hot.opened import preload
from tests.benchmarks.hot.part import HERE, rates_of
from tests.benchmarks.hot.process import Task
from tests.benchmarks.hot.work import CASES
from tests.benchmarks.results import Chart, Found, Goal, middle, number
from tests.benchmarks.stand import Ends, Stand, topics

EVENTS, FEW, FEW_BELOW = 20_000, 3_000, 20
STORED = (0, 1_000_000, 10_000_000)
BATCHES = (1, 10, 50, 100, 200, 500, 1_000)
PARTITIONS = (1, 3, 6, 12, 24)
REPLICAS = (1, 2, 3, 4)
OURS = Contestant("ours", (f"{HERE}.ours",), EVENTS)
Vary = Callable[[int], tuple[Contestant, int | None]]
"""The contestant for a value of what is varied, and the number of partitions."""


async def batches(stand: Stand) -> Found:
    """The size of a batch."""

    def vary(size: int) -> tuple[Contestant, int | None]:
        events = stand.size.of(FEW if size < FEW_BELOW else EVENTS, 200)
        return replace(OURS, batch=size, events=events), None

    return await _curve(stand, "batches", "Records in a transaction, at most", BATCHES, vary)


async def partitions(stand: Stand) -> Found:
    """The number of partitions."""

    def vary(count: int) -> tuple[Contestant, int | None]:
        return replace(OURS, events=stand.size.of(EVENTS, 600)), count

    return await _curve(stand, "partitions", "Partitions of every topic", PARTITIONS, vary)


async def replicas(stand: Stand) -> Found:
    """The number of processes of one service, on the same cores."""

    def vary(count: int) -> tuple[Contestant, int | None]:
        return replace(OURS, replicas=count, events=stand.size.of(EVENTS, 600)), None

    return await _curve(
        stand, "replicas", "Replicas of the service, on the cores of this machine", REPLICAS, vary
    )


async def stored(stand: Stand) -> Found:
    """The number of cases that are stored already; databases beside one another, turns interleaved."""
    sizes = [stand.size.of(size, min(size, 1_000)) for size in STORED]
    _need_room(stand, sum(sizes))
    turns: dict[int, list[Turn]] = {size: [] for size in sizes}
    waits: dict[int, list[float]] = {size: [] for size in sizes}
    async with AsyncExitStack() as kept:
        databases = {}
        for size in sizes:
            databases[size] = await kept.enter_async_context(stand.database("routing"))
            stand.say(f"  storing {size:,} cases")
            await store(databases[size], size)
        for _ in range(stand.size.repetitions):
            for size in sizes:
                turn, wait = await _on_stored(stand, databases[size])
                turns[size].append(turn)
                waits[size].append(wait)
                stand.say(f"  {size:10,} stored  {turn.rate:9,.0f} events/s  one alone {wait:.1f} ms")
    rates = rates_of(turns)
    alone = {size: middle(each) for size, each in waits.items()}
    return Found(
        part="stored",
        title="Stored cases",
        text=(
            "The hot path on databases that hold so many cases already (2 % of them open). `alone` is the "
            "time from `case.opened` to `promise.made` of one case after another."
        ),
        columns=("stored cases", "events/s", "x empty", "alone, p50 ms"),
        rows=[
            [f"{size:,}", number(rates[size]), f"{rates[size] / rates[sizes[0]]:.2f}", number(alone[size])]
            for size in sizes
        ],
        data={"rates": _listed(turns), "alone_ms": waits},
        goals=[Goal("throughput with most stored, times empty", rates[sizes[-1]] / rates[sizes[0]], 0.9)],
        charts=[
            Chart(
                "Events a second by stored cases",
                "events/s",
                lines={"ours": [(float(size), rate) for size, rate in rates.items()]},
                x="stored cases",
            )
        ],
    )


async def _on_stored(stand: Stand, database: str) -> tuple[Turn, float]:
    """New cases each time: what was applied once would be dropped."""
    one = replace(OURS, events=stand.size.of(EVENTS, 600))
    async with topics(stand) as made, Ends(stand.kafka) as ends:
        await preload(stand.kafka, made.prefix + CASES, one.events)
        task = Task(stand.kafka, database, made.prefix, "", one.events, one.batch)
        turn = await work_on(stand, made, ends, one, task)
        return turn, await latency(made, one, task)


async def _curve(stand: Stand, part: str, what: str, values: Sequence[int], vary: Vary) -> Found:
    turns: dict[int, list[Turn]] = {value: [] for value in values}
    async with Ends(stand.kafka) as ends:
        for _ in range(stand.size.repetitions):
            for value in values:
                one, parts = vary(value)
                async with topics(stand, parts) as made:
                    await preload(stand.kafka, made.prefix + CASES, one.events)
                    turns[value].append(await take_turn(stand, made, ends, one))
                stand.say(f"  {part} {value:5}  {turns[value][-1].rate:9,.0f} events/s")
    rates = rates_of(turns)
    return Found(
        part=part,
        title=what,
        text="The hot path of one service; everything else as in `hot`.",
        columns=(part, "events/s", "CPU us an event", "peak MB"),
        rows=[
            [
                str(value),
                number(rates[value]),
                number(middle([turn.cpu_us["process"] for turn in turns[value]])),
                number(middle([turn.peak_mb for turn in turns[value]])),
            ]
            for value in values
        ],
        data={"rates": _listed(turns)},
        charts=[
            Chart(
                what,
                "events/s",
                lines={"ours": [(float(value), rate) for value, rate in rates.items()]},
                x=part,
                log_x=part == "batches",
            )
        ],
    )


def _listed(turns: Mapping[int, Sequence[Turn]]) -> dict[str, list[float]]:
    return {str(value): [turn.rate for turn in each] for value, each in turns.items()}


def _need_room(stand: Stand, cases: int) -> None:
    needed = cases / 1e6 * GIGABYTES_A_MILLION + 5
    free = shutil.disk_usage(stand.servers.directory).free / 1e9
    if free < needed:
        raise NotDone(
            f"{cases:,} stored cases need about {needed:.0f} GB on the disk, and {free:.0f} are free"
        )
