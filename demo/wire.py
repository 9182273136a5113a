"""Kafka as an outsider uses it: a reader of every topic of Ciclo, and a writer of other systems' records."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.events import Event
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import read_event
from ciclo_schemas.topics import load_topics
from services.chassis.clock import utc_now
from services.chassis.ids import new_id

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of Ciclo as an outsider read it, with the key of its record."""

    envelope: Envelope
    event: Event | None
    key: str

    @property
    def name(self) -> str:
        """`case.opened` of `ciclo.case.opened.v1`."""
        return self.envelope.type.removeprefix("ciclo.").rpartition(".")[0]


@dataclass
class Journal:
    """All that was read, by subject, in the order of arrival."""

    on_event: Callable[[Heard], None]
    events: dict[str, list[Heard]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, case: UUID) -> list[Heard]:
        """What happened in a case so far, in the order of its events' times.

        Kafka keeps the order within a topic only; the services' databases have one clock here.
        """
        heard = self.events.get(str(case), [])
        return sorted(heard, key=lambda one: (one.envelope.time, one.envelope.sequence or 0))

    async def find(self, case: UUID, name: str, count: int = 1) -> Heard:
        """The `count`th event of this name in a case; waits for it."""
        async with self._news:
            while True:
                found = [heard for heard in self.of(case) if heard.name == name]
                if len(found) >= count:
                    return found[count - 1]
                await self._news.wait()

    async def read(self, case: UUID, model: type[E], count: int = 1) -> E:
        """The `count`th event of this model in a case; waits for it."""
        async with self._news:
            while True:
                found = [heard.event for heard in self.of(case) if isinstance(heard.event, model)]
                if len(found) >= count:
                    return found[count - 1]
                await self._news.wait()

    async def first(self, wanted: Callable[[Heard], bool]) -> Heard:
        """The first event of any subject that is wanted; waits for it."""
        async with self._news:
            while True:
                for heard in chain.from_iterable(self.events.values()):
                    if wanted(heard):
                        return heard
                await self._news.wait()

    async def hear(self, record: ConsumerRecord) -> None:
        """Take one record. The same event once more is normal (at least once) and not taken again."""
        envelope, data = from_record(record.headers, record.value)
        if envelope.id in self._ids:
            return
        self._ids.add(envelope.id)
        heard = Heard(envelope, read_event(envelope.type, data), (record.key or b"").decode())
        self.events.setdefault(envelope.subject, []).append(heard)
        self.on_event(heard)
        async with self._news:
            self._news.notify_all()

    def faults(self, case: UUID) -> list[str]:
        """What must not happen on the wire: gaps, forks, clocks that name what never was, wrong keys."""
        arrived = self.events.get(str(case), [])
        found = [f"{heard.name}: the key is not the subject" for heard in arrived if heard.key != str(case)]
        last: dict[str, int] = {}
        for heard in arrived:
            source, number = heard.envelope.source_name, heard.envelope.sequence or 0
            if number != last.get(source, 0) + 1:
                found.append(f"{heard.name}: {source} says {number} after {last.get(source, 0)}")
            last[source] = number
        for heard in arrived:
            for source, number in heard.envelope.clock.items():
                if number > last.get(source, 0):
                    found.append(f"{heard.name}: rests on {source}:{number}, which was never published")
        return found


@asynccontextmanager
async def listening(kafka: str, journal: Journal) -> AsyncIterator[asyncio.Task[None]]:
    """Read every topic that Ciclo writes from now on, without a group, as any subscriber may.

    Yields the task that reads; it ends only when reading is impossible.
    """
    topics = [topic for topic in load_topics() if not topic.startswith("ciclo.inbound.")]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        await _go_to_the_end(consumer)
        reading = asyncio.create_task(_read(consumer, journal), name="reading topics")
        try:
            yield reading
        finally:
            reading.cancel()
            await asyncio.wait([reading])
    finally:
        await consumer.stop()


async def _go_to_the_end(consumer: AIOKafkaConsumer) -> None:
    for partition, offset in (await consumer.end_offsets(consumer.assignment())).items():
        consumer.seek(partition, offset)


async def _read(consumer: AIOKafkaConsumer, journal: Journal) -> None:
    async for record in consumer:
        await journal.hear(record)


class Outsider:
    """Writes records as other systems do: CloudEvents without a sequence, keyed by their subject."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def publish(self, record: InboundEvent, subject: str) -> str:
        """Send one record and wait until the broker has it; returns its id, by which a refusal names it."""
        envelope = Envelope(
            id=str(new_id()),
            source=f"/{record.publisher}",
            type=record.event_type,
            subject=subject,
            time=utc_now(),
        )
        await self._producer.send_and_wait(
            record.topic, record.write(), key=subject.encode(), headers=to_headers(envelope)
        )
        return envelope.id


@asynccontextmanager
async def writing(kafka: str) -> AsyncIterator[Outsider]:
    """A producer as other systems have one."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        yield Outsider(producer)
