"""How a customer is told something: as an effect, at most once per event and template."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from services.chassis.decider import Decision, Effect, Given
from services.notifications.domain.conversation import Asked, Conversation
from services.notifications.domain.message import (
    URGENT,
    CustomerMessage,
    SendMessage,
    Status,
    Template,
    Told,
    Topic,
    message_id,
)

E = TypeVar("E")
Telling = Decision[Conversation]
URGENT_ORDER = "urgent"

SAID_BY_THE_OTHER_CASE = frozenset(
    {Template.SOLVED, Template.REMINDER, Template.CLOSED, Template.CLOSED_UNCONFIRMED, Template.CANCELLED}
)
"""What a linked case shares with the one that goes on: told there, once."""


def of_known_case(handler: Callable[[Conversation, E, Given], Telling]) -> Callable[[Any, E, Given], Telling]:
    """A case whose opening we never heard (a baseline was taken after it) has no customer we could tell."""

    def handle(state: Conversation | None, event: E, given: Given) -> Telling:
        return Decision(None) if state is None else handler(state, event, given)

    return handle


def tell(
    state: Conversation,
    given: Given,
    template: Template,
    told: Told,
    *,
    about: UUID | None = None,
) -> Telling:
    """Owe the customer one message: at most one per event and template, for ever.

    It tells about the event at hand, or about an earlier one (`about`) that this event completes. Unless it
    is urgent, pending news go with it, and the answer to a complaint that no proposal took up goes before it.
    """
    if state.linked and template in SAID_BY_THE_OTHER_CASE:
        return Decision(state)
    if template in URGENT:
        return _owe(state, given, template, told, about or given.cause)
    news = tuple(code for code in state.news if code not in told.reasons)
    told = told.model_copy(update={"news": news})
    answer, state = state.answer, state.model_copy(update={"news": (), "answer": None})
    owed = _owe(state, given, template, told, about or given.cause)
    if answer is None:
        return owed
    first = _owe(state, given, Template.COMPLAINT_ANSWERED, answer.told, answer.cause)
    return replace(owed, effects=first.effects + owed.effects, rows=first.rows + owed.rows)


def _owe(state: Conversation, given: Given, template: Template, told: Told, cause: UUID) -> Telling:
    number = message_id(given.subject, cause, template)
    message = SendMessage(
        template=template,
        cause=cause,
        message_id=number,
        case_no=state.case_no,
        customer_ref=state.customer_ref,
        language=state.language,
        jurisdiction=state.jurisdiction,
        told=told,
    )
    row = CustomerMessage(
        given.subject, cause, template, number, Status.OWED, state.language, reason=None, at=given.now
    )
    order = URGENT_ORDER if template in URGENT else ""
    return Decision(state, effects=(Effect(message, key=str(number), order=order),), rows=(row,))


def ask(
    state: Conversation,
    given: Given,
    template: Template,
    told: Told,
    topic: Topic,
    *,
    about: UUID | None = None,
) -> Telling:
    """Tell something that the customer shall answer, and remember it: a reminder asks the same again."""
    told = told.model_copy(update={"about": topic})
    return tell(
        state.model_copy(update={"asked": Asked(topic=topic, told=told)}), given, template, told, about=about
    )


def with_news(state: Conversation, *codes: str) -> Telling:
    """Something happened that needs no message of its own: the next one begins with it."""
    return Decision(state.model_copy(update={"news": tuple(dict.fromkeys((*state.news, *codes)))}))


def warn_if_unsafe(state: Conversation, unsafe: bool, given: Given) -> Telling:
    """Tell the customer at once to stop using the product; waits for no other message of the case."""
    if not unsafe:
        return Decision(state)
    return tell(state, given, Template.SAFETY, Told(product_unit=state.product_unit))
