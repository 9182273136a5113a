"""The idiom of FastStream: one message, one transaction, publish after the commit.

What its documentation shows, on the fastest driver, with an inbox against duplicates. It is not safe: a crash
between commit and publish loses the promise. `IDIOM` names a variant: `default` acknowledges as FastStream
does unless told otherwise (on a timer: a failing message is lost), `traced` adds FastStream's own telemetry.
"""

import logging
import os
from typing import Any

import asyncpg
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from tests.benchmarks.hot.process import Task, run
from tests.benchmarks.hot.telemetry import faststream_telemetry
from tests.benchmarks.hot.work import CASES, ROUTING, deciding, headers_of, read, row
from tests.benchmarks.hot.written import CREATE_INBOX, statements

NEW = "INSERT INTO inbox (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id"


async def main(task: Task) -> None:
    """Consume until cancelled."""
    variant = os.environ.get("IDIOM", "")
    pool = await asyncpg.create_pool(task.database, min_size=1, max_size=8)
    await pool.execute(CREATE_INBOX)
    broker = KafkaBroker(
        task.kafka,
        acks="all",
        logger=None,
        log_level=logging.DEBUG,
        allow_auto_create_topics=False,
        middlewares=faststream_telemetry() if variant == "traced" else (),
    )
    decide, writes = deciding(), statements()

    @broker.subscriber(
        task.prefix + CASES,
        group_id=task.group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.ACK_FIRST if variant == "default" else AckPolicy.ACK,
    )
    async def case_opened(message: KafkaMessage) -> None:
        record: Any = message.raw_message
        opened = read(record.headers, record.value)
        async with pool.acquire() as session, session.transaction():
            if await session.fetchval(NEW, opened.id) is None:
                return
            made = row(opened, decide(opened))
            for statement, values in writes(made):
                await session.execute(statement, *values)
        headers = {name: value.decode() for name, value in headers_of(made)}
        await broker.publish(made.body.encode(), task.prefix + ROUTING, key=record.key, headers=headers)

    await FastStream(broker, logger=None).run()


if __name__ == "__main__":
    run(main)
