"""A small service whose replicas tests start as processes, and the records that they read.

It notes every event that it hears and publishes one for each. Told to (`symptom_code="freeze"`), a replica
that was started with REPLICA_FREEZES stops itself by SIGSTOP in the middle of a transaction.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.envelope import Envelope, to_headers
from ciclo_schemas.events import Event
from ciclo_schemas.routing import PromiseKept, PromiseKind
from ciclo_schemas.warranty import ItemReceived, Place
from services.chassis import consumer as consumer_module
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.decider import Decider, Decision, Given, Message, State, Timer
from services.chassis.definition import Definition
from services.chassis.engine import Committed, Engine
from services.chassis.lanes import Lanes
from services.chassis.logs import configure
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.timers import Timers
from tests.support.engine_world import NAMES, NOW, information_of, subject

CASES, ROUTING, OWN = "ciclo.cases.v1", "ciclo.routing.v1", "ciclo.warranty.v1"
Headers = Sequence[tuple[str, bytes]]


class Heard(State):
    """Every word, in the order of hearing."""

    words: tuple[str, ...] = ()


class Note(Message):
    """A command."""

    word: str


class Ring(Message):
    """A timer."""

    number: int


def hear(state: Heard | None, word: str, given: Given, *timers: Timer) -> Decision[Heard]:
    """Note a word and publish how many there are."""
    words = (*(state.words if state else ()), word)
    event = ItemReceived(remedy_no=len(words), at=Place.WORKSHOP, received_at=given.now)
    return Decision(Heard(words=words), events=(event,), timers=timers)


def information(state: Heard | None, event: CaseInformationReceived, given: Given) -> Decision[Heard]:
    """Hear intake and set a timer, due at once; freeze, but only once, if told to."""
    if event.facts.symptom_code == "freeze" and os.environ.pop("REPLICA_FREEZES", ""):
        os.kill(os.getpid(), signal.SIGSTOP)
    word = event.facts.purchase_ref or ""
    number = int(word.removeprefix("intake-"))
    return hear(state, word, given, Timer(given.now, Ring(number=number), key=str(number)))


def promise(state: Heard | None, event: PromiseKept, given: Given) -> Decision[Heard]:
    """Hear routing."""
    return hear(state, f"routing-{event.promise_no}", given)


def ring(state: Heard | None, timer: Ring, given: Given) -> Decision[Heard]:
    """Hear a timer."""
    return hear(state, f"ring-{timer.number}", given)


def note(state: Heard | None, command: Note, given: Given) -> Decision[Heard]:
    """Hear a command."""
    return hear(state, command.word, given)


DEFINITION = Definition(
    name="warranty",
    deciders=(
        Decider(
            "heard",
            Heard,
            {CaseInformationReceived: information, PromiseKept: promise, Ring: ring, Note: note},
        ),
    ),
    reads=(CASES, ROUTING),
)


def intake_says(sequence: int, symptom: str | None = None) -> CaseInformationReceived:
    """An event of intake that is heard as `intake-<sequence>`."""
    return information_of(f"intake-{sequence}", symptom)


def routing_says(sequence: int) -> PromiseKept:
    """An event of routing that is heard as `routing-<sequence>`."""
    return PromiseKept(promise_no=sequence, kind=PromiseKind.DECISION, kept_by="coverage.assessed")


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as a test sends it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


def record(
    number: int, source: str, sequence: int, data: Event, clock: Mapping[str, int] | None = None
) -> Sent:
    """The record in which `source` publishes an event about aggregate `number`."""
    envelope = Envelope(
        id=str(uuid5(NAMES, f"{number}/{source}/{sequence}")),
        source=f"/ciclo/{source}",
        type=data.event_type,
        subject=str(subject(number)),
        time=NOW,
        sequence=sequence,
        clock=clock or {},
    )
    return Sent(data.topic, envelope.subject.encode(), data.write(), to_headers(envelope))


def of(words: Iterable[str], source: str) -> list[str]:
    """The words of one source."""
    return [word for word in words if word.startswith(source)]


@asynccontextmanager
async def topics(kafka: str, prefix: str, partitions: Mapping[str, int]) -> AsyncIterator[None]:
    """Topics with these numbers of partitions, for as long as the block lasts."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(prefix + name, count, 1) for name, count in partitions.items()])
        yield
    finally:
        await admin.delete_topics([prefix + name for name in partitions])
        await admin.close()


@asynccontextmanager
async def producing(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=2)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, prefix: str, records: Sequence[Sent]) -> None:
    """Send records in their order and wait until the broker has them."""
    futures = [
        await producer.send(prefix + sent.topic, sent.value, key=sent.key, headers=list(sent.headers))
        for sent in records
    ]
    await asyncio.wait_for(asyncio.gather(*futures), 20)


async def everything(kafka: str, topic: str) -> list[Any]:
    """Every record of a topic, each partition in its order."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        await consumer._client._wait_on_metadata(topic)
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records = []
        async with asyncio.timeout(20):
            while any([await consumer.position(at) < end for at, end in ends.items()]):
                for found in (await consumer.getmany(timeout_ms=200)).values():
                    records += found
        return records
    finally:
        await consumer.stop()


async def run(database: str, kafka: str, prefix: str) -> None:
    """Run one replica until SIGTERM."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    pool = await create_pool(database, "ciclo-replica")
    engine = Engine(pool, DEFINITION)
    await engine.start()
    lanes = Lanes(database, DEFINITION.name)
    relay, timers = Relay(lanes, Publisher(kafka, prefix=prefix)), Timers(engine, lanes)
    consumer = Consumer(engine, DEFINITION, kafka=kafka, batch_size=40, prefix=prefix)

    def wake(_committed: Committed) -> None:
        relay.wake()
        timers.wake()

    engine.on_commit(wake)
    for part in (lanes, relay, timers, consumer):
        await part.start()
    await asked.wait()
    for part in (consumer, timers, relay, lanes):
        await part.stop(5)
    await pool.close()


if __name__ == "__main__":
    configure("replica", "INFO")
    consumer_module.SESSION_MILLISECONDS = int(os.environ["REPLICA_SESSION_MILLISECONDS"])
    asyncio.run(
        run(os.environ["REPLICA_DATABASE"], os.environ["REPLICA_KAFKA"], os.environ["REPLICA_PREFIX"])
    )
