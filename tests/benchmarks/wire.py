"""Kafka as the actors use it: each group of subscribers hears the events it reacts to, in batches."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ciclo_schemas.events import Event

PAUSE_SECONDS = 0.05
"""Between two looks: a few records at a time would cost more CPU than they are worth."""

Hear = Callable[[str, Event], None]


@asynccontextmanager
async def listening(
    kafka: str, group: str, topics: Sequence[str], events: Sequence[type[Event]], hear: Hear
) -> AsyncIterator[asyncio.Task[None]]:
    """Read topics in a group of their own; `hear` gets the subject and the event of those that matter.

    Yields the task that reads; it ends only when reading is impossible.
    """
    wanted = {event.event_type.encode(): event for event in events}
    async with AIOKafkaConsumer(
        *topics, bootstrap_servers=kafka, group_id=group, auto_offset_reset="earliest", max_poll_records=2_000
    ) as consumer:
        reading = asyncio.create_task(_read(consumer, wanted, hear), name=f"reading {group}")
        try:
            yield reading
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def _read(consumer: AIOKafkaConsumer, wanted: Mapping[bytes, type[Event]], hear: Hear) -> None:
    while True:
        batches = await consumer.getmany(timeout_ms=1_000)
        for records in batches.values():
            for record in records:
                event = wanted.get(next((value for name, value in record.headers if name == "ce_type"), b""))
                if event is not None:
                    hear(record.key.decode(), event.read(record.value))
        await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def writing(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer as other systems have one."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=5
    ) as producer:
        yield producer
