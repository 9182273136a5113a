"""Kafka as an outsider uses it: a reader of every topic of Ciclo, and a writer of other systems' records."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.events import Event
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import read_event
from ciclo_schemas.topics import load_topics
from services.chassis.clock import seconds, utc_now
from services.chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of Ciclo as an outsider read it; `at` is when, in seconds of this process's clock."""

    envelope: Envelope
    event: Event | None
    at: float

    @property
    def name(self) -> str:
        """`case.opened` of `ciclo.case.opened.v1`."""
        return self.envelope.type.removeprefix("ciclo.").rpartition(".")[0]


@dataclass
class Journal:
    """All that was read, by case; notices what must not happen on the wire."""

    events: dict[str, list[Heard]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    count: int = 0
    on_event: Callable[[Heard], None] | None = None
    _ids: dict[tuple[str, str, int], str] = field(default_factory=dict)
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, case: UUID) -> list[Heard]:
        """What happened in a case so far, in the order of its events' times.

        Kafka keeps the order within a topic only; the services' databases have one clock here.
        """
        heard = self.events.get(str(case), [])
        return sorted(heard, key=lambda one: (one.envelope.time, one.envelope.sequence or 0))

    def loose_ends(self) -> list[str]:
        """What clocks say was known before an event, but was never read."""
        return [
            f"{heard.name} of a case rests on {source}:{number}, which was never published"
            for events in self.events.values()
            for heard in events
            for source, number in heard.envelope.clock.items()
            if (f"/ciclo/{source}", heard.envelope.subject, number) not in self._ids
        ]

    async def find(self, case: UUID, name: str, count: int = 1) -> Heard:
        """The `count`th event of this name in a case; waits for it."""
        async with self._news:
            while True:
                found = [heard for heard in self.of(case) if heard.name == name]
                if len(found) >= count:
                    return found[count - 1]
                await self._news.wait()

    async def hear(self, record: ConsumerRecord) -> None:
        """Take one record; a repetition of the same event is normal (at least once) and not counted."""
        envelope, data = from_record([(name, bytes(value)) for name, value in record.headers], record.value)
        if not self._is_new(envelope, record):
            return
        heard = Heard(envelope, read_event(envelope.type, data), seconds())
        self.count += 1
        self.events.setdefault(envelope.subject, []).append(heard)
        if self.on_event is not None:
            self.on_event(heard)
        async with self._news:
            self._news.notify_all()

    def _is_new(self, envelope: Envelope, record: ConsumerRecord) -> bool:
        if (record.key or b"").decode() != envelope.subject:
            self.faults.append(f"{envelope.type} {envelope.id}: the key is not the subject")
        if envelope.sequence is None:
            return True
        place = (envelope.source, envelope.subject)
        known = self._ids.setdefault((*place, envelope.sequence), envelope.id)
        if known != envelope.id:
            self.faults.append(f"{envelope.source} gave sequence {envelope.sequence} twice")
        expected = self._last.get(place, 0) + 1
        if envelope.sequence > expected:
            self.faults.append(f"{envelope.source}: {envelope.sequence} follows {expected - 1} of a case")
        self._last[place] = max(self._last.get(place, 0), envelope.sequence)
        return envelope.sequence >= expected


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

    async def publish(self, record: InboundEvent, subject: str) -> None:
        """Send one record and wait until the broker has it."""
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


@asynccontextmanager
async def writing(kafka: str) -> AsyncIterator[Outsider]:
    """A producer as other systems have one."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        yield Outsider(producer)
