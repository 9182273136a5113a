"""The floor: what two libraries and a few hundred lines of one's own come to with the same guarantee.

aiokafka and asyncpg by hand: batches of one transaction, watermarks under row locks, an outbox, lanes with
one owner each. What a service has besides is missing: nothing is parked, set aside, retried, traced, counted
or served, there is one kind of event and one table layout.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from ciclo_schemas.envelope import Envelope, read_clock, schema_uri, to_headers
from services.chassis.lanes import LANES
from services.chassis.relay import BATCH, DELETE
from tests.benchmarks.hot.process import Task, run
from tests.benchmarks.hot.work import CASES, Opened, deciding, read, row
from tests.benchmarks.hot.written import bulk

LOCK: Final = "SELECT id, watermarks FROM aggregates WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
TAKE: Final = "SELECT pg_advisory_lock(1, lane) FROM generate_series(0, $1) AS lane"
UNSENT: Final = """
SELECT outbox.lane, outbox.id AS outbox_id, events.*
FROM unnest($1::smallint[]) AS mine (number)
CROSS JOIN LATERAL (SELECT * FROM outbox WHERE lane = number ORDER BY id LIMIT $2) AS outbox
JOIN events ON events.day = outbox.day AND events.id = outbox.event
ORDER BY outbox.id
"""
IDLE_SECONDS: Final = 0.25


class OutOfOrder(RuntimeError):
    """A gap in a sequence, which a service would park; the benchmark writes none."""


class Floor:
    """One consumer, one relay."""

    def __init__(self, task: Task, pool: asyncpg.Pool) -> None:
        self._task = task
        self._pool = pool
        self._decide = deciding()
        self._write, self._arrays = bulk()
        self._more = asyncio.Event()

    async def consume(self) -> None:
        """Batches for ever: apply, commit, then commit their offsets."""
        async with AIOKafkaConsumer(
            self._task.prefix + CASES,
            bootstrap_servers=self._task.kafka,
            group_id=self._task.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        ) as consumer:
            while True:
                polled = await consumer.getmany(timeout_ms=10, max_records=self._task.batch)
                records = list(chain.from_iterable(polled.values()))
                if not records:
                    continue
                await self._apply(records)
                self._more.set()
                await consumer.commit(
                    {TopicPartition(one.topic, one.partition): one.offset + 1 for one in records}
                )

    async def _apply(self, records: Sequence[ConsumerRecord]) -> None:
        batch = sorted((read(one.headers, one.value) for one in records), key=lambda one: one.subject)
        async with self._pool.acquire() as session, session.transaction():
            found = await session.fetch(LOCK, [one.subject for one in batch])
            marks = {known["id"]: json.loads(known["watermarks"]) for known in found}
            made = [row(one, self._decide(one)) for one in batch if _is_new(one, marks)]
            if made:
                await session.execute(self._write, *self._arrays(made))

    async def relay(self) -> None:
        """Publish for ever, in the session that holds the lanes; delete what the broker has."""
        session = await asyncpg.connect(self._task.database)
        lanes = list(range(LANES))
        await session.execute(TAKE, LANES - 1)
        async with AIOKafkaProducer(
            bootstrap_servers=self._task.kafka,
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=128 * 1024,
        ) as producer:
            while True:
                self._more.clear()
                rows = await session.fetch(UNSENT, lanes, BATCH // LANES)
                if not rows:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._more.wait(), IDLE_SECONDS)
                    continue
                await asyncio.gather(*[await self._send(producer, each) for each in rows])
                await session.execute(
                    DELETE, [each["lane"] for each in rows], [each["outbox_id"] for each in rows]
                )

    async def _send(self, producer: AIOKafkaProducer, each: Any) -> "asyncio.Future[Any]":
        envelope = Envelope(
            id=str(each["id"]),
            source=each["source"],
            type=each["type"],
            subject=str(each["aggregate"]),
            time=each["occurred_at"],
            sequence=each["sequence"],
            clock=read_clock(each["clock"]),
            correlation=each["correlation"],
            causation=each["causation"],
            traceparent=each["traceparent"],
            schema=schema_uri(each["type"]),
        )
        topic, key = self._task.prefix + each["topic"], envelope.subject.encode()
        sent: asyncio.Future[Any] = await producer.send(
            topic, each["body"].encode(), key=key, headers=to_headers(envelope)
        )
        return sent


def _is_new(one: Opened, marks: dict[Any, dict[str, list[Any]]]) -> bool:
    mark = marks.setdefault(one.subject, {})
    last = mark.get(one.source, [0])[0]
    if one.sequence <= last:
        return False
    if one.sequence > last + 1 or last:
        raise OutOfOrder(str(one.subject))
    mark[one.source] = [one.sequence]
    return True


async def main(task: Task) -> None:
    """Consume and publish until cancelled."""
    async with (
        asyncpg.create_pool(task.database, min_size=1, max_size=2) as pool,
        asyncio.TaskGroup() as both,
    ):
        floor = Floor(task, pool)
        both.create_task(floor.consume())
        both.create_task(floor.relay())


if __name__ == "__main__":
    run(main)
