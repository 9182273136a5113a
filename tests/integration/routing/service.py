"""Routing as it runs, but for the names of its topics: HTTP, PostgreSQL, Kafka, and a vault to read from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import FastAPI, Header, Response
from pydantic import BaseModel, HttpUrl, SecretStr

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.events import Event, read_event
from ciclo_schemas.topics import create_topics
from services.chassis.commands import Commands
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.effects import Effects
from services.chassis.engine import Committed, Engine
from services.chassis.health import Health, Part
from services.chassis.http import create_http
from services.chassis.ids import new_id
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import Lifecycle
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.server import HttpServer
from services.chassis.sweeper import Sweeper
from services.chassis.timers import Timers
from services.routing.app import definition
from services.routing.routes import router
from services.routing.settings import RoutingSettings

TOKEN = "a-token-for-the-tests-alone"
STAFF = {"Authorization": f"Bearer {TOKEN}"}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Refs(BaseModel):
    """The body of the vault's door."""

    refs: list[str]


@dataclass
class Vault:
    """Intake's door for words. `asked`: how many references each call named; `down` makes it answer 503."""

    url: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    down: bool = False

    def app(self) -> FastAPI:
        """The door."""
        app = FastAPI()

        @app.post("/v1/vault/texts:read")
        async def read(body: Refs, response: Response, authorization: str = Header()) -> dict[str, Any]:
            assert authorization == f"Bearer {TOKEN}"
            assert len(body.refs) <= 100
            self.asked.append(len(body.refs))
            if self.down:
                response.status_code = 503
                return {}
            return {"texts": {ref: self.texts[ref] for ref in body.refs if ref in self.texts}}

        return app


@dataclass
class Routing:
    """A running routing: its API, its database, a voice for those it hears, an ear for what it says."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool
    vault: Vault
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
        envelope = Envelope(
            id=str(new_id()),
            source=f"/ciclo/{service}",
            type=event.event_type,
            subject=str(case),
            time=datetime.now(UTC),
            sequence=number,
            clock=clock,
            traceparent=TRACEPARENT,
        )
        await self.producer.send_and_wait(
            self.prefix + event.topic, event.write(), key=str(case).encode(), headers=to_headers(envelope)
        )

    async def says(self, case: UUID, count: int) -> list[str]:
        """Wait until routing said so much about a case; the names of all it said, in order."""
        async with asyncio.timeout(30):
            while len(self.about(case)) < count:
                await self._listen()
        return [short(event) for _, event in self.about(case)]

    def about(self, case: UUID) -> list[tuple[Envelope, Event]]:
        """What was heard about a case."""
        return [(envelope, event) for envelope, event in self.heard if envelope.subject == str(case)]

    async def post(self, case: UUID, door: str, **body: Any) -> httpx.Response:
        """Something a person does to a case."""
        return await self.http.post(f"/v1/cases/{case}/{door}", json=body)

    async def _listen(self) -> None:
        polled = await self.ear.getmany(timeout_ms=200)
        for record in (record for of_partition in polled.values() for record in of_partition):
            envelope, data = from_record(record.headers, record.value)
            event = read_event(envelope.type, data)
            assert event is not None
            self.heard.append((envelope, event))


def short(event: Event) -> str:
    """`case.opened`."""
    return event.event_type.removeprefix("ciclo.").removesuffix(".v1")


@asynccontextmanager
async def running_routing(database_url: str, kafka: str, prefix: str) -> AsyncIterator[Routing]:
    """Run routing on this database, with topics of its own on this broker."""
    await create_topics(kafka, partitions=2, prefix=prefix)
    async with AsyncExitStack() as stack:
        vault = await _vault(stack)
        settings = RoutingSettings(
            database_url=SecretStr(database_url),
            kafka=kafka,
            http_port=0,
            admin_port=0,
            service_token=SecretStr(TOKEN),
            intake_url=HttpUrl(vault.url),
        )
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        ear = AIOKafkaConsumer(
            f"{prefix}ciclo.routing.v1", bootstrap_servers=kafka, auto_offset_reset="earliest"
        )
        for client in (producer, ear):
            await client.start()
            stack.push_async_callback(client.stop)
        pool = await create_pool(database_url, "routing")
        stack.push_async_callback(pool.close)
        port = await _service(stack, settings, pool, prefix)
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=STAFF, timeout=20)
        await stack.enter_async_context(http)
        yield Routing(http, pool, vault, prefix, producer, ear)


async def _vault(stack: AsyncExitStack) -> Vault:
    vault = Vault()
    server = HttpServer("vault", vault.app(), "127.0.0.1", 0)
    await server.start()
    stack.push_async_callback(server.stop, 5)
    vault.url = f"http://127.0.0.1:{server.port}"
    return vault


async def _service(stack: AsyncExitStack, settings: RoutingSettings, pool: asyncpg.Pool, prefix: str) -> int:
    """Start what the chassis starts; the port of the API."""
    declared, parts = definition(settings), Lifecycle()
    stack.push_async_callback(parts.stop, 15)
    engine = Engine(pool, declared)
    await engine.start()
    lanes, commands = Lanes(settings.database_url.get_secret_value(), "routing"), Commands(engine)
    relay = Relay(lanes, Publisher(settings.kafka, prefix=prefix))
    effects = [Effects(engine, lanes, runner) for runner in declared.runners]

    def wake(committed: Committed) -> None:
        for there_is_work, loops in ((committed.events, [relay]), (committed.effects, effects)):
            if there_is_work:
                for loop in loops:
                    loop.wake()

    engine.on_commit(wake)
    consumer = Consumer(engine, declared, kafka=settings.kafka, prefix=prefix)
    loops: list[Part] = [relay, *effects, Timers(engine, lanes), Sweeper(engine, lanes)]
    for part in (lanes, *loops, consumer, commands):
        await parts.start(part)
    health = Health(lambda: parts.parts)
    api = create_http(
        "Ciclo routing",
        [router],
        commands=commands,
        pool=pool,
        health=health,
        token=settings.service_token,
    )
    server = HttpServer("http", api, "127.0.0.1", 0)
    await parts.start(server)
    return server.port
