"""Who has the case and until when: receipt, progress, apology."""

from typing import Any

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseEscalated,
    CaseReopened,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
)
from ciclo_schemas.values import Party, PartyKind
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import BrokenPromise, Conversation
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell


@of_known_case
def case_classified(state: Conversation, event: CaseClassified, _given: Given) -> Telling:
    """The category decides how an assessment of the coverage is told."""
    return Decision(state.model_copy(update={"category": event.category}))


@of_known_case
def case_assigned(state: Conversation, event: CaseAssigned, _given: Given) -> Telling:
    """Who has the case, and why."""
    return Decision(state.model_copy(update={"owner": event.owner, "owner_reason": event.reason}))


@of_known_case
def case_escalated(state: Conversation, event: CaseEscalated, _given: Given) -> Telling:
    """The service point has the case now; the message about the authorised repair says so."""
    owner = Party(kind=PartyKind.SERVICE_POINT, id=event.service_point)
    return Decision(state.model_copy(update={"owner": owner, "owner_reason": None}))


@of_known_case
def case_reopened(state: Conversation, event: CaseReopened, _given: Given) -> Telling:
    """A word after the end: the message about the next promise says who goes on."""
    return Decision(state.model_copy(update={"owner": event.owner, "owner_reason": event.reason}))


@of_known_case
def promise_made(state: Conversation, event: PromiseMade, given: Given) -> Telling:
    """The first promise is the receipt, one after a broken promise the apology, a next step progress.

    Promises of a decision, a repair or a replacement are told with the decision itself; a next step with the
    same owner for the same reason is no news.
    """
    template = _template_of(state, event)
    told = Told(
        owner=event.owner,
        due=event.due,
        was_due=None if state.broken is None else state.broken.due,
        reasons=() if state.owner_reason is None else (state.owner_reason,),
        asked_for=state.asked_for,
        product_unit=state.product_unit,
        denied=state.denied,
    )
    changes: dict[str, Any] = {
        "promises": {**state.promises, event.promise_no: event.due},
        "owner": event.owner,
    }
    if template is None:
        return Decision(state.model_copy(update=changes))
    if template is not Template.RECEIPT:
        changes |= {"broken": None, "denied": False, "progress_told": (event.owner, state.owner_reason)}
    return tell(state.model_copy(update=changes), given, template, told)


def _template_of(state: Conversation, event: PromiseMade) -> Template | None:
    if state.broken is not None:
        return Template.APOLOGY
    if event.kind is PromiseKind.FIRST_ANSWER:
        return Template.RECEIPT
    is_news = state.denied or state.progress_told != (event.owner, state.owner_reason)
    return Template.PROGRESS if event.kind is PromiseKind.NEXT_STEP and is_news else None


@of_known_case
def promise_kept(state: Conversation, event: PromiseKept, _given: Given) -> Telling:
    """A kept promise needs no words of its own."""
    return Decision(state.model_copy(update={"promises": state.without_promise(event.promise_no)}))


@of_known_case
def promise_broken(state: Conversation, event: PromiseBroken, _given: Given) -> Telling:
    """We apologise with the new promise that routing makes in the same decision: it has the new date."""
    broken = state.broken or BrokenPromise(kind=event.kind, due=event.due)
    return Decision(
        state.model_copy(update={"promises": state.without_promise(event.promise_no), "broken": broken})
    )
