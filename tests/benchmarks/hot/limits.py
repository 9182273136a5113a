"""The limits: a third of the work each, as fast as the library goes: `consume`, `produce` or `store`."""

import os
import sys
from itertools import chain

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.chassis.clock import seconds
from tests.benchmarks.hot.made import made
from tests.benchmarks.hot.opened import send
from tests.benchmarks.hot.process import Task, run, tell
from tests.benchmarks.hot.work import CASES, ROUTING, headers_of, read
from tests.benchmarks.hot.written import bulk


async def consume(task: Task) -> None:
    """Read and decode; commit nothing."""
    async with AIOKafkaConsumer(
        task.prefix + CASES,
        bootstrap_servers=task.kafka,
        group_id=task.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    ) as consumer:
        count, began, spent = 0, 0.0, 0.0
        while count < task.events:
            polled = await consumer.getmany(timeout_ms=10, max_records=task.batch)
            if polled and not began:
                began, spent = seconds(), _cpu()
            for one in chain.from_iterable(polled.values()):
                read(one.headers, one.value)
                count += 1
    tell(count, seconds() - began, _cpu() - spent)


async def produce(task: Task) -> None:
    """Send promises that were made before."""
    rows = made(task.events)
    sent = [(str(one.opened.subject).encode(), one.body.encode(), headers_of(one)) for one in rows]
    async with AIOKafkaProducer(
        bootstrap_servers=task.kafka,
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=128 * 1024,
    ) as producer:
        began, spent = seconds(), _cpu()
        for at in range(0, len(sent), task.batch):
            await send(producer, task.prefix + ROUTING, sent[at : at + task.batch])
    tell(len(sent), seconds() - began, _cpu() - spent)


async def store(task: Task) -> None:
    """Write decisions that were made before, a transaction for each batch."""
    rows, (statement, arrays) = made(task.events), bulk()
    batches = [arrays(rows[at : at + task.batch]) for at in range(0, len(rows), task.batch)]
    session = await asyncpg.connect(task.database)
    began, spent = seconds(), _cpu()
    for batch in batches:
        await session.execute(statement, *batch)
    tell(len(rows), seconds() - began, _cpu() - spent)
    await session.close()


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    run({"consume": consume, "produce": produce, "store": store}[sys.argv[1]])
