"""How long one event takes through a service that has nothing else to do: from a producer to a consumer."""

import asyncio
from statistics import median

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.chassis.clock import seconds
from tests.benchmarks.hot.contest import Contestant, processes_of
from tests.benchmarks.hot.opened import record
from tests.benchmarks.hot.process import Task
from tests.benchmarks.hot.work import CASES, ROUTING
from tests.benchmarks.stand import Topics

TRIALS, FIRST = 100, 10
PATIENCE_SECONDS = 60


async def latency(topics: Topics, one: Contestant, task: Task) -> float:
    """Milliseconds (median) from `case.opened` sent to `promise.made` received, one after another."""
    async with (
        AIOKafkaProducer(bootstrap_servers=task.kafka, enable_idempotence=True) as producer,
        AIOKafkaConsumer(bootstrap_servers=task.kafka) as consumer,
        processes_of(one, task),
    ):
        consumer.assign(topics.of(ROUTING))
        await consumer.seek_to_end()
        took = []
        for _ in range(TRIALS):
            key, value, headers = record()
            began = seconds()
            await producer.send(task.prefix + CASES, value, key=key, headers=headers)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await consumer.getone()).key != key:
                    pass
            took.append(seconds() - began)
    return median(took[FIRST:]) * 1000
