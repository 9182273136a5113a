"""What became of a message: said aloud, so that a person can step in where it failed."""

from ciclo_schemas.notifications import NotificationFailed, NotificationSent
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import CustomerMessage, MessageFailed, MessageSent, Status


def message_sent(state: Conversation | None, result: MessageSent, given: Given) -> Decision[Conversation]:
    """The mail server took it."""
    event = NotificationSent(
        template=result.template, cause=result.cause, language=result.language, sent_at=result.sent_at
    )
    row = CustomerMessage(
        given.subject,
        result.cause,
        result.template,
        Status.SENT,
        result.language,
        reason=None,
        at=result.sent_at,
    )
    return Decision(state, events=(event,), rows=(row,))


def message_failed(state: Conversation | None, result: MessageFailed, given: Given) -> Decision[Conversation]:
    """The customer does not know: routing gives the case to a person."""
    event = NotificationFailed(
        template=result.template, cause=result.cause, reason=result.reason, attempts=result.attempts
    )
    row = CustomerMessage(
        given.subject,
        result.cause,
        result.template,
        Status.FAILED,
        result.language,
        reason=result.reason,
        at=given.now,
    )
    return Decision(state, events=(event,), rows=(row,))
