"""A service as it runs, but for the names of its topics: its own HTTP, workers, PostgreSQL and Kafka.

Around it: a voice for the services and the outside systems that it hears, and an ear for what it says.
"""

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from fastapi import APIRouter

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import Event, read_event
from ciclo_schemas.topics import create_topics, load_topics
from services.chassis.app import App
from services.chassis.database import create_pool
from services.chassis.definition import Definition
from services.chassis.ids import new_id
from services.chassis.key_store import create_key, digest_of
from services.chassis.settings import ServiceSettings

TOKEN = f"ck_{'0' * 16}_{'t' * 43}"
"""The API key that opens every door of a service that runs for a test; of `holder`."""
STAFF = {"Authorization": f"Bearer {TOKEN}"}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PARTITIONS = 2


def common(database_url: str, kafka: str) -> dict[str, Any]:
    """The settings that every service needs: free ports; and a key, for those that read in intake's vault."""
    return {
        "database_url": database_url,
        "kafka": kafka,
        "http_port": 0,
        "admin_port": 0,
        "intake_key": TOKEN,
    }


async def let_in(pool: asyncpg.Pool, holder: str, scopes: Collection[str]) -> None:
    """Make TOKEN a key of this holder, as if `keys create` had printed it; once for each database."""
    _, number, secret = TOKEN.split("_")
    await pool.execute(
        "INSERT INTO api_keys (id, digest, holder, scopes, created_at, created_by)"
        " VALUES ($1, $2, $3, $4, now(), 'a test') ON CONFLICT DO NOTHING",
        number,
        digest_of(secret),
        holder,
        sorted(scopes),
    )


class Running:
    """Runs a service from `async with` to its end, with topics of its own on the broker of its settings.

    `http` is a client of its API, `pool` one of its database; `heard` is what it has said so far. `holder` is
    who comes in with TOKEN.
    """

    http: httpx.AsyncClient
    pool: asyncpg.Pool

    def __init__(
        self,
        definition: Definition,
        settings: ServiceSettings,
        routers: Sequence[APIRouter],
        *,
        headers: Mapping[str, str] | None = None,
        holder: str = "agent/agent-03",
        body_limits: Mapping[str, int] | None = None,
    ) -> None:
        self.name = definition.name
        self.kafka = settings.kafka
        self.prefix = f"test-{secrets.token_hex(6)}."
        self.sequences: dict[tuple[str, str], int] = {}
        """How many events about a subject each of the others has published."""
        self.heard: list[tuple[Envelope, Event]] = []
        self._settings = settings
        self._headers = headers
        self._holder = holder
        self._app = App(definition, settings, routers, topic_prefix=self.prefix, body_limits=body_limits)
        self._stack = AsyncExitStack()
        said = [self.prefix + name for name, topic in load_topics().items() if self.name in topic.producers]
        self._producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        self._ear = AIOKafkaConsumer(*said, bootstrap_servers=self.kafka, auto_offset_reset="earliest")

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._delete_topics)
            await create_topics(self.kafka, partitions=PARTITIONS, prefix=self.prefix)
            for client in (self._producer, self._ear):
                stack.push_async_callback(client.stop)
                await client.start()
            self.pool = await create_pool(self._settings.database_url.get_secret_value(), "ciclo-test")
            stack.push_async_callback(self.pool.close)
            await let_in(self.pool, self._holder, self._app.scopes())
            stack.push_async_callback(self._app.stop)
            await self._app.start()
            address = f"http://127.0.0.1:{self._app.http_port}"
            self.http = httpx.AsyncClient(base_url=address, headers=self._headers, timeout=20)
            await stack.enter_async_context(self.http)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def admin_port(self) -> int:
        """Where its probes and metrics are."""
        return self._app.admin_port

    async def key(self, holder: str, *scopes: str) -> dict[str, str]:
        """The headers of somebody with a key of his own."""
        key = await create_key(self.pool, holder, scopes, by="a test", known_scopes=self._app.scopes())
        return {"Authorization": f"Bearer {key}"}

    async def tell(
        self, case: UUID | str, service: str, event: Event, *, sequence: int | None = None
    ) -> None:
        """Publish an event about a case as another service would, after all that was published before.

        With `sequence`, out of the order in which that service counts.
        """
        subject = str(case)
        number = sequence or self.sequences.get((subject, service), 0) + 1
        self.sequences[subject, service] = number
        clock = {
            other: count
            for (about, other), count in self.sequences.items()
            if about == subject and other != service
        }
        causes = {"correlation": subject, "causation": str(new_id())}
        await self._send(event, subject, f"/ciclo/{service}", sequence=number, clock=clock, **causes)

    async def report(self, record: InboundEvent, key: str) -> None:
        """Publish a record as a system outside would."""
        await self._send(record, key, f"/outside/{record.publisher}")

    async def says(self, subject: UUID | str, count: int) -> list[Event]:
        """Wait until Kafka holds so many of its events about a subject; all there are, in order."""
        async with asyncio.timeout(30):
            while len(self.about(subject)) < count:
                await self._listen(timeout_ms=200)
        return [event for _, event in self.about(subject)]

    async def says_no_more(self, subject: UUID | str) -> list[Event]:
        """All its events about a subject, after everything that it owed was published."""
        await self.quiet()
        return [event for _, event in self.about(subject)]

    async def quiet(self) -> None:
        """Wait until everything that it owes is published, and heard."""
        async with asyncio.timeout(30):
            while await self.pool.fetchval("SELECT count(*) FROM outbox") or await self._behind():
                await self._listen(timeout_ms=50)

    def about(self, subject: UUID | str) -> list[tuple[Envelope, Event]]:
        """What was heard about a subject."""
        return [(envelope, event) for envelope, event in self.heard if envelope.subject == str(subject)]

    async def stored(self) -> dict[str, str]:
        """Every row of every table of its database, as text, by table."""
        tables = await self.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = {}
        for name in (table["tablename"] for table in tables):
            every_row = f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{name}\" AS t"  # noqa: S608
            rows[name] = await self.pool.fetchval(every_row)
        return rows

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
        await self._producer.send_and_wait(
            self.prefix + event.topic, event.write(), key=key.encode(), headers=to_headers(envelope)
        )

    async def _behind(self) -> bool:
        ends = await self._ear.end_offsets(self._ear.assignment())
        return any([await self._ear.position(partition) < end for partition, end in ends.items()])

    async def _listen(self, timeout_ms: int) -> None:
        polled = await self._ear.getmany(timeout_ms=timeout_ms)
        for record in (record for of_partition in polled.values() for record in of_partition):
            envelope, data = from_record(record.headers, record.value)
            assert envelope.source == f"/ciclo/{self.name}"
            event = read_event(envelope.type, data)
            assert event is not None
            self.heard.append((envelope, event))

    async def _delete_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            await admin.delete_topics([self.prefix + name for name in load_topics()])
        finally:
            await admin.close()


def names(events: Sequence[Event]) -> list[str]:
    """`["coverage.assessed", ...]`."""
    return [event.event_type.removeprefix("ciclo.").removesuffix(".v1") for event in events]
