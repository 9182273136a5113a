"""How long a customer waits for the first word after opening a case, and the least it could be."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from statistics import median, quantiles
from time import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ciclo_schemas import notifications
from ciclo_schemas.notifications import NotificationSent
from deploy.embedded import Servers
from services.chassis.clock import seconds
from tests.benchmarks.ledger import Case

HOPS = 3
"""Intake writes that the case is opened, routing what it promises, notifications that it was told."""
PAUSE_SECONDS = 0.5
TRIALS = 200


class Stopwatch:
    """When each case's customer was told something first, by the time that the broker's record bears."""

    def __init__(self) -> None:
        self._offset = time() - seconds()
        self.told: dict[str, float] = {}

    def waited(self, cases: Iterable[Case]) -> dict[str, float]:
        """Milliseconds from the request that opens a case: p50, p95, p99, max."""
        waits = [
            (self.told[case.case_id] - self._offset - case.opened_at) * 1000
            for case in cases
            if case.case_id in self.told
        ]
        if len(waits) < 2:
            return {}
        cuts = quantiles(waits, n=100)
        return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(waits)}

    async def read(self, consumer: AIOKafkaConsumer) -> None:
        """Note the first notification of every case, for ever."""
        wanted = NotificationSent.event_type.encode()
        while True:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    if ("ce_type", wanted) in record.headers:
                        self.told.setdefault(record.key.decode(), record.timestamp / 1000)
            # The records bear their time: how soon they are read does not matter.
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def stopwatch(kafka: str) -> AsyncIterator[Stopwatch]:
    """Note when customers are told something, until the block ends."""
    watch = Stopwatch()
    async with AIOKafkaConsumer(
        notifications.TOPIC,
        bootstrap_servers=kafka,
        group_id="load-stopwatch",
        auto_offset_reset="earliest",
        max_poll_records=5_000,
    ) as consumer:
        reading = asyncio.create_task(watch.read(consumer), name="stopwatch")
        try:
            yield watch
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def floor(servers: Servers) -> dict[str, float]:
    """Milliseconds (median) of one small commit, and of one record from a producer to a consumer."""
    return {"commit": await _commit(servers.postgres), "kafka": await _round_trip(servers.kafka)}


async def _commit(url: str) -> float:
    session = await asyncpg.connect(url)
    try:
        await session.execute("CREATE TABLE IF NOT EXISTS ciclo_load_commits (number bigint)")
        took = []
        for number in range(TRIALS):
            began = seconds()
            await session.execute("INSERT INTO ciclo_load_commits VALUES ($1)", number)
            took.append(seconds() - began)
        await session.execute("DROP TABLE ciclo_load_commits")
    finally:
        await session.close()
    return median(took) * 1000


async def _round_trip(kafka: str) -> float:
    topic = f"load-floor-{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    try:
        async with (
            AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True) as producer,
            AIOKafkaConsumer(bootstrap_servers=kafka) as consumer,
        ):
            await producer.send_and_wait(topic, b"first")
            here = TopicPartition(topic, 0)
            consumer.assign([here])
            await consumer.seek_to_end(here)
            took = []
            for _ in range(TRIALS):
                began = seconds()
                await producer.send(topic, b"x" * 300)
                await consumer.getone()
                took.append(seconds() - began)
    finally:
        await admin.delete_topics([topic])
        await admin.close()
    return median(took) * 1000
