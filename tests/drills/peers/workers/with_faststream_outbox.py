"""The unit of work with faststream-outbox, as its documentation sets it up.

asyncpg driver with pool_pre_ping, four workers, batches of 100, exponential retries; the output is published
in the transaction of the work.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream import FastStream
from faststream_outbox import ExponentialRetry, OutboxBroker, make_outbox_table
from offering import Enqueue, database, offer
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

metadata = MetaData()
outbox_table = make_outbox_table(metadata, table_name="outbox")
engine = create_async_engine(
    database().replace("postgresql://", "postgresql+asyncpg://"), pool_pre_ping=True, pool_size=8
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = OutboxBroker(engine, outbox_table=outbox_table)


@broker.subscriber(
    "in",
    max_workers=4,
    fetch_batch_size=100,
    retry_strategy=ExponentialRetry(initial_delay_seconds=1, max_delay_seconds=10, max_attempts=10),
)
async def work(job: int) -> None:
    """One row of state, one output."""
    async with sessions() as session, session.begin():
        await session.execute(text("INSERT INTO done (job) VALUES (:job)"), {"job": job})
        await broker.publish(job, queue="out", session=session)


async def prepare() -> None:
    """Create its tables."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


@asynccontextmanager
async def connect() -> AsyncIterator[Enqueue]:
    """A session for every job, as a request has it."""

    async def enqueue(job: int) -> None:
        async with sessions() as session, session.begin():
            await broker.publish(job, queue="in", session=session)

    yield enqueue


if __name__ == "__main__":
    asyncio.run(
        {"prepare": prepare, "work": FastStream(broker).run, "offer": lambda: offer(connect)}[sys.argv[1]]()
    )
