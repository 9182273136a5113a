"""The unit of work with procrastinate, as its documentation sets it up.

Run by `procrastinate worker`. PsycopgConnector (a psycopg pool), retries by RetryStrategy, the periodic task
that retries stalled jobs (the documentation runs it every tenth minute; here every minute).
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
from offering import Enqueue, database, offer
from psycopg_pool import AsyncConnectionPool

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database()))
pool = AsyncConnectionPool(
    database(), min_size=1, max_size=8, check=AsyncConnectionPool.check_connection, open=False
)


@app.task(queue="out")
async def told(job: int) -> None:
    """The output: a job of another queue, for somebody else."""


@app.task(queue="in", retry=procrastinate.RetryStrategy(max_attempts=10, wait=1))
async def work(job: int) -> None:
    """One row of state, one output."""
    await pool.open()
    async with pool.connection() as connection:
        await connection.execute("INSERT INTO done (job) VALUES (%s)", (job,))
    await told.defer_async(job=job)


@app.periodic(cron="* * * * *")
@app.task(queue="in", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: Any, timestamp: int) -> None:
    """Bring back the jobs of workers that died."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


async def prepare() -> None:
    """Create its tables."""
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


@asynccontextmanager
async def connect() -> AsyncIterator[Enqueue]:
    """A client of its own, as another process has it."""
    client = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database()))
    async with client.open_async():
        deferrer = client.configure_task("with_procrastinate.work", queue="in")
        yield lambda job: deferrer.defer_async(job=job)


if __name__ == "__main__":
    asyncio.run({"prepare": prepare, "offer": lambda: offer(connect)}[sys.argv[1]]())
