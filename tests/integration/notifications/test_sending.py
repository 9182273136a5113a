from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import parseaddr
from typing import Any
from uuid import UUID, uuid5

import pytest
from opentelemetry.trace import SpanKind

from ciclo_schemas.values import Language
from services.chassis.definition import EffectCall, Retry
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import new_traceparent
from services.chassis.telemetry.outside import telling
from services.chassis.telemetry.spans import Span
from services.notifications.domain.message import (
    MessageFailed,
    MessageSent,
    MessageSuppressed,
    SendMessage,
    Template,
    Told,
    Topic,
)
from services.notifications.runners import mail as mail_module
from services.notifications.runners.letters import Letters
from services.notifications.runners.sending import MessageSender
from services.notifications.settings import NotificationsSettings
from tests.integration.notifications.servers import LUCIA, SECRET, MailServer, Vault, mail_server, vault
from tests.support.running import TOKEN
from tests.support.waiting import until

LETTERS = Letters.load()
CASE = UUID("01930000-0000-7000-8000-000000000001")


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def contacts() -> AsyncIterator[Vault]:
    async with vault() as door:
        yield door


_made: list[MessageSender] = []


@pytest.fixture(autouse=True)
async def _closed(mail: MailServer, contacts: Vault) -> AsyncIterator[None]:
    yield
    while _made:
        await _made.pop().close()


def sender(mail: MailServer, contacts: Vault, **but: Any) -> MessageSender:
    settings = NotificationsSettings(
        database_url="postgresql://nobody@127.0.0.1/nothing",
        http_port=0,
        admin_port=0,
        intake_key=TOKEN,
        smtp_port=mail.port,
        smtp_from="Ciclo <care@ciclo.example>",
        intake_url=contacts.url,
        **{"smtp_timeout_seconds": 2, **but},
    )
    _made.append(MessageSender(settings, LETTERS))
    return _made[-1]


def call(
    key: str = "1",
    *,
    attempts: int = 0,
    customer: str = LUCIA,
    template: Template = Template.CLOSED,
    **but: Any,
) -> EffectCall:
    message = SendMessage(
        template=template,
        cause=UUID(int=7),
        message_id=uuid5(CASE, key),
        case_no="C-482910-7",
        customer_ref=customer,
        language=Language.EN,
        jurisdiction="ES",
        told=Told(),
    )
    data = message.model_copy(update=but)
    return EffectCall(subject=CASE, key=f"{CASE}/{key}", data=data, attempts=attempts, traceparent=None)


async def test_a_message_reaches_the_customer_in_the_language_the_vault_knows(
    mail: MailServer, contacts: Vault
) -> None:
    [result] = await sender(mail, contacts).run([call()])
    assert isinstance(result, MessageSent)
    assert (result.language, result.cause, result.template) == (Language.ES, UUID(int=7), Template.CLOSED)
    [letter] = mail.inbox
    assert letter["To"] == "Lucía Fernández <lucia@example.com>"
    assert letter["From"] == "Ciclo <care@ciclo.example>"
    assert letter["Subject"] == "Gracias por confirmarlo: cerramos su caso C-482910-7"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "es"
    text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "Hola, Lucía Fernández:" in text.get_content()
    assert "<p>Hola, Lucía Fernández:</p>" in html.get_content()


async def test_the_mail_leads_to_the_customers_own_page(mail: MailServer, contacts: Vault) -> None:
    await sender(mail, contacts).run([call(told=Told(about=Topic.SURVEY))])
    [letter] = mail.inbox
    text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    page = f"https://care.example/c/{SECRET}#survey"
    assert page in text.get_content().splitlines()
    assert f'<a href="{page}">Valorar</a>' in html.get_content()
    for header, value in letter.items():
        assert SECRET not in value, header


async def test_without_a_link_the_message_waits(mail: MailServer, contacts: Vault) -> None:
    contacts.linked = False
    assert await sender(mail, contacts).run([call()]) == [Retry("no_link")]
    assert mail.inbox == []


async def test_a_customer_who_was_erased_is_written_to_no_more(mail: MailServer, contacts: Vault) -> None:
    contacts.erased = [LUCIA]
    del contacts.contacts[LUCIA]
    [result] = await sender(mail, contacts).run([call()])
    assert isinstance(result, MessageSuppressed)
    assert result.reason == "erased"
    assert mail.inbox == []


async def test_a_message_refused_for_now_is_sent_later_under_the_same_id(
    mail: MailServer, contacts: Vault
) -> None:
    mail.answers = ["451 try again later"]
    post = sender(mail, contacts)
    assert await post.run([call()]) == [Retry("message_refused_451")]
    [result] = await post.run([call(attempts=1)])
    assert isinstance(result, MessageSent)
    assert len(mail.inbox) == 1
    first, second = mail.attempted
    assert first == second
    assert first.endswith("@ciclo.example>")


async def test_messages_of_one_case_have_ids_of_their_own_and_form_one_thread(
    mail: MailServer, contacts: Vault
) -> None:
    await sender(mail, contacts).run([call("1"), call("2")])
    one, other = mail.inbox
    assert one["Message-ID"] != other["Message-ID"]
    assert one["References"] == other["References"] == f"<{CASE}@ciclo.example>"


async def test_a_message_refused_for_good_fails_and_holds_up_no_other(
    mail: MailServer, contacts: Vault
) -> None:
    contacts.contacts["cus_gone"] = {"name": "Tom", "email": "gone@example.com", "language": "en"}
    mail.refused_recipients["gone@example.com"] = "550 no such user"
    results = await sender(mail, contacts, smtp_connections=1).run(
        [call("1", customer="cus_gone", attempts=2), call("2")]
    )
    failed, sent = results
    assert isinstance(failed, MessageFailed)
    assert (failed.reason, failed.attempts) == ("address_refused", 3)
    assert isinstance(sent, MessageSent)


async def test_content_refused_for_good_fails(mail: MailServer, contacts: Vault) -> None:
    mail.answers = ["554 looks like spam"]
    [failed] = await sender(mail, contacts).run([call()])
    assert isinstance(failed, MessageFailed)
    assert failed.reason == "message_refused"


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (None, "no_address"),
        ({"name": "Ana", "email": None, "language": "es"}, "no_address"),
        ({"name": "Ana", "email": "", "language": "es"}, "no_address"),
        ({"name": "Ana", "email": "ana at example", "language": "es"}, "bad_address"),
        ({"name": "Ana", "email": "ana@example.com\nBcc: all@example.com"}, "bad_address"),
        ({"name": "Ana", "email": "ana@example.com, eva@example.com"}, "bad_address"),
    ],
)
async def test_a_customer_without_a_usable_address_is_said_to_be_not_reached(
    mail: MailServer, contacts: Vault, contact: dict[str, Any] | None, reason: str
) -> None:
    if contact is not None:
        contacts.contacts["cus_ana"] = contact
    [failed] = await sender(mail, contacts).run([call(customer="cus_ana")])
    assert isinstance(failed, MessageFailed)
    assert failed.reason == reason
    assert mail.inbox == []


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Ana\r\nBcc: all@example.com", "Hola:"),
        ("You won, visit http://bad.example", "Hola:"),
        ("visit bad.example", "Hola:"),
        ("  María José   Ruiz ", "Hola, María José Ruiz:"),
        ("Seán O'Brien-Núñez Jr.", "Hola, Seán O'Brien-Núñez Jr.:"),
        ("", "Hola:"),
    ],
)
async def test_a_name_can_only_be_a_name(mail: MailServer, contacts: Vault, name: str, greeted: str) -> None:
    contacts.contacts["cus_ana"] = {"name": name, "email": "ana@example.com", "language": "es"}
    await sender(mail, contacts).run([call(customer="cus_ana")])
    [letter] = mail.inbox
    text = letter.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines()[0] == greeted
    assert parseaddr(letter["To"])[1] == "ana@example.com"
    assert letter["Bcc"] is None


async def test_while_the_vault_is_away_everything_waits(mail: MailServer, contacts: Vault) -> None:
    contacts.broken = True
    assert await sender(mail, contacts).run([call("1"), call("2")]) == [Retry("vault_answered_503")] * 2
    away = sender(mail, Vault(url="http://127.0.0.1:9"))
    assert await away.run([call()]) == [Retry("vault_unreachable")]
    assert mail.inbox == []


async def test_while_the_mail_server_is_away_everything_waits(contacts: Vault) -> None:
    post = sender(MailServer(port=9), contacts)
    assert await post.run([call("1"), call("2")]) == [Retry("mail_server_unreachable")] * 2


async def test_a_mail_server_that_hangs_is_left_in_time(mail: MailServer, contacts: Vault) -> None:
    mail.hangs = True
    [result] = await sender(mail, contacts, smtp_timeout_seconds=0.3).run([call()])
    assert result == Retry("mail_server_too_slow")


async def test_a_lost_connection_is_opened_again(mail: MailServer, contacts: Vault) -> None:
    mail.answers = ["421 closing"]
    post = sender(mail, contacts, smtp_connections=1)
    first, second = await post.run([call("1"), call("2")])
    assert isinstance(first, Retry)
    assert isinstance(second, MessageSent)


async def test_a_batch_asks_the_vault_once_and_shares_connections(mail: MailServer, contacts: Vault) -> None:
    calls = [call(str(number)) for number in range(40)]
    results = await sender(mail, contacts, smtp_connections=2).run(calls)
    assert all(isinstance(result, MessageSent) for result in results)
    assert len(mail.inbox) == 40
    assert contacts.asked == [[LUCIA]]
    assert mail.connections == 2


async def test_what_comes_soon_after_goes_through_the_same_connection_and_an_idle_one_is_left(
    mail: MailServer, contacts: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = sender(mail, contacts)
    await post.run([call("1")])
    monkeypatch.setattr(mail_module, "KEPT_SECONDS", 0.05)
    await post.run([call("2")])
    assert (len(mail.inbox), mail.connections, mail.goodbyes) == (2, 1, 0)
    await until(lambda: mail.goodbyes == 1)
    await post.run([call("3")])
    assert (len(mail.inbox), mail.connections) == (3, 2)


async def test_safety_notices_of_a_batch_go_first(mail: MailServer, contacts: Vault) -> None:
    calls = [call("1"), call("2"), call("3", template=Template.SAFETY)]
    await sender(mail, contacts, smtp_connections=1).run(calls)
    assert mail.inbox[0]["Subject"].startswith("Importante")


async def test_after_the_last_attempt_the_message_is_said_to_have_failed(
    mail: MailServer, contacts: Vault
) -> None:
    failed = sender(mail, contacts).give_up(call(attempts=50), "mail_server_unreachable")
    assert isinstance(failed, MessageFailed)
    assert failed.reason == "mail_server_unreachable"


async def test_contact_data_is_never_logged(
    mail: MailServer, contacts: Vault, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    mail.answers = ["554 lucia@example.com looks like spam"]
    # A receipt without owner and date cannot be written: that is logged, without the customer's data.
    await sender(mail, contacts).run([call("1"), call("2", template=Template.RECEIPT)])
    printed = capsys.readouterr()
    everything = printed.out + printed.err + caplog.text
    assert "letter_not_written" in everything
    assert SECRET not in everything
    assert "lucia" not in everything.lower()
    assert "fernández" not in everything.lower()


async def test_the_hand_over_of_a_mail_is_told_by_its_call_and_never_to_whom(
    mail: MailServer, contacts: Vault
) -> None:
    sent, failed = (Span("effect", SpanKind.INTERNAL, new_traceparent(), None, 1, 0) for _ in range(2))
    with telling({span.traceparent: span for span in (sent, failed)}):
        await sender(mail, contacts).run([replace(call("1"), traceparent=sent.traceparent)])
        mail.answers = ["550 5.7.1 not wanted"]
        await sender(mail, contacts).run([replace(call("2"), traceparent=failed.traceparent)])
    assert sent.kind is SpanKind.CLIENT
    assert 1 < sent.start <= sent.end
    assert sent.attributes == {
        semconv.SERVER_ADDRESS: "127.0.0.1",
        semconv.SERVER_PORT: mail.port,
        semconv.PROTOCOL: "smtp",
    }
    assert (sent.error, failed.error) == (None, "message_refused")
