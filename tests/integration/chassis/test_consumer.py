"""The way in from real Kafka: nothing that is on a topic is lost, applied twice, or holds up the rest."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata, TopicPartition
from aiokafka.record.util import calc_crc32c_py

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from deploy.embedded import Servers
from services.chassis import consumer as consumer_module
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.dead_letters import DeadLetters
from services.chassis.decider import Decider, Decision
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input, Outcome
from tests.conftest import NewDatabase
from tests.support.engine_world import (
    COUNTS,
    NOW,
    Count,
    World,
    definition,
    human_of,
    information_of,
    subject,
)
from tests.support.logged import Logged, logged
from tests.support.replica import CASES, ROUTING, Sent, producing, record, send, topics
from tests.support.switch import switch
from tests.support.waiting import until

WORKSHOPS = "ciclo.inbound.workshops.v1"
PARTITIONS = {CASES: 2, ROUTING: 1, WORKSHOPS: 1}
SECRET = "Perez"
pytestmark = pytest.mark.timeout(60)


class Watched(Consumer):
    """A consumer that says what happens to its group."""

    assignments = 0
    revoking = False

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.revoking = bool(revoked)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self.assignments += 1
        await super().on_partitions_assigned(assigned)


class HeldEngine(Engine):
    """An engine whose batches wait for a sign before they begin; keeps what became of their inputs."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.sign = asyncio.Event()
        self.waiting = False
        self.fates: list[Fate] = []

    async def apply(self, inputs: Sequence[Input], **given: Any) -> list[Outcome]:
        self.waiting = True
        await self.sign.wait()
        outcomes = await super().apply(inputs, **given)
        self.fates += [outcome.fate for outcome in outcomes]
        return outcomes


def all_partitions(prefix: str) -> list[TopicPartition]:
    """Every partition of the topics of a test."""
    return [TopicPartition(prefix + topic, n) for topic, count in PARTITIONS.items() for n in range(count)]


class Place:
    """A database, topics of its own, and consumers of them."""

    def __init__(
        self,
        world: World,
        url: str,
        kafka: str,
        prefix: str,
        producer: AIOKafkaProducer,
        outsider: AIOKafkaConsumer,
    ) -> None:
        self.world, self.url, self.kafka, self.prefix, self.producer = world, url, kafka, prefix, producer
        self._outsider = outsider
        self._all = all_partitions(prefix)

    @asynccontextmanager
    async def consuming(
        self, engine: Engine | None = None, kafka: str | None = None
    ) -> AsyncIterator[Watched]:
        """A running consumer; stopped at the end."""
        consumer = Watched(
            engine or self.world.engine, definition(), kafka=kafka or self.kafka, prefix=self.prefix
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def send(self, *records: Sent) -> None:
        """Put records on the topics."""
        await send(self.producer, self.prefix, records)

    async def committed(self) -> dict[TopicPartition, int]:
        """The group's committed offsets above 0."""
        offsets = {partition: await self._outsider.committed(partition) for partition in self._all}
        return {partition: offset for partition, offset in offsets.items() if offset}

    async def forget_offsets(self) -> None:
        """As if the group had never read anything."""
        await self._outsider.commit({partition: OffsetAndMetadata(0, "") for partition in self._all})

    async def ends(self) -> dict[TopicPartition, int]:
        """Where the topics that hold something end."""
        offsets = await self._outsider.end_offsets(self._all)
        return {partition: offset for partition, offset in offsets.items() if offset}

    async def has_committed_everything(self) -> None:
        """Wait until every record that is on the topics is done with."""
        async with asyncio.timeout(20):
            while await self.committed() != await self.ends():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.05)

    async def has_seen(self, number: int, what: str) -> None:
        """Wait until an aggregate has seen something."""
        async with asyncio.timeout(20):
            while what not in await self.world.state(number):  # noqa: ASYNC110 - rows have no event
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def shared(database: NewDatabase) -> AsyncIterator[tuple[World, str]]:
    url = await database("chassis")
    world = await World.create(url)
    yield world, url
    await world.pool.close()


@pytest.fixture(autouse=True)
def log() -> Iterator[Logged]:
    """Logs as in production: an error costs little to log, however often it comes."""
    with logged() as kept_log:
        yield kept_log


@pytest.fixture
async def place(
    shared: tuple[World, str], servers: Servers, kafka_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    monkeypatch.setattr(consumer_module, "SESSION_MILLISECONDS", 2_000)
    world, url = shared
    await world.forget()
    async with topics(servers.kafka, kafka_prefix, PARTITIONS), producing(servers.kafka) as producer:
        # Looks at the group's offsets and sets them, without being one of its members.
        outsider = AIOKafkaConsumer(
            bootstrap_servers=servers.kafka,
            group_id=f"{kafka_prefix}ciclo-warranty",
            enable_auto_commit=False,
        )
        outsider.assign(all_partitions(kafka_prefix))
        await outsider.start()
        try:
            yield Place(world, url, servers.kafka, kafka_prefix, producer, outsider)
        finally:
            await outsider.stop()


def report(number: int, kind: str, **changes: Any) -> Sent:
    """A workshop's report about aggregate `number`."""
    data = WorkshopReported(
        publisher="sat-norte",
        case=subject(number),
        repair_no=f"R-{number}",
        kind=WorkshopReportKind(kind),
        happened_at=NOW,
    )
    body = {name: value for name, value in (json.loads(data.write()) | changes).items() if value is not None}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": f"report-{number}-{kind}",
        "ce_source": "/sat-norte",
        "ce_type": data.event_type,
        "ce_time": "2026-11-21T09:00:00Z",
    }
    return Sent(
        WORKSHOPS, b"key", json.dumps(body).encode(), tuple((n, v.encode()) for n, v in headers.items())
    )


def without(sent: Sent, *names: str, **changed: bytes) -> Sent:
    """A record with headers left out, or changed."""
    kept = [(name, changed.get(name, value)) for name, value in sent.headers if name not in names]
    return replace(sent, headers=tuple(kept))


async def send_with_a_broken_header_name(place: Place, sent: Sent) -> None:
    """No client in Python can write such a record, others can: it is patched into the encoded batch."""
    batch = place.producer.create_batch()
    batch.append(timestamp=None, key=sent.key, value=sent.value, headers=[*sent.headers, ("@@", b"")])
    encoded = bytearray(batch._build())
    at = encoded.index(b"@@")
    encoded[at : at + 2] = b"\xff\xfe"
    struct.pack_into(">I", encoded, 17, calc_crc32c_py(encoded[21:]))
    batch._buffer = bytes(encoded)
    for number in range(PARTITIONS[sent.topic]):
        await (await place.producer.send_batch(batch, place.prefix + sent.topic, partition=number))


def human(number: int, sequence: int = 1) -> Sent:
    """A good event of intake."""
    return record(number, "intake", sequence, human_of())


OWN_POISON: Mapping[str, Sent] = {
    "missing at ce_specversion": replace(human(101), headers=()),
    "not_utf8 at ce_source": without(human(102), ce_source=b"\xff\xfe"),
    "malformed at ce_subject": without(human(103), ce_subject=b"case one"),
    "malformed at ce_id": without(human(104), ce_id=b"one"),
    "missing at ce_sequence": without(human(1), "ce_sequence"),
    "malformed at ce_sequence": without(human(1), ce_sequence=b"-3"),
    "malformed at ce_caseclock": without(human(105), ce_caseclock=b"intake"),
    "not_utf8 at value": replace(human(106), value=b'{"channel": "\xff"}'),
    "value: json_invalid": replace(human(107), value=b"{" + SECRET.encode()),
    "too_long at value": replace(human(108), value=b'"' + b"x" * 300_000 + b'"'),
}
NO_VALUE = replace(human(109), value=None)

INBOUND_POISON: Mapping[tuple[str, tuple[str, ...]], Sent] = {
    ("missing", ("ce_specversion",)): replace(report(2, "received"), headers=()),
    ("not_utf8", ("ce_id",)): without(report(2, "received"), ce_id=b"\xff"),
    ("not_utf8", ("value",)): replace(report(2, "received"), value=b"\xff"),
    ("too_long", ("value",)): replace(report(2, "received"), value=b"x" * 300_000),
    ("unknown_type", ("ce_type",)): without(report(2, "received"), ce_type=b"sat.norte.telex.v1"),
    ("invalid", ("repair_no", "happened_at")): report(
        2, "received", repair_no=f"{SECRET} {SECRET}", happened_at=None
    ),
    ("invalid", ("value",)): replace(report(2, "received"), value=f'{{"name": {SECRET}'.encode()),
}


async def kept(world: World) -> dict[str, Any]:
    """Everything that tells what became of poison."""
    dead = await world.pool.fetch("SELECT message FROM dead_letters")
    rejected = await world.pool.fetch("SELECT body FROM events WHERE topic = 'ciclo.rejections.v1'")
    bodies = [json.loads(row["body"]) for row in rejected]
    return {
        "dead": sorted(row["message"] for row in dead),
        "rejected": sorted((body["code"], tuple(body.get("locations", ()))) for body in bodies),
        "parked": await world.count("parked"),
        "text": json.dumps(bodies),
    }


async def test_poison_becomes_dead_letters_and_rejections_once_and_everything_else_flows(
    place: Place,
) -> None:
    rejected = [*INBOUND_POISON, ("malformed", ("headers",))]
    dead = [*OWN_POISON, "value: json_invalid", "malformed at headers", "malformed at headers"]
    good = [human(n) for n in range(1, 21)]
    await place.send(*good[:10], *OWN_POISON.values(), NO_VALUE, *INBOUND_POISON.values(), *good[10:])
    await send_with_a_broken_header_name(place, human(110))
    await send_with_a_broken_header_name(place, report(2, "received"))
    await place.send(*(human(n, 2) for n in range(1, 21)), report(1, "received"))

    async def read_everything() -> dict[str, Any]:
        async with place.consuming() as consumer:
            await place.has_committed_everything()
            assert consumer.problem() is None
        return await kept(place.world)

    first = await read_everything()
    assert first["dead"] == sorted(dead)
    assert first["rejected"] == sorted(rejected)
    assert first["parked"] == 0
    assert SECRET not in first["text"]
    for number in range(1, 21):
        heard = ["human", "human", *(["report:received"] if number == 1 else [])]
        assert sorted(await place.world.state(number)) == heard

    await place.forget_offsets()
    assert await read_everything() == first
    redriven = await DeadLetters(place.world.pool, place.world.engine).redrive()
    assert {one.fate for one in redriven} == {Fate.DEAD}
    assert len((await kept(place.world))["dead"]) == len(dead)
    assert sorted(await place.world.state(1)) == ["human", "human", "report:received"]


async def test_a_broker_that_is_away_at_the_start_is_told_and_waited_for(place: Place) -> None:
    await place.send(human(1))
    async with switch(f"kafka://{place.kafka}") as (url, line):
        line.open = False
        bootstrap = url.rpartition("@")[2]
        async with place.consuming(kafka=bootstrap) as consumer:
            await until(lambda: "no answer" in (consumer.problem() or ""))
            assert bootstrap in (consumer.problem() or "")
            line.open = True
            await place.has_seen(1, "human")
            assert consumer.problem() is None


async def test_topics_that_are_missing_are_told_with_what_to_do(place: Place, kafka_prefix: str) -> None:
    consumer = Consumer(place.world.engine, definition(), kafka=place.kafka, prefix=f"{kafka_prefix}other.")
    await consumer.start()
    try:
        await until(lambda: f"no topics {kafka_prefix}other.{CASES}, " in (consumer.problem() or ""))
    finally:
        await consumer.stop()


async def test_while_the_database_is_away_a_batch_waits_in_its_place_and_the_group_keeps_its_member(
    place: Place,
) -> None:
    async with switch(place.url) as (url, line):
        pool = await create_pool(url, "ciclo-test-cut")
        engine = Engine(pool, definition())
        async with place.consuming(engine) as consumer:
            await place.send(*(human(n) for n in range(1, 31)))
            await place.has_committed_everything()
            line.open = False
            await place.send(*(human(n, 2) for n in range(1, 31)))
            await until(lambda: "cannot be stored" in (consumer.problem() or ""))
            before = await place.committed()
            # Longer than Kafka keeps a member that it does not hear of.
            await asyncio.sleep(3)
            assert await place.committed() == before
            assert await place.world.state(1) == ["human"]
            line.open = True
            await place.has_committed_everything()
            assert consumer.problem() is None
            assert consumer.assignments == 1
        await pool.close()
    for number in range(1, 31):
        assert await place.world.state(number) == ["human", "human"]


async def test_a_release_that_fails_on_everything_keeps_nothing_and_says_so_until_it_is_replaced(
    place: Place,
) -> None:
    def fail(state: Count | None, _event: CaseInformationReceived, _given: Any) -> Decision[Count]:
        raise RuntimeError("a bug that hits everybody")

    bad: Decider[Count] = replace(COUNTS, on={**COUNTS.on, CaseInformationReceived: fail})
    await place.send(*(record(n, "intake", 1, information_of("slot-a")) for n in range(1, 41)))
    async with place.consuming(Engine(place.world.pool, definition(bad))) as consumer:
        await until(lambda: (consumer.problem() or "").startswith("breaker open"))
        assert "40 of the last 40 inputs failed" in (consumer.problem() or "")
        for table in ("aggregates", "dead_letters", "parked", "events"):
            assert await place.world.count(table) == 0
    assert await place.committed() == {}
    async with place.consuming(Engine(place.world.pool, definition())) as consumer:
        await place.has_committed_everything()
        assert consumer.problem() is None
    assert await place.world.pool.fetchval("SELECT taken FROM slots") == 40
    assert await place.world.count("dead_letters") == 0


async def test_a_rebalance_waits_for_the_batch_in_flight(place: Place) -> None:
    first_engine = HeldEngine(place.world.pool, definition())
    second_engine = HeldEngine(place.world.pool, definition())
    second_engine.sign.set()
    await place.send(*(human(n) for n in range(1, 21)))
    async with place.consuming(first_engine) as first:
        await until(lambda: first_engine.waiting)
        async with place.consuming(second_engine) as second:
            await until(lambda: first.revoking)
            await asyncio.sleep(1)
            assert second.assignments == 0
            first_engine.sign.set()
            await until(lambda: second.assignments == 1)
            await place.has_committed_everything()
        assert Fate.DUPLICATE not in first_engine.fates + second_engine.fates
    for number in range(1, 21):
        assert await place.world.state(number) == ["human"]


async def test_a_batch_that_a_rebalance_cannot_wait_for_is_rolled_back_and_done_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "DRAIN_SECONDS", 0.5)
    stuck, engine = HeldEngine(place.world.pool, definition()), HeldEngine(place.world.pool, definition())
    engine.sign.set()
    await place.send(*(human(n) for n in range(1, 21)))
    async with place.consuming(stuck) as first:
        await until(lambda: stuck.waiting)
        async with place.consuming(engine) as second:
            await until(lambda: second.assignments == 1)
            await until(lambda: bool(engine.fates), 20)
            stuck.sign.set()
            await place.has_committed_everything()
            assert first.problem() is None
    for number in range(1, 21):
        assert await place.world.state(number) == ["human"]


async def test_a_consumer_that_stands_still_is_made_anew_and_an_idle_one_is_not(
    place: Place, log: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.3)
    async with place.consuming() as consumer:
        await place.send(human(1))
        await place.has_committed_everything()
        await asyncio.sleep(1.5)
        assert "consumer_stands_still" not in log.text
        # What aiokafka does by itself after some errors: nothing is fetched any more, and nobody is told.
        fetcher = consumer._subscriber.consumer._fetcher
        fetcher._fetch_task.cancel()
        for pending in fetcher._pending_tasks:
            pending.cancel()
        await place.send(human(1, 2), human(2))
        await place.has_committed_everything()
    assert "consumer_stands_still" in log.text
    assert await place.world.state(1) == ["human", "human"]
