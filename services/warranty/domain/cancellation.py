"""Cancellation (anulación): the customer withdraws the case, and what is still in the house is taken back.

What was shipped, handed over to a workshop, done or paid cannot be taken back, and the answer says so. From
then on nothing new is given in the case, by choice, by default or by a new assessment, until routing reopens
it. A withdrawal of what one asked for needs no law: it takes no right away, the customer may ask again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ciclo_schemas.cases import CaseCancellationRequested
from ciclo_schemas.events import Event
from ciclo_schemas.routing import CaseCancelled, CaseClosed, CaseRejected, CaseReopened
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import CancellationAssessed, CannotCancel, QuoteRefused, RepairCancelled
from services.chassis.decider import CancelTimer, Decision, Given
from services.warranty.domain.answers import (
    CANCELLED,
    AssessAgain,
    ChoiceDue,
    Decided,
    Known,
    assess_now,
    publish,
)
from services.warranty.domain.cases import assess_again
from services.warranty.domain.choices import remedy_chosen
from services.warranty.domain.policies import Policies
from services.warranty.domain.quotes import OPEN, QuoteDue, QuoteEnds
from services.warranty.domain.records import Quote, Remedy
from services.warranty.domain.remedies import withdrawn
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.workshops import released


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One thing taken back: its code, its row, and the event that says so, if it has one."""

    what: str
    row: Remedy | Quote
    event: Event | None = None


def cancellation_requested(
    case: CaseRights | None, _request: CaseCancellationRequested, given: Given
) -> Decided:
    """Take back what can be, and answer, always; asked again, the same again.

    A refund has no event of its own for this: `taken_back` says it, and a payment reported later is refused.
    """
    if case is None:
        return Decision(case)
    remedies = given.facts.find(Remedy, case_id=given.subject)
    quotes = given.facts.find(Quote, case_id=given.subject)
    standing = tuple(_standing(remedies))
    stuck = tuple(
        CannotCancel(what=one.kind, reason=reason) for one in standing if (reason := why_not(one)) is not None
    )
    taken = [_take_back(one, given.now) for one in standing if why_not(one) is None]
    taken += [_quote_over(quote) for quote in quotes if quote.status in OPEN]
    codes = tuple(dict.fromkeys((*case.taken_back, *(one.what for one in taken))))
    answer = CancellationAssessed(taken_back=codes, cannot=stuck)
    timers = [CancelTimer(ChoiceDue)]
    for quote in quotes:
        timers += [CancelTimer(QuoteDue, key=quote.quote_no), CancelTimer(QuoteEnds, key=quote.quote_no)]
    return Decision(
        case.model_copy(update={"withdrawn": True, "taken_back": codes}),
        events=(*(one.event for one in taken if one.event is not None), answer),
        rows=(*(one.row for one in taken), *released([one.row for one in taken], given)),
        timers=tuple(timers),
    )


def ended(
    case: CaseRights | None, _event: CaseClosed | CaseCancelled | CaseRejected, _given: Given
) -> Decided:
    """Routing ended the case."""
    return Decision(None if case is None else case.model_copy(update={"ended": True}))


def reopened(policies: Policies, case: CaseRights | None, _event: CaseReopened, given: Given) -> Decided:
    """The customer spoke after the end: who had cancelled may be given something again.

    A unit that was registered after the end is found now.

    A choice that was made meanwhile is carried out. What was assessed meanwhile is assessed again, but
    nothing is given at once: the word may have been a mere thank-you, so in the trial a person asks first.
    """
    if case is None:
        return Decision(case)
    before = case
    changes = {"ended": False, "withdrawn": False, "taken_back": (), "held_choice": None}
    case = case.model_copy(update=changes)
    if before.held_choice is not None:
        return remedy_chosen(policies, case, before.held_choice, given)
    if not before.withdrawn:
        again = AssessAgain(product_unit=case.product_unit or "")
        return assess_again(policies, case, again, given)
    fresh = assess_now(policies, case, Known.about(case, given.facts), given)
    if case.assessment is None or fresh.says_the_same_as(case.assessment):
        return Decision(case)
    asks_first = fresh.window is Window.TRIAL and case.wants_defect_put_right
    return publish(policies, case, fresh.without_choice("choice_for_staff") if asks_first else fresh, given)


def why_not(remedy: Remedy) -> str | None:
    """Why a remedy can no longer be taken back; None if it can."""
    if remedy.kind == RemedyKind.REPAIR:
        if remedy.completed_at is not None:
            return "completed"
        return "at_workshop" if remedy.received_at is not None else None
    if remedy.kind == RemedyKind.REPLACEMENT:
        if remedy.delivered_at is not None:
            return "delivered"
        if remedy.left_the_house:
            return "shipped"
        # Taken back now, the customer would have neither the new unit nor his own.
        return "at_warehouse" if remedy.received_at is not None else None
    return "paid" if remedy.payment is not None else None


def call_off(repair: Remedy, reason: str, now: datetime) -> tuple[Remedy, RepairCancelled]:
    """A repair that will not be carried out."""
    if repair.repair_no is None:
        raise ValueError("a repair has a number")
    event = RepairCancelled(remedy_no=repair.remedy_no, repair_no=repair.repair_no, reason=reason)
    return replace(repair, in_force=False, called_off_at=now), event


def _standing(remedies: Iterable[Remedy]) -> Iterable[Remedy]:
    """The remedies of a case that stand: neither over without effect nor followed by another one."""
    of_case = tuple(remedies)
    followed = {remedy.supersedes for remedy in of_case}
    for remedy in of_case:
        over = remedy.called_off_at is not None or remedy.failed_at is not None
        if not over and remedy.remedy_no not in followed:
            yield remedy


def _take_back(remedy: Remedy, now: datetime) -> TakenBack:
    if remedy.kind == RemedyKind.REPAIR:
        called_off, cancelled = call_off(remedy, CANCELLED, now)
        return TakenBack(remedy.kind, called_off, cancelled)
    if remedy.kind == RemedyKind.REPLACEMENT:
        row, event = withdrawn(remedy, now, CANCELLED)
        return TakenBack(remedy.kind, row, event)
    return TakenBack(remedy.kind, replace(remedy, in_force=False, called_off_at=now))


def _quote_over(quote: Quote) -> TakenBack:
    refused = QuoteRefused(quote_no=quote.quote_no, reason=CANCELLED)
    return TakenBack(RemedyKind.QUOTE.value, replace(quote, status=CANCELLED), refused)
