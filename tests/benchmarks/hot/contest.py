"""One contestant's turn: a fresh database, a group at its beginning, a process, a look at what it does."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from services.chassis.clock import seconds
from tests.benchmarks.hot.ours import SETTINGS
from tests.benchmarks.hot.process import Task
from tests.benchmarks.hot.work import CASES, ROUTING
from tests.benchmarks.measure import usage
from tests.benchmarks.stand import Ends, Stand, Topics, rewind

LOOK_SECONDS = 0.05
STALL_SECONDS = 60
STOP_SECONDS = 30
WARM = 0.1
"""Of its events, so many are done before anything counts: caches fill, plans are made."""
STORED = """
SELECT least((SELECT count(*) FROM cases), (SELECT count(*) FROM promises), (SELECT count(*) FROM timers),
    (SELECT count(*) FROM effects), (SELECT count(*) FROM aggregates WHERE state IS NOT NULL))
"""


class NotDone(Exception):
    """A contestant did not do the work; the message says which and what is missing."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who takes part: its module and arguments, on how many events, and whether it counts them itself."""

    name: str
    command: tuple[str, ...]
    events: int
    counts_itself: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    batch: int = 500
    replicas: int = 1
    python: str = ""
    """The interpreter of another environment."""
    watcher: tuple[str, ...] = ()
    """A program that runs it, looks on, and ends both at Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn showed: events a second; CPU microseconds an event, by process; peak memory (MB)."""

    rate: float
    cpu_us: dict[str, float]
    peak_mb: float = 0.0


async def take_turn(stand: Stand, topics: Topics, ends: Ends, one: Contestant) -> Turn:
    """Let a contestant work through its events. Raises NotDone."""
    group = f"{topics.prefix}ciclo-routing"
    await rewind(stand.kafka, group, topics.of(CASES))
    async with stand.database("routing") as database:
        task = Task(stand.kafka, database, topics.prefix, group, one.events, one.batch)
        return await work_on(stand, topics, ends, one, task)


async def work_on(stand: Stand, topics: Topics, ends: Ends, one: Contestant, task: Task) -> Turn:
    """The same on a database that is there already, from where the group stands."""
    if one.counts_itself:
        async with processes_of(one, task) as processes:
            return await told(one, processes[0])
    turn = await watched(stand, topics, ends, one, task)
    await _check(one, task.database)
    return turn


@asynccontextmanager
async def processes_of(one: Contestant, task: Task) -> AsyncIterator[list[Process]]:
    """Run a contestant's processes; they end with the block."""
    environment = {
        **os.environ,
        **SETTINGS,
        **task.environment(),
        "ROUTING_DATABASE_URL": task.database,
        "ROUTING_KAFKA": task.kafka,
        "ROUTING_BATCH_SIZE": str(task.batch),
        **one.environment,
    }
    processes = [
        await asyncio.create_subprocess_exec(
            *one.watcher,
            one.python or sys.executable,
            "-m",
            *one.command,
            stdin=DEVNULL,
            stdout=PIPE,
            env=environment,
        )
        for _ in range(one.replicas)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            await _end(process, signal.SIGINT if one.watcher else signal.SIGTERM)


async def _end(process: Process, ask: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(ask)
    try:
        await asyncio.wait_for(process.communicate(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def told(one: Contestant, process: Process) -> Turn:
    """What a contestant says itself; the servers' CPU includes its preparations, so it is left out."""
    said, _ = await asyncio.wait_for(process.communicate(), STALL_SECONDS + one.events / 500)
    if process.returncode:
        raise NotDone(f"{one.name} ended with {process.returncode}")
    found = json.loads(said)
    return Turn(found["events"] / found["seconds"], {"process": found["cpu_s"] / found["events"] * 1e6})


async def watched(stand: Stand, topics: Topics, ends: Ends, one: Contestant, task: Task) -> Turn:
    """Run a contestant and count its promises as they arrive in Kafka: each is committed by then."""
    partitions = topics.of(ROUTING)
    base = await ends.count(partitions)
    async with processes_of(one, task) as processes:
        first, last = None, _Look(seconds(), 0, {})
        while last.count < one.events:
            await asyncio.sleep(LOOK_SECONDS)
            count = await ends.count(partitions) - base
            if count != last.count:
                last = _Look(seconds(), count, _cpu(stand, processes))
            if first is None and count >= one.events * WARM:
                first = last
            if seconds() - last.at > STALL_SECONDS or any(each.returncode is not None for each in processes):
                raise NotDone(f"{one.name} published {count} of {one.events}")
        if first is None or first.count >= last.count:
            raise NotDone(f"{one.name}: {one.events} events are too few to measure anything")
        events, took = last.count - first.count, last.at - first.at
        cpu = {name: (spent - first.cpu[name]) / events * 1e6 for name, spent in last.cpu.items()}
        return Turn(events / took, cpu, _peak(processes))


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    count: int
    cpu: dict[str, float]


def _cpu(stand: Stand, processes: list[Process]) -> dict[str, float]:
    used = [found.cpu_s for process in processes if (found := usage(process.pid)) is not None]
    return {"process": sum(used), **stand.cpu()}


def _peak(processes: list[Process]) -> float:
    return max((found.peak_mb for process in processes if (found := usage(process.pid))), default=0.0)


async def _check(one: Contestant, database: str) -> None:
    """Everybody stores the same: a row for each event in every table."""
    session = await asyncpg.connect(database, timeout=10)
    try:
        stored = await session.fetchval(STORED)
    finally:
        await session.close()
    if stored < one.events:
        raise NotDone(f"{one.name} stored {stored} of {one.events}")
