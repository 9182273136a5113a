"""What became of a message: said aloud, so that a person can step in where it failed."""

from dataclasses import replace
from datetime import datetime

from ciclo_schemas.events import Event
from ciclo_schemas.notifications import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    SurveySent,
)
from services.chassis.decider import Decision, Given, Refusal
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import (
    Arrival,
    CustomerMessage,
    MessageFailed,
    MessageResult,
    MessageSent,
    MessageSuppressed,
    ReportDelivery,
    Status,
    Template,
    message_id,
)

BOUNCED = "bounced"
WITH_SURVEY = Template.CLOSED
UNKNOWN_MESSAGE = Refusal("unknown_message", "no message has this id", ("body.message_id",), 404)
NOT_SENT_YET = Refusal("not_seen_yet", "this service has not heard yet that the message was taken")
"""A provider may report before the answer of its own mail server was recorded."""


def message_sent(state: Conversation | None, result: MessageSent, given: Given) -> Decision[Conversation]:
    """The mail server took it; the last message of a case asks how it was."""
    sent = NotificationSent(
        template=result.template, cause=result.cause, language=result.language, sent_at=result.sent_at
    )
    survey = SurveySent(template=result.template, cause=result.cause, sent_at=result.sent_at)
    events: tuple[Event, ...] = (sent, survey) if result.template is WITH_SURVEY else (sent,)
    return Decision(state, events=events, rows=(_row(given, result, Status.SENT, None, result.sent_at),))


def message_failed(state: Conversation | None, result: MessageFailed, given: Given) -> Decision[Conversation]:
    """The customer does not know: routing gives the case to a person."""
    event = NotificationFailed(
        template=result.template, cause=result.cause, reason=result.reason, attempts=result.attempts
    )
    return Decision(
        state, events=(event,), rows=(_row(given, result, Status.FAILED, result.reason, given.now),)
    )


def message_suppressed(
    state: Conversation | None, result: MessageSuppressed, given: Given
) -> Decision[Conversation]:
    """Nobody is told, because nobody may be: the customer wished to be forgotten."""
    event = NotificationSuppressed(template=result.template, cause=result.cause, reason=result.reason)
    return Decision(
        state, events=(event,), rows=(_row(given, result, Status.SUPPRESSED, result.reason, given.now),)
    )


def delivery_reported(
    state: Conversation | None, report: ReportDelivery, given: Given
) -> Decision[Conversation]:
    """Say once that a message arrived, or that it came back, even after it seemed to have arrived."""
    message = given.facts.one(CustomerMessage, message_id=report.message_id)
    if message is None or message.case_id != given.subject:
        return Decision(state, refusal=UNKNOWN_MESSAGE)
    if message.status == Status.OWED:
        return Decision(state, refusal=NOT_SENT_YET)
    template, cause = message.template, message.cause
    if report.kind is Arrival.DELIVERED and message.status == Status.SENT:
        delivered = NotificationDelivered(template=template, cause=cause, delivered_at=report.at)
        row = replace(message, status=Status.DELIVERED, at=report.at)
        return Decision(state, events=(delivered,), rows=(row,))
    if report.kind is Arrival.BOUNCED and message.status in (Status.SENT, Status.DELIVERED):
        failed = NotificationFailed(template=template, cause=cause, reason=BOUNCED, attempts=1)
        row = replace(message, status=Status.FAILED, reason=report.reason or BOUNCED, at=report.at)
        return Decision(state, events=(failed,), rows=(row,))
    return Decision(state)


def _row(
    given: Given, result: MessageResult, status: Status, reason: str | None, at: datetime
) -> CustomerMessage:
    number = message_id(given.subject, result.cause, result.template)
    return CustomerMessage(
        given.subject, result.cause, result.template, number, status, result.language, reason=reason, at=at
    )
