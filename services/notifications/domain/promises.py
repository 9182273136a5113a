"""Who has the case and until when: receipt, progress, apology, another date."""

from typing import Any

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseEscalated,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseRevised,
)
from ciclo_schemas.values import Party, PartyKind
from services.chassis.decider import Decision, Given
from services.notifications.domain.conversation import BESIDE, Conversation, Promised
from services.notifications.domain.message import Template, Told
from services.notifications.domain.telling import Telling, of_known_case, tell

OF_ROUTING = "unknown_resolved"
"""News of the service that also makes the promises: the promise was made after them."""
TOLD_WITH_ITS_DATE = frozenset({"parcel_lost", "replacement.lost", "repair.rescheduled"})
IN_GOODS = frozenset({PromiseKind.REPLACEMENT, PromiseKind.REPAIR, PromiseKind.REFUND})


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
def promise_made(state: Conversation, event: PromiseMade, given: Given) -> Telling:
    """The first promise is the receipt, one after a broken promise the apology, a next step progress.

    Promises of a decision, a remedy, a quote or a complaint's answer are told with what they are about; a
    next step with the same owner for the same reason is no news. News that waited are told with a next step,
    too; not with those others, which a service that was behind may have made before the news.
    """
    template = _template_of(state, event)
    broken = state.broken
    told = Told(
        owner=event.owner,
        due=event.due,
        was_due=None if broken is None else broken.due,
        promised=None if broken is None else broken.kind,
        reasons=() if state.owner_reason is None else (state.owner_reason,),
        asked_for=state.asked_for,
        product_unit=state.product_unit,
        denied=state.denied,
    )
    changes: dict[str, Any] = {
        "promises": {**state.promises, event.promise_no: Promised(kind=event.kind, due=event.due)},
    }
    if event.kind not in BESIDE:
        changes |= {"owner": event.owner, "linked": False}
    if template is None:
        return Decision(state.model_copy(update=changes))
    if template is Template.OUT_OF_GUARANTEE and state.coverage is not None:
        told = state.coverage.told(event.owner).model_copy(update={"due": event.due})
    if template is not Template.RECEIPT:
        changes |= {"broken": None, "denied": False, "reopened": False}
        changes["progress_told"] = (event.owner, state.owner_reason)
    return tell(state.model_copy(update=changes), given, template, told)


def _template_of(state: Conversation, event: PromiseMade) -> Template | None:
    if event.kind is PromiseKind.UPDATE:  # told with what we do not know yet
        return None
    if state.reopened:
        return Template.REOPENED
    if state.broken is not None:
        return Template.APOLOGY
    if event.kind is PromiseKind.FIRST_ANSWER:
        return Template.RECEIPT
    if event.kind is PromiseKind.NEXT_STEP and _is_news(state, event):
        return Template.OUT_OF_GUARANTEE if _is_out(state) else Template.PROGRESS
    return Template.PROGRESS if OF_ROUTING in state.news else None


def _is_news(state: Conversation, event: PromiseMade) -> bool:
    told = state.progress_told == (event.owner, state.owner_reason)
    return bool(state.news) or state.denied or not told


def _is_out(state: Conversation) -> bool:
    """Whether a person now explains what is left after the guarantee: the message says it plainly, too."""
    return state.owner_reason == "window_out" and state.coverage is not None


@of_known_case
def promise_kept(state: Conversation, event: PromiseKept, _given: Given) -> Telling:
    """A kept promise needs no words of its own."""
    return Decision(state.model_copy(update={"promises": state.without_promise(event.promise_no)}))


@of_known_case
def promise_broken(state: Conversation, event: PromiseBroken, _given: Given) -> Telling:
    """We apologise with the new promise that routing makes in the same decision: it has the new date."""
    broken = state.broken or Promised(kind=event.kind, due=event.due)
    return Decision(
        state.model_copy(update={"promises": state.without_promise(event.promise_no), "broken": broken})
    )


@of_known_case
def promise_at_risk(state: Conversation, event: PromiseAtRisk, given: Given) -> Telling:
    """Said before the date, not after; unless what endangers it was told just now, with the date."""
    if event.reason in TOLD_WITH_ITS_DATE:
        return Decision(state)
    told = Told(owner=state.owner, promised=event.kind, due=event.due, reasons=(event.reason,))
    return tell(state, given, Template.AT_RISK, told)


@of_known_case
def promise_revised(state: Conversation, event: PromiseRevised, given: Given) -> Telling:
    """Another date, before the old one passed; not again where the event behind it told the same date."""
    promises = {**state.promises, event.promise_no: Promised(kind=event.kind, due=event.due)}
    state = state.model_copy(update={"promises": promises})
    if event.due == state.arrival:
        return Decision(state)
    told = Told(
        owner=event.owner,
        promised=event.kind,
        was_due=event.was_due,
        due=event.due,
        reasons=(event.reason,),
    )
    changes = {"arrival": event.due} if event.kind in IN_GOODS else {}
    return tell(state.model_copy(update=changes), given, Template.REVISED, told)
