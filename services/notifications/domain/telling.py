"""How a customer is told something: as an effect, at most once per event and template."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from services.chassis.decider import Decision, Effect, Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import CustomerMessage, SendMessage, Status, Template, Told

E = TypeVar("E")
Telling = Decision[Conversation]
SAFETY_ORDER = "safety"


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
    order: str = "",
) -> Telling:
    """Owe the customer one message: at most one per event and template, for ever.

    It tells about the event at hand, or about an earlier one (`about`) that this event completes.
    """
    cause = about or given.cause
    message = SendMessage(
        template=template,
        cause=cause,
        case_no=state.case_no,
        customer_ref=state.customer_ref,
        language=state.language,
        jurisdiction=state.jurisdiction,
        told=told,
    )
    row = CustomerMessage(
        given.subject, cause, template, Status.OWED, state.language, reason=None, at=given.now
    )
    return Decision(state, effects=(Effect(message, key=template, order=order),), rows=(row,))


def warn_if_unsafe(state: Conversation, unsafe: bool, given: Given) -> Telling:
    """Tell the customer at once to stop using the product; waits for no other message of the case."""
    if not unsafe:
        return Decision(state)
    return tell(state, given, Template.SAFETY, Told(product_unit=state.product_unit), order=SAFETY_ORDER)
