"""A relay to Kafka with pgqueuer: an entrypoint that sends a job's payload and waits for the broker."""

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from tests.benchmarks.hot.process import Task, run

AT_ONCE = 1_000
BATCH = 200
ROUTING = "ciclo.routing.v1"
ROWS = Path(os.environ.get("ROWS", "rows"))


async def prepare(task: Task) -> None:
    """Create its tables and enqueue."""
    queries = Queries(AsyncpgDriver(await asyncpg.connect(task.database)))
    await queries.install()
    lines = ROWS.read_text(encoding="utf-8").splitlines()  # noqa: ASYNC240 - nothing else goes on
    for at in range(0, len(lines), AT_ONCE):
        some = [json.loads(line) for line in lines[at : at + AT_ONCE]]
        await queries.enqueue(
            ["relay"] * len(some),
            [body.encode() for _, body, _ in some],
            [0] * len(some),
            headers=[headers for _, _, headers in some],
        )


async def work(task: Task) -> None:
    """Publish until cancelled."""
    async with AIOKafkaProducer(
        bootstrap_servers=task.kafka,
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=128 * 1024,
    ) as producer:
        pgq = PgQueuer(AsyncpgDriver(await asyncpg.connect(task.database)))

        @pgq.entrypoint("relay")
        async def relay(job: Job) -> None:
            headers = job.headers or {}
            await producer.send_and_wait(
                task.prefix + ROUTING,
                job.payload,
                key=headers["ce_subject"].encode(),
                headers=[(name, str(value).encode()) for name, value in headers.items()],
            )

        running = asyncio.create_task(pgq.run(batch_size=BATCH))
        try:
            await running
        finally:
            pgq.shutdown.set()
            running.cancel()


if __name__ == "__main__":
    run({"prepare": prepare, "work": work}[sys.argv[1]])
