"""A relay to Kafka with faststream-outbox, set for throughput: many workers, large fetches, batched flushes.

The handler publishes with the record's key and headers and waits for the broker, as the library's own
decorator does (which knows no keys).
"""

import json
import logging
import os
import sys
from pathlib import Path

from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream_outbox import OutboxBroker, make_outbox_table
from faststream_outbox.annotations import OutboxMessage
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from tests.benchmarks.hot.process import Task, run

AT_ONCE = 1_000
ROUTING = "ciclo.routing.v1"
ROWS = Path(os.environ.get("ROWS", "rows"))

task = Task.told()
metadata = MetaData()
table = make_outbox_table(metadata, table_name="peer_outbox")
engine = create_async_engine(task.database.replace("postgresql://", "postgresql+asyncpg://"), pool_size=40)
sessions = async_sessionmaker(engine, expire_on_commit=False)
outbox = OutboxBroker(engine, outbox_table=table, logger=None)
kafka = KafkaBroker(
    task.kafka,
    acks="all",
    enable_idempotence=True,
    compression_type="zstd",
    logger=None,
    log_level=logging.DEBUG,
)


@outbox.subscriber(
    "promises",
    max_workers=32,
    fetch_batch_size=500,
    min_fetch_interval=0.01,
    terminal_flush_batch_size=100,
)
async def relay(body: str, message: OutboxMessage) -> None:
    """One row to one record."""
    headers = {
        name: str(value) for name, value in message.headers.items() if name.startswith(("ce_", "trace"))
    }
    key = headers["ce_subject"].encode()
    await kafka.publish(body.encode(), task.prefix + ROUTING, key=key, headers=headers)


async def prepare(_task: Task) -> None:
    """Create the table and fill it."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await outbox.connect()
    lines = ROWS.read_text(encoding="utf-8").splitlines()  # noqa: ASYNC240 - nothing else goes on
    for at in range(0, len(lines), AT_ONCE):
        async with sessions() as session, session.begin():
            for line in lines[at : at + AT_ONCE]:
                _, body, headers = json.loads(line)
                headers.pop("content-type")
                await outbox.publish(body, queue="promises", session=session, headers=headers)


async def work(_task: Task) -> None:
    """Publish until cancelled."""
    await FastStream(outbox, on_startup=[kafka.connect], logger=None).run()


if __name__ == "__main__":
    run({"prepare": prepare, "work": work}[sys.argv[1]])
