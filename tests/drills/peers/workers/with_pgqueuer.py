"""The unit of work with pgqueuer, as its documentation deploys it.

Run as `pgq run --shutdown-on-listener-failure` does, under a supervisor that restarts it (the program itself
does not start in 1.6.0 with today's typer; it calls the same function). Retries in the database; the output
is enqueued in the transaction of the work.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
from offering import Enqueue, database, offer
from pgqueuer import PgQueuer
from pgqueuer.adapters.cli import supervisor
from pgqueuer.db import AsyncpgDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job
from pgqueuer.queries import Queries


@asynccontextmanager
async def main() -> AsyncIterator[PgQueuer]:
    """What `pgq run` runs."""
    connection = await asyncpg.connect(database())
    pool = await asyncpg.create_pool(database(), min_size=1, max_size=8)
    pgq = PgQueuer(AsyncpgDriver(connection))

    @pgq.entrypoint(
        "work",
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=10, initial_delay=timedelta(seconds=1)
        ),
    )
    async def work(job: Job) -> None:
        assert job.payload is not None
        async with pool.acquire() as session, session.transaction():
            await session.execute("INSERT INTO done (job) VALUES ($1)", int(job.payload))
            await Queries(AsyncpgDriver(session)).enqueue("told", job.payload)

    try:
        yield pgq
    finally:
        pool.terminate()
        await connection.close(timeout=2)


async def work_on() -> None:
    """Work until the process ends."""
    await supervisor.run(main, shutdown_on_listener_failure=True)


async def prepare() -> None:
    """Create its tables."""
    connection = await asyncpg.connect(database())
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


@asynccontextmanager
async def connect() -> AsyncIterator[Enqueue]:
    """A client of its own, as another process has it."""
    connection = await asyncpg.connect(database(), timeout=5)
    queries = Queries(AsyncpgDriver(connection))
    try:
        yield lambda job: queries.enqueue("work", str(job).encode())
    finally:
        connection.terminate()


if __name__ == "__main__":
    asyncio.run({"prepare": prepare, "work": work_on, "offer": lambda: offer(connect)}[sys.argv[1]]())
