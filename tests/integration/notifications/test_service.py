import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from ciclo_schemas.envelope import Envelope, from_record, to_headers
from ciclo_schemas.events import Event
from ciclo_schemas.notifications import NotificationFailed, NotificationSent
from ciclo_schemas.registry import read_event
from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Language, Window
from deploy.embedded import Servers
from services.chassis.commands import Commands
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.effects import Effects
from services.chassis.engine import Engine
from services.chassis.health import Health, Part
from services.chassis.http import create_http
from services.chassis.ids import new_id
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import Lifecycle
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.server import HttpServer
from services.notifications.app import definition
from services.notifications.routes import router
from services.notifications.settings import NotificationsSettings
from tests.conftest import NewDatabase
from tests.integration.notifications.servers import LUCIA, TOKEN, MailServer, Vault, mail_server, vault
from tests.support.deciders import NOW
from tests.support.replica import everything, producing, topics
from tests.support.waiting import until
from tests.unit.notifications import events as on

TOPICS = ("ciclo.cases.v1", "ciclo.routing.v1", "ciclo.warranty.v1", "ciclo.notifications.v1")
SOURCES = {"ciclo.cases.v1": "intake", "ciclo.routing.v1": "routing", "ciclo.warranty.v1": "warranty"}


@dataclass
class World:
    """Notifications as it runs, but for the names of its topics, and the world around it."""

    mail: MailServer
    contacts: Vault
    kafka: str
    prefix: str
    producer: AIOKafkaProducer
    http: httpx.AsyncClient
    pool: asyncpg.Pool
    sequences: dict[tuple[UUID, str], int] = field(default_factory=dict)

    async def publish(self, case: UUID, *events: Event) -> None:
        """Publish events about a case, each causally after all before."""
        for event in events:
            source = SOURCES[event.topic]
            clock = {other: last for (about, other), last in self.sequences.items() if about == case}
            sequence = self.sequences[case, source] = clock.pop(source, 0) + 1
            envelope = Envelope(
                id=str(new_id()),
                source=f"/ciclo/{source}",
                type=event.event_type,
                subject=str(case),
                time=NOW,
                sequence=sequence,
                clock=clock,
            )
            await self.producer.send_and_wait(
                self.prefix + event.topic, event.write(), key=str(case).encode(), headers=to_headers(envelope)
            )

    async def said(self, case: UUID, count: int) -> list[Event | None]:
        """The first `count` events that notifications published about a case."""
        async with asyncio.timeout(30):
            while True:
                records = await everything(self.kafka, f"{self.prefix}ciclo.notifications.v1")
                found = [record for record in records if record.key == str(case).encode()]
                if len(found) >= count:
                    return [_event(record) for record in found]
                await asyncio.sleep(0.1)

    async def messages(self, case: UUID) -> list[dict[str, Any]]:
        """What the staff's door shows."""
        answer = await self.http.get(
            f"/v1/cases/{case}/messages", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert answer.status_code == 200
        shown: list[dict[str, Any]] = answer.json()["messages"]
        return shown


def _event(record: Any) -> Event | None:
    envelope, data = from_record(record.headers, record.value)
    assert envelope.source == "/ciclo/notifications"
    return read_event(envelope.type, data)


@pytest.fixture
async def world(servers: Servers, database: NewDatabase, kafka_prefix: str) -> AsyncIterator[World]:
    url = await database("notifications")
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(mail_server())
        contacts = await stack.enter_async_context(vault())
        settings = NotificationsSettings(
            database_url=url,
            kafka=servers.kafka,
            http_port=0,
            admin_port=0,
            service_token=TOKEN,
            smtp_port=mail.port,
            smtp_from="Ciclo <care@ciclo.example>",
            intake_url=contacts.url,
        )
        await stack.enter_async_context(topics(servers.kafka, kafka_prefix, dict.fromkeys(TOPICS, 2)))
        producer = await stack.enter_async_context(producing(servers.kafka))
        made = definition(settings)
        pool = await create_pool(url, made.name)
        engine = Engine(pool, made)
        await engine.start()
        lanes = Lanes(url, made.name)
        relay = Relay(lanes, Publisher(servers.kafka, prefix=kafka_prefix))
        effects = [Effects(engine, lanes, runner) for runner in made.runners]
        consumer = Consumer(engine, made, kafka=servers.kafka, prefix=kafka_prefix)
        commands = Commands(engine)
        health = Health(list)
        app = create_http(
            "test", [router], commands=commands, pool=pool, health=health, token=settings.service_token
        )
        http = HttpServer("http", app, "127.0.0.1", 0)
        lifecycle = Lifecycle()
        stack.push_async_callback(pool.close)
        stack.push_async_callback(lifecycle.stop, 10)
        parts: list[Part] = [lanes, relay, *effects, consumer, commands, http]
        for part in parts:
            await lifecycle.start(part)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{http.port}"))
        yield World(mail, contacts, servers.kafka, kafka_prefix, producer, client, pool)


async def test_a_customer_is_told_receipt_and_decision_and_everybody_may_know_that(world: World) -> None:
    case = new_id()
    await world.publish(
        case,
        on.opened(customer_ref=LUCIA),
        on.promised(PromiseKind.FIRST_ANSWER),
        on.classified(Category.TECHNICAL_FAULT),
        on.assessed(Window.TRIAL),
        on.replacement(),
    )
    receipt, decision = await world.mail.holds(2)
    assert receipt["Subject"] == "Hemos recibido su caso C-482910-7"
    assert decision["Subject"] == "Le enviamos una unidad nueva (caso C-482910-7)"
    first, second = await world.said(case, 2)
    assert isinstance(first, NotificationSent)
    assert isinstance(second, NotificationSent)
    assert (first.template, second.template) == ("receipt", "replacement")
    assert first.language is Language.ES
    shown = await world.messages(case)
    assert [(one["template"], one["status"]) for one in shown] == [
        ("receipt", "sent"),
        ("replacement", "sent"),
    ]
    assert shown[0]["cause"] == str(first.cause)


async def test_the_safety_notice_overtakes_a_message_that_the_mail_server_does_not_take(world: World) -> None:
    case = new_id()
    world.mail.answers = ["451 try again later"] * 3
    await world.publish(case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER))
    await until(lambda: bool(world.mail.attempted), 20)
    world.mail.answers = []
    await world.pool.execute("UPDATE effects SET due_at = due_at + interval '1 hour'")
    await world.publish(case, on.added(True))
    [notice] = await world.mail.holds(1)
    assert notice["Subject"].startswith("Importante: deje de usar el producto")


async def test_a_message_refused_for_now_arrives_once_under_its_first_id(world: World) -> None:
    case = new_id()
    world.mail.answers = ["451 try again later", "451 try again later"]
    await world.publish(case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER))
    await world.said(case, 1)
    assert len(world.mail.inbox) == 1
    assert len(world.mail.attempted) == 3
    assert len(set(world.mail.attempted)) == 1


async def test_an_unreachable_customer_is_said_to_be_and_the_next_message_is_tried(
    world: World,
) -> None:
    case = new_id()
    world.contacts.contacts[LUCIA]["email"] = "gone@example.com"
    world.mail.refused_recipients["gone@example.com"] = "550 no such user"
    await world.publish(case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER))
    [failed] = await world.said(case, 1)
    assert isinstance(failed, NotificationFailed)
    assert (failed.template, failed.reason, failed.attempts) == ("receipt", "address_refused", 1)
    world.mail.refused_recipients.clear()
    await world.publish(case, on.repair())
    [mail] = await world.mail.holds(1)
    assert mail["Subject"].startswith("Su reparación está autorizada")
    assert [one["status"] for one in await world.messages(case)] == ["failed", "sent"]


async def test_while_intake_is_away_messages_wait_and_then_arrive_in_their_order(world: World) -> None:
    case = new_id()
    world.contacts.broken = True
    await world.publish(
        case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER), on.repair()
    )
    await until(lambda: bool(world.contacts.asked), 20)
    world.contacts.broken = False
    subjects = [mail["Subject"][:15] for mail in await world.mail.holds(2)]
    assert subjects == ["Hemos recibido ", "Su reparación e"]


async def test_the_staffs_door_needs_the_service_token(world: World) -> None:
    answer = await world.http.get(f"/v1/cases/{new_id()}/messages")
    assert answer.status_code == 401


async def test_nothing_that_names_a_customer_is_kept(world: World) -> None:
    case = new_id()
    await world.publish(case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER))
    await world.mail.holds(1)
    await world.said(case, 1)
    for table in ("aggregates", "events", "effects", "messages"):
        rows = await world.pool.fetch(f"SELECT * FROM {table}")  # noqa: S608 - names above
        assert "lucía" not in str(rows).lower()
        assert "example.com" not in str(rows)
