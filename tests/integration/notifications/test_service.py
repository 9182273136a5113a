from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from ciclo_schemas.events import Event
from ciclo_schemas.notifications import NotificationFailed, NotificationSent
from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Language, Window
from deploy.embedded import Servers
from services.chassis.ids import new_id
from services.notifications.app import definition
from services.notifications.routes import router
from services.notifications.settings import NotificationsSettings
from tests.conftest import NewDatabase
from tests.integration.notifications.servers import LUCIA, SECRET, MailServer, Vault, mail_server, vault
from tests.support.running import STAFF, Running, common
from tests.support.waiting import until
from tests.unit.notifications import events as on

SOURCES = {"ciclo.cases.v1": "intake", "ciclo.routing.v1": "routing", "ciclo.warranty.v1": "warranty"}


class World(Running):
    """Notifications as it runs, but for the names of its topics, and the world around it."""

    def __init__(self, settings: NotificationsSettings, mail: MailServer, contacts: Vault) -> None:
        super().__init__(definition(settings), settings, [router])
        self.mail = mail
        self.contacts = contacts

    async def publish(self, case: UUID, *events: Event) -> None:
        """Publish events about a case, each causally after all before."""
        for event in events:
            await self.tell(case, SOURCES[event.topic], event)

    async def messages(self, case: UUID) -> list[dict[str, Any]]:
        """What the staff's door shows."""
        answer = await self.http.get(f"/v1/cases/{case}/messages", headers=STAFF)
        assert answer.status_code == 200
        shown: list[dict[str, Any]] = answer.json()["messages"]
        return shown


@pytest.fixture
async def world(servers: Servers, database: NewDatabase) -> AsyncIterator[World]:
    url = await database("notifications")
    async with mail_server() as mail, vault() as contacts:
        settings = NotificationsSettings(
            **common(url, servers.kafka),
            smtp_port=mail.port,
            smtp_from="Ciclo <care@ciclo.example>",
            intake_url=contacts.url,
        )
        async with World(settings, mail, contacts) as running:
            yield running


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
    first, second = await world.says(case, 2)
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
    await world.says(case, 1)
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
    [failed] = await world.says(case, 1)
    assert isinstance(failed, NotificationFailed)
    assert (failed.template, failed.reason, failed.attempts) == ("receipt", "address_refused", 1)
    world.mail.refused_recipients.clear()
    await world.publish(case, on.repair())
    [mail] = await world.mail.holds(1)
    assert mail["Subject"].startswith("Su reparación está autorizada")
    await world.says(case, 2)
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


async def test_the_staffs_door_needs_a_key(world: World) -> None:
    answer = await world.http.get(f"/v1/cases/{new_id()}/messages")
    assert answer.status_code == 401


async def test_nothing_that_names_a_customer_is_kept(world: World) -> None:
    case = new_id()
    await world.publish(case, on.opened(customer_ref=LUCIA), on.promised(PromiseKind.FIRST_ANSWER))
    await world.mail.holds(1)
    await world.says(case, 1)
    for table in ("aggregates", "events", "effects", "messages"):
        rows = await world.pool.fetch(f"SELECT * FROM {table}")  # noqa: S608 - names above
        assert "lucía" not in str(rows).lower()
        assert "example.com" not in str(rows)
        assert SECRET not in str(rows)
