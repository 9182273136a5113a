"""The relay: what is committed is published, in the order of its aggregate, whatever dies on the way."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ciclo_schemas.envelope import from_record
from deploy.embedded import Servers
from services.chassis import publisher as publisher_module
from services.chassis import relay as relay_module
from services.chassis.ids import new_id
from services.chassis.lanes import Lanes, lane_of
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from tests.conftest import NewDatabase
from tests.support.waiting import until

TOPIC = "ciclo.warranty.v1"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LOCK = """
INSERT INTO aggregates (id, sequence) VALUES ($1, 1)
ON CONFLICT (id) DO UPDATE SET sequence = aggregates.sequence + 1 RETURNING sequence
"""
EMIT = """
WITH event AS (
    INSERT INTO events (day, id, aggregate, source, sequence, topic, type, occurred_at, clock, correlation,
        causation, traceparent, body)
    VALUES ($1, $2, $3::uuid, '/ciclo/warranty', $4, $5, 'ciclo.coverage.assessed.v1', $6,
        'intake:2,routing@2:7', $3::uuid::text, 'cause', $7, $8)
    RETURNING day, id
)
INSERT INTO outbox (lane, day, event) SELECT $9, day, id FROM event
"""
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
async def url(database: NewDatabase) -> str:
    return await database("chassis")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(url, min_size=0, max_size=8) as made:
        yield made


@pytest.fixture
async def new_topic(servers: Servers, kafka_prefix: str) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    made = []

    async def new(name: str) -> None:
        made.append(kafka_prefix + name)
        await admin.create_topics([NewTopic(kafka_prefix + name, num_partitions=3, replication_factor=1)])

    yield new
    if made:
        await admin.delete_topics(made)
    await admin.close()


@asynccontextmanager
async def relaying(
    url: str, kafka: str, prefix: str, *, patience: float = 15
) -> AsyncIterator[tuple[Lanes, Relay]]:
    lanes = Lanes(url, "relayed")
    relay = Relay(lanes, Publisher(kafka, prefix=prefix, patience=patience))
    await lanes.start()
    await relay.start()
    try:
        yield lanes, relay
    finally:
        await relay.stop(5)
        await lanes.stop(1)


async def write(connection: Any, aggregate: UUID, *, topic: str = TOPIC, body: str = "{}") -> UUID:
    """One event as the engine writes it: the aggregate's row is locked before the outbox id is drawn."""
    event = new_id()
    sequence = await connection.fetchval(LOCK, aggregate)
    await connection.execute(
        EMIT, NOON.date(), event, aggregate, sequence, topic, NOON, TRACE, body, lane_of(aggregate)
    )
    return event


async def emit(
    connection: Any, aggregate: UUID, *, topic: str = TOPIC, body: str = "{}", pause: float = 0
) -> UUID:
    """One event in a transaction; with a pause, others draw higher ids and commit them before."""
    async with connection.transaction():
        event = await write(connection, aggregate, topic=topic, body=body)
        await asyncio.sleep(pause)
    return event


async def everything(kafka: str, topic: str) -> list[Any]:
    """Every record of a topic, each partition in its order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(3)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        while sum(ends.values()) > len(records):
            for found in (await consumer.getmany(timeout_ms=1000)).values():
                records.extend(found)
        return records
    finally:
        await consumer.stop()


async def outbox(pool: asyncpg.Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM outbox")
    return count


async def until_sent(pool: asyncpg.Pool, left: int = 0, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while await outbox(pool) > left:  # noqa: ASYNC110 - other processes' rows have no event
            await asyncio.sleep(0.02)


def gaps(records: Sequence[Any]) -> list[str]:
    """What a consumer would miss: sequences that come before one that is lower and was not seen yet."""
    last: dict[str, int] = defaultdict(int)
    found = []
    for record in records:
        envelope, _ = from_record(record.headers, record.value)
        sequence = envelope.sequence or 0
        if sequence > last[envelope.subject] + 1:
            found.append(f"{envelope.subject}: {sequence} after {last[envelope.subject]}")
        last[envelope.subject] = max(sequence, last[envelope.subject])
    return found


async def test_an_event_is_published_as_its_row_says(
    url: str,
    pool: asyncpg.Pool,
    servers: Servers,
    kafka_prefix: str,
    new_topic: Callable[[str], Awaitable[None]],
) -> None:
    await new_topic(TOPIC)
    case = new_id()
    async with pool.acquire() as connection:
        event = await emit(connection, case, body='{"coverage":"guarantee"}')
    async with relaying(url, servers.kafka, kafka_prefix) as (_, relay):
        await until_sent(pool)
        assert relay.counts.sent == 1
        assert relay.problem() is None
    (record,) = await everything(servers.kafka, kafka_prefix + TOPIC)
    envelope, data = from_record(record.headers, record.value)
    assert record.key == str(case).encode()
    assert data == b'{"coverage":"guarantee"}'
    assert (envelope.id, envelope.subject, envelope.sequence) == (str(event), str(case), 1)
    assert (envelope.source, envelope.type) == ("/ciclo/warranty", "ciclo.coverage.assessed.v1")
    assert envelope.time == NOON
    assert envelope.clock == {"intake": 2, "routing@2": 7}
    assert (envelope.correlation, envelope.causation) == (str(case), "cause")
    assert envelope.traceparent == TRACE


async def test_nothing_is_lost_or_out_of_order_when_sessions_and_producers_die(
    url: str,
    pool: asyncpg.Pool,
    servers: Servers,
    kafka_prefix: str,
    new_topic: Callable[[str], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay_module, "MARK_EVERY_S", 0)
    await new_topic(TOPIC)
    chance = random.Random(7)  # noqa: S311 - which fault comes when
    cases = [new_id() for _ in range(10)]
    written = faults = 0

    async def write() -> None:
        nonlocal written
        for _ in range(250):
            async with pool.acquire() as connection:
                await emit(connection, chance.choice(cases), pause=chance.choice((0, 0.002, 0.02, 0.05)))
                written += 1

    async def break_things(relays: Sequence[Relay]) -> None:
        nonlocal faults
        while True:
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            faults += 1
            publisher = chance.choice(relays)._publisher
            match chance.randrange(3):
                case 0:
                    await pool.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND application_name = 'ciclo-relayed-lanes'"
                    )
                case 1:
                    await publisher.abandon()
                case _:  # The broker is too slow: batches in flight are given up, and sent again.
                    publisher._patience = 0
                    try:
                        await asyncio.sleep(chance.uniform(0.05, 0.3))
                    finally:
                        publisher._patience = 15

    async with AsyncExitStack() as replicas:
        both = [
            (await replicas.enter_async_context(relaying(url, servers.kafka, kafka_prefix)))[1]
            for _ in range(2)
        ]
        breaking = asyncio.create_task(break_things(both))
        await asyncio.gather(*(write() for _ in range(8)))
        breaking.cancel()
        await until_sent(pool)
    records = await everything(servers.kafka, kafka_prefix + TOPIC)
    assert gaps(records) == []
    ids = {dict(record.headers)["ce_id"] for record in records}
    assert len(ids) == written == 2000
    assert faults >= 10


async def test_an_event_that_was_committed_late_comes_before_the_next_of_its_aggregate(
    url: str,
    pool: asyncpg.Pool,
    servers: Servers,
    kafka_prefix: str,
    new_topic: Callable[[str], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay_module, "MARK_EVERY_S", 0)
    await new_topic(TOPIC)
    early, late = new_id(), new_id()
    lanes = Lanes(url, "relayed")
    relay = Relay(lanes, Publisher(servers.kafka, prefix=kafka_prefix))
    await lanes.start()
    await until(lambda: len(lanes.owned) == 8)
    async with pool.acquire() as first, pool.acquire() as second:
        async with second.transaction():
            async with first.transaction():
                # The late one has the higher transaction number, but draws the lower outbox id.
                await first.execute(LOCK, early)
                await write(second, late)
                await write(first, early)
            for _ in range(5):
                await relay.turn()
            assert relay.counts.sent == 1
        await emit(second, late)
    while relay.counts.sent < 3:
        await relay.turn()
    await relay.close()
    await lanes.stop(1)
    sent = await everything(servers.kafka, kafka_prefix + TOPIC)
    sequences = [from_record(r.headers, r.value)[0].sequence for r in sent if r.key == str(late).encode()]
    assert sequences == [1, 2]


async def test_an_event_that_cannot_be_sent_holds_back_its_own_aggregate_alone(
    url: str,
    pool: asyncpg.Pool,
    servers: Servers,
    kafka_prefix: str,
    new_topic: Callable[[str], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay_module, "FAILING_AFTER_S", 0.0)
    await new_topic(TOPIC)
    large, elsewhere, healthy = new_id(), new_id(), new_id()
    async with pool.acquire() as connection:
        await emit(connection, large, body='"' + "x" * 2_000_000 + '"')
        await emit(connection, large)
        await emit(connection, elsewhere, topic="ciclo.unheard.v1")
        await emit(connection, elsewhere)
        for _ in range(20):
            await emit(connection, healthy)
        async with relaying(url, servers.kafka, kafka_prefix) as (_, relay):
            await until_sent(pool, left=4)
            await until(lambda: "there is no topic ciclo.unheard.v1" in (relay.problem() or ""))
            assert "too large" in (relay.problem() or "")
            # Once the topic is there, its events go out by themselves, and in their order.
            await new_topic("ciclo.unheard.v1")
            await until_sent(pool, left=2)
            await connection.execute("DELETE FROM outbox WHERE lane = $1", lane_of(large))
            await until(lambda: relay.problem() is None)
    subjects = [record.key.decode() for record in await everything(servers.kafka, kafka_prefix + TOPIC)]
    assert sorted(subjects) == sorted([str(healthy)] * 20 + [str(elsewhere)])


async def test_the_relay_says_so_while_there_is_no_broker(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.loop.FAILING_AFTER_S", 0.0)
    monkeypatch.setattr(publisher_module, "CONNECT_S", 0.5)
    async with relaying(url, "127.0.0.1:1", "") as (_, relay):
        await until(lambda: (relay.problem() or "").startswith("failing for"))
