"""What became of a message is said, once, and recorded."""

from datetime import timedelta
from uuid import UUID

import pytest

from ciclo_schemas.notifications import NotificationFailed
from ciclo_schemas.routing import ClosedAs, PromiseKind
from services.chassis.decider import Origin
from services.notifications.domain.message import (
    Arrival,
    CustomerMessage,
    MessageFailed,
    MessageSent,
    MessageSuppressed,
    ReportDelivery,
    SendMessage,
)
from services.notifications.handlers import CONVERSATIONS
from services.notifications.store import TABLES
from tests.support.deciders import NOW, FactsOf, Story
from tests.unit.notifications import events as on

SOON = NOW + timedelta(minutes=1)


class Post:
    """One case with its receipt on the way."""

    def __init__(self) -> None:
        self.facts = FactsOf(TABLES)
        self.story = Story(CONVERSATIONS, self.facts)
        self.story.hears(on.opened())
        [effect] = self.story.hears(on.promised(PromiseKind.FIRST_ANSWER)).effects
        assert isinstance(effect.data, SendMessage)
        self.message = effect.data
        self.about = {"template": effect.data.template, "cause": effect.data.cause, "language": "es"}

    @property
    def row(self) -> CustomerMessage:
        """The record of the receipt."""
        [row] = self.facts.find(CustomerMessage)
        return row

    def sent(self) -> None:
        """The mail server takes it."""
        self.story.hears(MessageSent.model_validate(self.about | {"sent_at": NOW}))

    def reported(self, kind: Arrival, reason: str | None = None) -> str | None:
        """The provider reports; the code of the refusal, if there is one."""
        report = ReportDelivery(message_id=self.message.message_id, kind=kind, at=SOON, reason=reason)
        refusal = self.story.hears(report, origin=Origin.COMMAND).refusal
        return None if refusal is None else refusal.code


def test_a_message_is_recorded_from_the_decision_on() -> None:
    post = Post()
    assert (post.row.status, post.row.template, post.row.cause) == ("owed", "receipt", post.message.cause)
    assert post.row.message_id == post.message.message_id
    post.sent()
    assert (post.row.status, post.row.at, post.row.message_id) == ("sent", NOW, post.message.message_id)
    assert post.story.said() == ["notification.sent"]


def test_a_message_that_cannot_be_sent_is_said_to_have_failed() -> None:
    post = Post()
    post.story.hears(MessageFailed.model_validate(post.about | {"reason": "no_address", "attempts": 1}))
    assert (post.row.status, post.row.reason) == ("failed", "no_address")
    assert post.story.said() == ["notification.failed"]


def test_a_message_to_somebody_who_was_erased_is_said_to_be_suppressed() -> None:
    post = Post()
    post.story.hears(MessageSuppressed.model_validate(post.about | {"reason": "erased"}))
    assert (post.row.status, post.row.reason) == ("suppressed", "erased")
    assert post.story.said() == ["notification.suppressed"]


def test_an_arrival_is_said_once_however_often_it_is_reported() -> None:
    post = Post()
    post.sent()
    for _ in range(3):
        assert post.reported(Arrival.DELIVERED) is None
    assert post.story.said() == ["notification.sent", "notification.delivered"]
    assert (post.row.status, post.row.at) == ("delivered", SOON)


@pytest.mark.parametrize("before", [(), (Arrival.DELIVERED,)])
def test_a_mail_that_comes_back_is_said_once_even_after_it_seemed_to_have_arrived(
    before: tuple[Arrival, ...],
) -> None:
    post = Post()
    post.sent()
    for kind in (*before, Arrival.BOUNCED, Arrival.BOUNCED, Arrival.DELIVERED):
        post.reported(kind, "mailbox_full" if kind is Arrival.BOUNCED else None)
    [*_, failed] = post.story.published
    assert isinstance(failed, NotificationFailed)
    assert failed.reason == "bounced"
    assert post.story.said().count("notification.failed") == 1
    assert (post.row.status, post.row.reason) == ("failed", "mailbox_full")


def test_a_report_that_overtakes_our_own_record_is_asked_for_again() -> None:
    post = Post()
    assert post.reported(Arrival.DELIVERED) == "not_seen_yet"
    post.sent()
    assert post.reported(Arrival.DELIVERED) is None


def test_a_report_about_another_message_changes_nothing() -> None:
    post = Post()
    post.sent()
    report = ReportDelivery(message_id=UUID(int=5), kind=Arrival.DELIVERED, at=SOON)
    refusal = post.story.hears(report, origin=Origin.COMMAND).refusal
    assert refusal is not None
    assert refusal.code == "unknown_message"


def test_the_thanks_at_the_end_ask_how_it_was_and_that_is_said_too() -> None:
    post = Post()
    [effect] = post.story.hears(on.closed(ClosedAs.CONFIRMED)).effects
    assert isinstance(effect.data, SendMessage)
    thanks = {"template": effect.data.template, "cause": effect.data.cause, "language": "es", "sent_at": NOW}
    post.story.hears(MessageSent.model_validate(thanks))
    assert post.story.said() == ["notification.sent", "survey.sent"]
