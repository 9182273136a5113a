"""What the customer said: the conversation begins; a safety word is answered at once."""

from ciclo_schemas.cases import (
    CaseHumanRequested,
    CaseInformationReceived,
    CaseOpened,
    CaseResolutionDenied,
)
from services.chassis.decider import Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.telling import Telling, of_known_case, warn_if_unsafe


def case_opened(_state: Conversation | None, event: CaseOpened, given: Given) -> Telling:
    """The conversation begins. The receipt follows routing's first promise, which has an owner and a date."""
    state = Conversation(
        case_no=event.case_no,
        customer_ref=event.customer_ref,
        language=event.language,
        jurisdiction=event.jurisdiction,
        asked_for=event.asked_for,
        product_unit=event.facts.product_unit,
    )
    return warn_if_unsafe(state, event.safety_flag, given)


@of_known_case
def information_received(state: Conversation, event: CaseInformationReceived, given: Given) -> Telling:
    """Facts complete the picture; a safety word is answered at once."""
    unit = event.facts.product_unit or state.product_unit
    return warn_if_unsafe(state.model_copy(update={"product_unit": unit}), event.safety_flag, given)


@of_known_case
def human_requested(state: Conversation, event: CaseHumanRequested, given: Given) -> Telling:
    """Routing names a person; here only a safety word matters."""
    return warn_if_unsafe(state, event.safety_flag, given)


@of_known_case
def resolution_denied(state: Conversation, event: CaseResolutionDenied, given: Given) -> Telling:
    """Not solved: the message about the next promise will say so."""
    return warn_if_unsafe(state.model_copy(update={"denied": True}), event.safety_flag, given)
