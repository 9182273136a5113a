"""Part `relay`: from a full outbox to Kafka, against two libraries and the producer alone."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.ground import ROOT
from tests.benchmarks.hot.contest import Contestant, NotDone, Turn, processes_of, told, watched
from tests.benchmarks.hot.made import made
from tests.benchmarks.hot.part import COLUMNS, rates_of, rows_of
from tests.benchmarks.hot.process import Task
from tests.benchmarks.hot.work import Row
from tests.benchmarks.relay.rows import fill, write_file
from tests.benchmarks.results import Chart, Found, Goal
from tests.benchmarks.stand import Ends, Stand, Topics, topics

EVENTS = 30_000
PREPARE_SECONDS = 300
PEERS = ROOT / ".ciclo" / "peers" / "bin" / "python"
TEXT = (
    "The same promises, with the same keys and headers, wait in everybody's own outbox; each relay "
    "publishes them and forgets what the broker acknowledged. faststream-outbox runs with 32 workers, "
    "fetches of 500 and flushes of 100, pgqueuer with batches of 200; neither keeps the order of a key. "
    "`producer alone` sends from memory."
)


async def measure(stand: Stand) -> Found:
    """Run the part. Needs the environment of the peers."""
    if not PEERS.exists():
        raise NotDone(f"{PEERS.relative_to(ROOT)} is missing: `make bench` makes it")
    rows = made(stand.size.of(EVENTS, 500))
    turns: dict[str, list[Turn]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        write_file(rows, file)
        async with topics(stand) as there, Ends(stand.kafka) as ends:
            for repetition in range(stand.size.repetitions):
                for one in _contestants(len(rows)):
                    turn = await _take_turn(stand, there, ends, one, rows, file)
                    turns.setdefault(one.name, []).append(turn)
                    stand.say(f"  {repetition + 1}  {one.name:20} {turn.rate:9,.0f} events/s")
    rates = rates_of(turns)
    return Found(
        part="relay",
        title="The relay",
        text=TEXT,
        columns=COLUMNS,
        rows=rows_of(turns, "ours"),
        data={"turns": {name: [(t.rate, t.cpu_us) for t in each] for name, each in turns.items()}},
        goals=[Goal("times faststream-outbox", rates["ours"] / rates["faststream-outbox"], 3)],
        charts=[Chart("Events published a second", "events/s", bars=rates)],
    )


def _contestants(events: int) -> Sequence[Contestant]:
    workers = "tests.benchmarks.relay.workers"
    return (
        Contestant("ours", ("tests.benchmarks.relay.ours",), events),
        Contestant("faststream-outbox", (f"{workers}.with_faststream_outbox",), events, python=str(PEERS)),
        Contestant("pgqueuer", (f"{workers}.with_pgqueuer",), events, python=str(PEERS)),
        Contestant("producer alone", ("tests.benchmarks.hot.limits", "produce"), events, counts_itself=True),
    )


async def _take_turn(
    stand: Stand, there: Topics, ends: Ends, one: Contestant, rows: Sequence[Row], file: Path
) -> Turn:
    async with stand.database("routing") as database:
        task = Task(stand.kafka, database, there.prefix, "", one.events)
        if one.counts_itself:
            async with processes_of(one, task) as processes:
                return await told(one, processes[0])
        if one.python:
            await _prepare(one, task, file)
            one = Contestant(one.name, (*one.command, "work"), one.events, python=one.python)
        else:
            await fill(database, rows)
        return await watched(stand, there, ends, one, task)


async def _prepare(one: Contestant, task: Task, file: Path) -> None:
    environment = {**os.environ, **task.environment(), "ROWS": str(file)}
    process = await asyncio.create_subprocess_exec(
        one.python, "-m", *one.command, "prepare", env=environment, stdout=sys.stderr
    )
    if await asyncio.wait_for(process.wait(), PREPARE_SECONDS):
        raise NotDone(f"{one.name} could not prepare its rows")
