"""Intake as it runs, but for the names of its topics: real HTTP, PostgreSQL and Kafka."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ciclo_schemas.envelope import Envelope, to_headers
from ciclo_schemas.events import Event
from services.chassis.commands import Commands
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.engine import Engine
from services.chassis.health import Health
from services.chassis.http import create_http
from services.chassis.ids import new_id
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import Lifecycle
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.server import HttpServer
from services.intake.app import definition
from services.intake.routes import routers
from services.intake.settings import IntakeSettings

TOKEN = "a-token-for-the-tests-alone"
SECRET = "a-tracking-secret-for-the-tests-alone"
TOPICS = ("ciclo.cases.v1", "ciclo.routing.v1", "ciclo.warranty.v1", "ciclo.notifications.v1")
COLLEAGUE = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Intake:
    """A running intake: its API, its database, and a voice for the services it hears."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool
    kafka: str
    prefix: str
    producer: AIOKafkaProducer

    async def open(self, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Open a case and return the answer."""
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.http.post("/v1/cases", json=body or report(), headers=headers)
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        return opened

    async def publish(self, service: str, case_id: str, sequence: int, event: Event) -> None:
        """Publish an event about a case as another service would."""
        envelope = Envelope(
            id=str(new_id()),
            source=f"/ciclo/{service}",
            type=event.event_type,
            subject=case_id,
            time=datetime.now(UTC),
            sequence=sequence,
            clock={"intake": 1},
            correlation=case_id,
            causation=str(new_id()),
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        await self.producer.send_and_wait(
            self.prefix + event.topic, event.write(), key=case_id.encode(), headers=to_headers(envelope)
        )

    async def events_of(self, case_id: str) -> list[str]:
        """The types of the events intake published about a case, in order."""
        rows = await self.pool.fetch(
            "SELECT type FROM events WHERE aggregate = $1 ORDER BY sequence", UUID(case_id)
        )
        return [row["type"] for row in rows]


def report(**but: Any) -> dict[str, Any]:
    """The body of a customer's report."""
    return {
        "customer": {"name": "Marta Ibáñez Soler", "email": "marta@example.com"},
        "text": "La freidora no calienta desde ayer.",
        "facts": {"product_unit": "FR-2040-118", "symptom_code": "no_heat"},
        "language": "es",
        "jurisdiction": "ES",
    } | but


def customer(opened: Mapping[str, Any]) -> dict[str, str]:
    """The headers of the customer of a case."""
    return {"Authorization": f"Bearer {opened['tracking_key']}"}


async def everything_stored(pool: asyncpg.Pool) -> dict[str, str]:
    """Every row of every table of the database, as text, by table."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    stored = {}
    for name in (table["tablename"] for table in tables):
        every_row = f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{name}\" AS t"  # noqa: S608
        stored[name] = await pool.fetchval(every_row)
    return stored


@asynccontextmanager
async def running_intake(database_url: str, kafka: str, prefix: str) -> AsyncIterator[Intake]:
    """Run intake on this database, with topics of its own on this broker."""
    settings = IntakeSettings(
        database_url=database_url,
        kafka=kafka,
        http_port=0,
        admin_port=0,
        service_token=TOKEN,
        tracking_secret=SECRET,
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    topics = [prefix + topic for topic in TOPICS]
    await admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1) for topic in topics])
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    declared, parts = definition(settings), Lifecycle()
    pool = await create_pool(database_url, "intake")
    try:
        engine, lanes = Engine(pool, declared), Lanes(database_url, "intake")
        await engine.start()
        relay, commands = Relay(lanes, Publisher(kafka, prefix=prefix)), Commands(engine)
        engine.on_commit(lambda committed: relay.wake() if committed.events else None)
        for part in (lanes, relay, Consumer(engine, declared, kafka=kafka, prefix=prefix), commands):
            await parts.start(part)
        api = create_http(
            "Ciclo intake",
            routers(settings),
            commands=commands,
            pool=pool,
            health=Health(lambda: parts.parts),
            token=settings.service_token,
        )
        server = HttpServer("http", api, "127.0.0.1", 0)
        await parts.start(server)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as http:
            yield Intake(http, pool, kafka, prefix, producer)
    finally:
        await parts.stop(15)
        await pool.close()
        await producer.stop()
        await admin.delete_topics(topics)
        await admin.close()
