"""What the customer said: the conversation begins; a safety word is answered at once."""

from typing import Protocol

from ciclo_schemas.cases import CaseInformationReceived, CaseOpened, CaseResolutionDenied
from ciclo_schemas.warranty import ContainmentNotified
from services.chassis.decider import Given
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell, warn_if_unsafe


class Word(Protocol):
    """An event of intake that tells whether a safety word was heard at the door."""

    @property
    def safety_flag(self) -> bool:
        """Whether it was."""


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
def resolution_denied(state: Conversation, event: CaseResolutionDenied, given: Given) -> Telling:
    """Not solved: the message about the next promise will say so."""
    return warn_if_unsafe(state.model_copy(update={"denied": True}), event.safety_flag, given)


@of_known_case
def word_heard(state: Conversation, event: Word, given: Given) -> Telling:
    """Others answer it; here only a safety word matters."""
    return warn_if_unsafe(state, event.safety_flag, given)


@of_known_case
def containment_notified(state: Conversation, event: ContainmentNotified, given: Given) -> Telling:
    """The model or lot of the customer's unit is held back: what is wrong, and what to do now."""
    told = Told(
        owner=state.owner,
        due=state.next_date,
        product_unit=event.product_unit,
        hazard=event.cause,
        advice=event.advice,
    )
    return tell(state, given, Template.CONTAINMENT, told)
