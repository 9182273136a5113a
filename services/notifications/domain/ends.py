"""The end of a case: confirmed, without an answer, cancelled, or taken for spam."""

from ciclo_schemas.routing import CaseCancelled, CaseClosed, CaseRejected, ClosedAs
from ciclo_schemas.warranty import CancellationAssessed
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import Template, Told, Topic
from services.notifications.domain.telling import Telling, of_known_case, tell


@of_known_case
def case_closed(state: Conversation, event: CaseClosed, given: Given) -> Telling:
    """Thanks, and how it was; silence is never told as solved."""
    confirmed = event.closed_as is ClosedAs.CONFIRMED
    template = Template.CLOSED if confirmed else Template.CLOSED_UNCONFIRMED
    topic = Topic.SURVEY if confirmed else None if state.asked is None else state.asked.topic
    return tell(_ended(state), given, template, Told(owner=state.owner, reasons=(event.reason,), about=topic))


@of_known_case
def cancellation_assessed(state: Conversation, event: CancellationAssessed, given: Given) -> Telling:
    """What cannot be taken back, and why; where all could, the end of the case tells it."""
    state = state.model_copy(update={"news": ()})
    if not event.cannot:
        return Decision(state)
    told = Told(
        owner=state.owner,
        due=state.next_date,
        taken_back=event.taken_back,
        cannot=event.cannot,
        product_unit=state.product_unit,
    )
    return tell(state, given, Template.CANCELLATION, told)


@of_known_case
def case_cancelled(state: Conversation, event: CaseCancelled, given: Given) -> Telling:
    """As the customer wished, with what was taken back for it."""
    return tell(_ended(state), given, Template.CANCELLED, Told(taken_back=event.taken_back))


@of_known_case
def case_rejected(state: Conversation, event: CaseRejected, given: Given) -> Telling:
    """Taken for spam, and how to object."""
    told = Told(deadline=event.objection_until, reasons=(event.reason,))
    return tell(_ended(state), given, Template.REJECTED, told)


def _ended(state: Conversation) -> Conversation:
    return state.model_copy(
        update={"ended": True, "reopened": False, "question": None, "broken": None, "denied": False}
    )
