"""Complaints (reclamaciones) and what we give for our own fault (compensación)."""

from ciclo_schemas.routing import ComplaintAnswered, ComplaintRegistered
from ciclo_schemas.values import Category
from ciclo_schemas.warranty import CompensationDeclined, CompensationGranted
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import Answer, Conversation
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell


@of_known_case
def complaint_registered(state: Conversation, event: ComplaintRegistered, given: Given) -> Telling:
    """Its receipt: who answers it, until when, and which rule says so."""
    told = Told(owner=event.owner, due=event.answer_due, profile=event.profile)
    return tell(state, given, Template.COMPLAINT, told)


@of_known_case
def complaint_answered(state: Conversation, event: ComplaintAnswered, given: Given) -> Telling:
    """What was found, and why; the person's own words stand on the case's page.

    In a case about nothing else routing proposes it as the resolution, and both are told together.
    """
    told = Told(
        owner=event.answered_by,
        due=state.next_date,
        outcome=event.outcome,
        reasons=event.reasons,
        has_words=event.text_ref is not None,
    )
    about_nothing_else = state.category is Category.COMPLAINT and not state.remedies and not state.proposals
    if about_nothing_else and state.answer is None:
        return Decision(state.model_copy(update={"answer": Answer(cause=given.cause, told=told)}))
    return tell(state, given, Template.COMPLAINT_ANSWERED, told)


@of_known_case
def compensation_granted(state: Conversation, event: CompensationGranted, given: Given) -> Telling:
    """How much, and why; what the law gives remains as it is."""
    told = Told(owner=state.owner, due=state.next_date, price=event.amount, reasons=event.reasons)
    return tell(state, given, Template.COMPENSATION, told)


@of_known_case
def compensation_declined(state: Conversation, event: CompensationDeclined, given: Given) -> Telling:
    """None, and why not."""
    told = Told(owner=state.owner, due=state.next_date, reasons=(event.reason,))
    return tell(state, given, Template.COMPENSATION_DECLINED, told)
