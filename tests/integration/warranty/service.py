"""Warranty as it runs, but for the names of its topics: real HTTP, PostgreSQL and Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import SecretStr

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.events import Event, read_event
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.topics import create_topics
from services.chassis.commands import Commands
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.engine import Engine
from services.chassis.fan_outs import FanOuts
from services.chassis.health import Health
from services.chassis.http import create_http
from services.chassis.ids import new_id
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import Lifecycle
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.server import HttpServer
from services.chassis.sweeper import Sweeper
from services.chassis.timers import Timers
from services.warranty.app import definition
from services.warranty.routes import router
from services.warranty.settings import WarrantySettings

TOKEN = "a-token-for-the-tests-alone"
STAFF = {"Authorization": f"Bearer {TOKEN}"}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Warranty:
    """A running warranty: its API, its database, a voice for those it hears, an ear for what it says."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool
    prefix: str
    producer: AIOKafkaProducer
    ear: AIOKafkaConsumer
    sequences: dict[tuple[UUID, str], int] = field(default_factory=dict)
    heard: list[tuple[Envelope, Event]] = field(default_factory=list)

    async def tell(self, case: UUID, service: str, event: Event) -> None:
        """Publish an event about a case as another service would, after all that was published before."""
        number = self.sequences[case, service] = self.sequences.get((case, service), 0) + 1
        clock = {
            name: count
            for (about, name), count in self.sequences.items()
            if about == case and name != service
        }
        await self._send(event, str(case), f"/ciclo/{service}", sequence=number, clock=clock)

    async def report(self, record: InboundEvent, key: str) -> None:
        """Publish a record as a system outside would."""
        await self._send(record, key, f"/outside/{record.publisher}")

    async def says(self, subject: UUID, count: int) -> list[Event]:
        """Wait until Kafka holds so many events of warranty about a subject; all there are, in order."""
        async with asyncio.timeout(30):
            while len(self.about(subject)) < count:
                await self._listen(timeout_ms=200)
        return [event for _, event in self.about(subject)]

    async def says_no_more(self, subject: UUID) -> list[Event]:
        """All events about a subject, after everything that warranty owed was published."""
        async with asyncio.timeout(30):
            while await self.pool.fetchval("SELECT count(*) FROM outbox") or await self._behind():
                await self._listen(timeout_ms=50)
        return [event for _, event in self.about(subject)]

    def about(self, subject: UUID) -> list[tuple[Envelope, Event]]:
        """What was heard about a subject."""
        return [(envelope, event) for envelope, event in self.heard if envelope.subject == str(subject)]

    async def _send(self, event: Event, key: str, source: str, **more: Any) -> None:
        envelope = Envelope(
            id=str(new_id()),
            source=source,
            type=event.event_type,
            subject=key,
            time=datetime.now(UTC),
            traceparent=TRACEPARENT,
            **more,
        )
        await self.producer.send_and_wait(
            self.prefix + event.topic, event.write(), key=key.encode(), headers=to_headers(envelope)
        )

    async def _behind(self) -> bool:
        ends = await self.ear.end_offsets(self.ear.assignment())
        return any([await self.ear.position(partition) < end for partition, end in ends.items()])

    async def _listen(self, timeout_ms: int) -> int:
        polled = await self.ear.getmany(timeout_ms=timeout_ms)
        records = [record for of_partition in polled.values() for record in of_partition]
        for record in records:
            envelope, data = from_record(record.headers, record.value)
            event = read_event(envelope.type, data)
            assert event is not None
            self.heard.append((envelope, event))
        return len(records)


@asynccontextmanager
async def running_warranty(database_url: str, kafka: str, prefix: str) -> AsyncIterator[Warranty]:
    """Run warranty on this database, with topics of its own on this broker."""
    settings = WarrantySettings(
        database_url=SecretStr(database_url),
        kafka=kafka,
        http_port=0,
        admin_port=0,
        service_token=SecretStr(TOKEN),
    )
    await create_topics(kafka, partitions=2, prefix=prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    says = [prefix + topic for topic in ("ciclo.warranty.v1", "ciclo.rejections.v1")]
    ear = AIOKafkaConsumer(*says, bootstrap_servers=kafka, auto_offset_reset="earliest")
    declared, parts = definition(settings), Lifecycle()
    pool = await create_pool(database_url, "warranty")
    try:
        await producer.start()
        await ear.start()
        engine = Engine(pool, declared)
        await engine.start()
        lanes, commands = Lanes(database_url, "warranty"), Commands(engine)
        relay = Relay(lanes, Publisher(kafka, prefix=prefix))
        engine.on_commit(lambda committed: relay.wake() if committed.events else None)
        loops = (
            Timers(engine, lanes),
            FanOuts(engine, lanes, pool, declared.targets),
            Sweeper(engine, lanes),
        )
        consumer = Consumer(engine, declared, kafka=kafka, prefix=prefix)
        for part in (lanes, relay, *loops, consumer, commands):
            await parts.start(part)
        api = create_http(
            "Ciclo warranty",
            [router],
            commands=commands,
            pool=pool,
            health=Health(lambda: parts.parts),
            token=settings.service_token,
        )
        server = HttpServer("http", api, "127.0.0.1", 0)
        await parts.start(server)
        address = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=address, headers=STAFF, timeout=20) as http:
            yield Warranty(http, pool, prefix, producer, ear)
    finally:
        await parts.stop(15)
        await pool.close()
        await ear.stop()
        await producer.stop()
