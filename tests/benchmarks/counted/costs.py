"""What an event costs, counted rather than timed: statements, WAL, commits, rows left dead, Kafka requests.

WAL is read back record by record (pg_walinspect), so that other databases on the server, PostgreSQL's own
tables, and full-page images are told apart.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
from aiokafka.conn import AIOKafkaConnection

from services.chassis.consumer import Consumer
from services.chassis.database import create_pool, ensure_partitions
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.lanes import Lanes
from services.chassis.publisher import Publisher
from services.chassis.records import RecordReader
from services.chassis.relay import Relay
from services.chassis.telemetry import statements
from services.routing.app import definition
from services.routing.settings import RoutingSettings
from tests.benchmarks.hot.opened import preload, record
from tests.benchmarks.hot.ours import SETTINGS
from tests.benchmarks.hot.work import CASES

XIDS = """
SELECT DISTINCT xid FROM pg_get_wal_block_info($1, $2)
WHERE reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND relfilenode IN (
        SELECT pg_relation_filenode(oid) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i', 'S')
    )
"""
RECORDS = f"""
SELECT resource_manager AS manager, record_type AS type, count(*) AS records,
    sum(record_length - fpi_length)::bigint AS bytes, sum(fpi_length)::bigint AS images
FROM pg_get_wal_records_info($1, $2) WHERE xid <> 0 AND xid IN ({XIDS}) GROUP BY 1, 2 ORDER BY bytes DESC
"""  # noqa: S608 - put together from constants
# What vacuum does, and when, is not what an event costs.
NO_VACUUM = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN
        SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE 'ALTER TABLE ' || name || ' SET (autovacuum_enabled = false)';
    END LOOP;
END $$
"""
APPLIED = "SELECT count(*) FROM aggregates WHERE state IS NOT NULL"
PATIENCE_SECONDS = 90
LEFT_DEAD = ("UPDATE", "HOT_UPDATE", "DELETE")


@dataclass
class Costs:
    """What some events cost together. Statements by what they do; WAL bytes by kind of record."""

    events: int = 0
    statements: Counter[str] = field(default_factory=Counter)
    wal: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    image_bytes: int = 0
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def statements_each(self) -> float:
        """Statements an event, BEGIN and COMMIT among them."""
        return self.statements.total() / self.events

    @property
    def wal_each(self) -> float:
        """Bytes of WAL an event, without full-page images."""
        return self.wal.total() / self.events

    @property
    def commits_each(self) -> float:
        """Transactions an event that wrote something."""
        return self.records["Transaction COMMIT"] / self.events

    @property
    def dead_each(self) -> float:
        """Rows an event that vacuum has to clear away."""
        return self._rows_left_dead() / self.events

    def _rows_left_dead(self) -> int:
        kinds = (f"Heap {name}{more}" for name in LEFT_DEAD for more in ("", "+INIT"))
        return sum(self.records[kind] for kind in kinds)

    def listed(self) -> str:
        """All of it, for a message."""
        each = {name: round(count / self.events, 4) for name, count in self.statements.most_common()}
        wal = {name: round(count / self.events) for name, count in self.wal.most_common()}
        return (
            f"{self.events} events\nstatements each: {each}\nWAL bytes each: {wal}\nrequests: {self.requests}"
        )


@dataclass(slots=True)
class _Read:
    """A record as a consumer has it."""

    topic: str
    partition: int
    offset: int
    headers: Any
    value: bytes | None


class Scales:
    """Routing's engine and relay on a database of their own, worked by hand: nothing happens by itself."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine, lanes: Lanes, relay: Relay) -> None:
        self._pool = pool
        self._engine = engine
        self._lanes = lanes
        self._relay = relay
        self._reader = RecordReader({})
        self._offset = 0

    async def weigh(self, batch: int, batches: int) -> Costs:
        """Apply so many batches of new cases, publish what they say, and say what it took."""
        costs = Costs(batch * batches)
        before = await self._pool.fetchval("SELECT pg_current_wal_flush_lsn()")
        with _statements(costs), _requests(costs):
            for _ in range(batches):
                await self._engine.apply([self._reader.read(self._next()) for _ in range(batch)])
                while await self._relay.turn() is not None:
                    pass
        after = await self._pool.fetchval("SELECT pg_current_wal_flush_lsn()")
        for row in await self._pool.fetch(RECORDS, before, after):
            kind = f"{row['manager']} {row['type']}"
            costs.wal[kind], costs.records[kind] = row["bytes"], row["records"]
            costs.image_bytes += row["images"]
        return costs

    def _next(self) -> _Read:
        _, value, headers = record()
        self._offset += 1
        return _Read(CASES, 0, self._offset, headers, value)


async def consumed(database: str, kafka: str, prefix: str, *, batch: int, events: int) -> Costs:
    """What the way in takes: a consumer that works off so many new cases, and nothing besides."""
    await preload(kafka, prefix + CASES, events)
    pool = await create_pool(database, "ciclo-routing")
    service, costs = _service(database, kafka), Costs(events)
    engine = Engine(pool, service)
    consumer = Consumer(engine, service, kafka=kafka, batch_size=batch, prefix=prefix)
    try:
        await engine.start()
        before = await pool.fetchval(APPLIED)
        with _requests(costs):
            await consumer.start()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await pool.fetchval(APPLIED) < before + events:  # noqa: ASYNC110 - rows have no event
                    await asyncio.sleep(0.05)
            await consumer.stop()
    finally:
        await pool.close()
    return costs


def _service(database: str, kafka: str) -> Definition:
    known = {name.removeprefix("ROUTING_").lower(): value for name, value in SETTINGS.items()}
    settings = RoutingSettings.model_validate({**known, "database_url": database, "kafka": kafka})
    return replace(definition(settings), runners=())


@asynccontextmanager
async def scales(database: str, kafka: str, prefix: str) -> AsyncIterator[Scales]:
    """Put them up on a migrated database of routing, with topics behind this prefix."""
    pool = await create_pool(database, "ciclo-routing")
    engine = Engine(pool, _service(database, kafka))
    lanes = Lanes(database, "routing")
    relay = Relay(lanes, Publisher(kafka, prefix=prefix))
    try:
        async with pool.acquire() as session:
            await session.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
            await ensure_partitions(session)
            await session.execute(NO_VACUUM)
        await engine.start()
        await lanes.turn()
        made = Scales(pool, engine, lanes, relay)
        await made.weigh(200, 2)  # plans are made, pages are touched for the first time
        yield made
    finally:
        await relay.close()
        await lanes.close()
        await pool.close()


@contextmanager
def _statements(costs: Costs) -> Iterator[None]:
    def count(statement: statements.Statement) -> None:
        costs.statements[statement.label] += 1

    statements.watch(count)
    try:
        yield
    finally:
        statements.watchers.remove(count)


@contextmanager
def _requests(costs: Costs) -> Iterator[None]:
    send = AIOKafkaConnection.send

    def counted(self: Any, request: Any, *more: Any, **options: Any) -> Any:
        costs.requests[type(request).__name__.split("_")[0]] += 1
        return send(self, request, *more, **options)

    AIOKafkaConnection.send = counted
    try:
        yield
    finally:
        AIOKafkaConnection.send = send
