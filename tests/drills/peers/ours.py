"""The unit of work with Ciclo's chassis: an event in, a row of state, an event out to Kafka.

`python -m tests.drills.peers.ours prepare|work|offer`. The work is the engine, its consumer, its relay and
its sweeper as in every service, with their own settings; only HTTP, timers and effects are left out: nothing
asks for them here.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from signal import SIGTERM
from typing import Any

import asyncpg

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.topics import create_topics
from ciclo_schemas.warranty import ItemReceived, Place
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.decider import Decider, Decision, Given, State
from services.chassis.definition import Definition
from services.chassis.engine import Committed, Engine
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import patiently
from services.chassis.logs import configure
from services.chassis.migrate import migrate
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.sweeper import Sweeper
from services.chassis.tables import Table
from tests.drills.peers.workers.offering import Enqueue, database, offer
from tests.support.replica import CASES, intake_says, producing, record, send

PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Done:
    """The row of state."""

    job: int
    at: datetime


class Worked(State):
    """A case that was worked on."""

    times: int = 0


def work(state: Worked | None, event: CaseInformationReceived, given: Given) -> Decision[Worked]:
    """One row of state, one output."""
    job = int((event.facts.purchase_ref or "").removeprefix("job-"))
    times = (state.times if state else 0) + 1
    told = ItemReceived(remedy_no=times, at=Place.WORKSHOP, received_at=given.now)
    return Decision(Worked(times=times), events=(told,), rows=(Done(job, given.now),))


DEFINITION = Definition(
    name="warranty",
    deciders=(Decider("worked", Worked, {CaseInformationReceived: work}),),
    tables=(Table("done", Done, ("job",), {"job": "bigint", "at": "timestamptz"}),),
    reads=(CASES,),
)


def _kafka() -> tuple[str, str]:
    return os.environ["PEER_KAFKA"], os.environ["PEER_PREFIX"]


async def prepare() -> None:
    """Create its tables and topics."""
    await asyncio.to_thread(migrate, "chassis", database())
    connection = await asyncpg.connect(database())
    await connection.execute("ALTER TABLE done ADD PRIMARY KEY (job)")
    await connection.close()
    kafka, prefix = _kafka()
    await create_topics(kafka, partitions=PARTITIONS, prefix=prefix)


async def run() -> None:
    """Work until SIGTERM."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(SIGTERM, asked.set)
    kafka, prefix = _kafka()
    pool = await create_pool(database(), "ciclo-peers")
    engine = Engine(pool, DEFINITION)
    await patiently("engine", engine.start, lambda _: True)
    lanes = Lanes(database(), DEFINITION.name)
    relay, sweeper = Relay(lanes, Publisher(kafka, prefix=prefix)), Sweeper(engine, lanes)
    consumer = Consumer(engine, DEFINITION, kafka=kafka, prefix=prefix)

    def wake(committed: Committed) -> None:
        if committed.events:
            relay.wake()

    engine.on_commit(wake)
    parts = (lanes, relay, sweeper, consumer)
    for part in parts:
        await part.start()
    await asked.wait()
    for part in reversed(parts):
        await part.stop(5)
    await pool.close()


@asynccontextmanager
async def connect() -> AsyncIterator[Enqueue]:
    """A producer of events about cases, one for every job."""
    kafka, prefix = _kafka()
    async with producing(kafka) as producer:

        async def enqueue(job: int) -> None:
            data = intake_says(1)
            facts = data.facts.model_copy(update={"purchase_ref": f"job-{job}"})
            told = record(job, "intake", 1, data.model_copy(update={"facts": facts}))
            await send(producer, prefix, [told])

        yield enqueue


if __name__ == "__main__":
    configure("peers", "INFO", sys.stderr)
    works: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "prepare": prepare,
        "work": run,
        "offer": partial(offer, connect),
    }
    asyncio.run(works[sys.argv[1]]())
