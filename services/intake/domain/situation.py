"""Where a case stands, folded from its timeline."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ciclo_schemas import cases, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.values import Facts, Party, PartyKind, RemedyKind, WaitName
from services.intake.domain.sentences import short_name
from services.intake.domain.timeline import Happened

OPEN, KEPT, BROKEN = "open", "kept", "broken"
_CHOICES = frozenset({"remedy", "quote"})


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to the customer and what became of it."""

    promise_no: int
    kind: routing.PromiseKind
    due: datetime
    state: str = OPEN


@dataclass(frozen=True, slots=True)
class Situation:
    """What the customer is told now. `step` is the last step of the case, by its headline's name."""

    facts: Facts = field(default_factory=Facts)
    owner: Party | None = None
    wait: routing.CaseHeld | None = None
    asked: routing.InformationRequested | None = None
    assessed: warranty.CoverageAssessed | None = None
    chosen: RemedyKind | None = None
    step: str | None = None
    promises: Mapping[int, Promise] = field(default_factory=dict)
    proposal_no: int | None = None
    quote: warranty.QuoteIssued | None = None
    reminded: bool = False
    cancelling: bool = False
    linked: bool = False
    complaint_open: bool = False
    stop_using: bool = False
    closed: routing.CaseClosed | None = None
    cancelled: bool = False
    rejected: bool = False


def situation(timeline: Iterable[Happened]) -> Situation:
    """Fold a timeline, oldest event first."""
    current = Situation()
    for happened in timeline:
        event = happened.event
        change = None if event is None else _CHANGES.get(type(event))
        if change is not None:
            current = change(current, event)
    return current


def _opened(now: Situation, event: cases.CaseOpened) -> Situation:
    return replace(now, facts=event.facts)


def _informed(now: Situation, event: cases.CaseInformationReceived) -> Situation:
    facts = now.facts.model_copy(update=event.facts.model_dump(exclude_none=True))
    choosing = now.asked is not None and not _CHOICES.isdisjoint(now.asked.missing)
    if choosing:
        return replace(now, facts=facts)
    return replace(now, facts=facts, asked=None, reminded=False)


def _chose(now: Situation, event: cases.CaseRemedyChosen) -> Situation:
    return replace(now, chosen=event.remedy, asked=None, reminded=False)


def _quote_answered(now: Situation, _event: cases.CaseQuoteAnswered) -> Situation:
    return replace(now, quote=None, asked=None, reminded=False)


def _cancelling(now: Situation, _event: cases.CaseCancellationRequested) -> Situation:
    return replace(now, cancelling=True)


def _answered(now: Situation, _event: Event) -> Situation:
    return replace(now, proposal_no=None, reminded=False)


def _denied(now: Situation, _event: cases.CaseResolutionDenied) -> Situation:
    return replace(now, proposal_no=None, step=None, reminded=False)


def _assigned(now: Situation, event: routing.CaseAssigned) -> Situation:
    return replace(now, owner=event.owner)


def _handed_off(now: Situation, event: routing.CaseHandedOff) -> Situation:
    return replace(now, owner=event.to)


def _diverted(now: Situation, _event: routing.CaseDivertedToTraining) -> Situation:
    return replace(now, step="training")


def _unknown(now: Situation, event: routing.CaseUnknownDeclared) -> Situation:
    return replace(now, step="unknown", owner=event.owner)


def _known(now: Situation, _event: routing.CaseUnknownResolved) -> Situation:
    return replace(now, step=None if now.step == "unknown" else now.step)


def _linked(now: Situation, _event: routing.CaseLinked) -> Situation:
    return replace(now, linked=True)


def _reminded(now: Situation, _event: routing.CustomerReminded) -> Situation:
    return replace(now, reminded=True)


def _complained(now: Situation, _event: routing.ComplaintRegistered) -> Situation:
    return replace(now, complaint_open=True)


def _complaint_answered(now: Situation, _event: routing.ComplaintAnswered) -> Situation:
    return replace(now, complaint_open=False)


def _escalated(now: Situation, event: routing.CaseEscalated) -> Situation:
    return replace(now, owner=Party(kind=PartyKind.SERVICE_POINT, id=event.service_point))


def _held(now: Situation, event: routing.CaseHeld) -> Situation:
    return replace(now, wait=event)


def _resumed(now: Situation, event: routing.CaseResumed) -> Situation:
    over = now.wait is not None and now.wait.wait == event.wait
    wait = None if over else now.wait
    if event.wait == WaitName.CUSTOMER:
        return replace(now, wait=wait, asked=None, reminded=False)
    return replace(now, wait=wait, linked=now.linked and event.wait != WaitName.LINKED_CASE)


def _asked(now: Situation, event: routing.InformationRequested) -> Situation:
    return replace(now, asked=event, reminded=False)


def _assessed(now: Situation, event: warranty.CoverageAssessed) -> Situation:
    return replace(now, assessed=event, chosen=None)


def _quoted(now: Situation, event: warranty.QuoteIssued) -> Situation:
    return replace(now, quote=event)


def _quote_over(now: Situation, event: Event) -> Situation:
    accepted = isinstance(event, warranty.QuoteAccepted)
    return replace(now, quote=None, step="quote.accepted" if accepted else None)


def _withdrawn(now: Situation, _event: Event) -> Situation:
    return replace(now, step=None)


def _cancellation_assessed(now: Situation, _event: warranty.CancellationAssessed) -> Situation:
    return replace(now, cancelling=False)


def _contained(now: Situation, event: warranty.ContainmentNotified) -> Situation:
    return replace(now, stop_using=event.advice == "stop_using")


def _stepped(now: Situation, event: Event) -> Situation:
    return replace(now, step=short_name(type(event)))


def _item_received(now: Situation, event: warranty.ItemReceived) -> Situation:
    return _stepped(now, event) if event.at == warranty.Place.WORKSHOP else now


def _promised(now: Situation, event: routing.PromiseMade) -> Situation:
    promise = Promise(event.promise_no, event.kind, event.due)
    return replace(now, promises={**now.promises, event.promise_no: promise})


def _revised(now: Situation, event: routing.PromiseRevised) -> Situation:
    promise = Promise(event.promise_no, event.kind, event.due)
    return replace(now, promises={**now.promises, event.promise_no: promise})


def _promise_over(now: Situation, promise_no: int, state: str) -> Situation:
    promise = now.promises.get(promise_no)
    if promise is None:
        return now
    return replace(now, promises={**now.promises, promise_no: replace(promise, state=state)})


def _kept(now: Situation, event: routing.PromiseKept) -> Situation:
    return _promise_over(now, event.promise_no, KEPT)


def _broken(now: Situation, event: routing.PromiseBroken) -> Situation:
    return _promise_over(now, event.promise_no, BROKEN)


def _proposed(now: Situation, event: routing.ResolutionProposed) -> Situation:
    return replace(now, proposal_no=event.proposal_no, asked=None, reminded=False)


def _closed(now: Situation, event: routing.CaseClosed) -> Situation:
    return replace(now, closed=event)


def _cancelled(now: Situation, _event: routing.CaseCancelled) -> Situation:
    return replace(now, cancelled=True, cancelling=False)


def _rejected(now: Situation, _event: routing.CaseRejected) -> Situation:
    return replace(now, rejected=True)


def _reopened(now: Situation, event: routing.CaseReopened) -> Situation:
    reopened = replace(now, closed=None, cancelled=False, rejected=False, owner=event.owner)
    # What was waited for ended with the case, without a word.
    return replace(reopened, proposal_no=None, asked=None, step=None, wait=None)


_CHANGES: dict[type[Event], Callable[[Situation, Any], Situation]] = {
    cases.CaseOpened: _opened,
    cases.CaseInformationReceived: _informed,
    cases.CaseRemedyChosen: _chose,
    cases.CaseQuoteAnswered: _quote_answered,
    cases.CaseCancellationRequested: _cancelling,
    cases.CaseResolutionConfirmed: _answered,
    cases.CaseResolutionDenied: _denied,
    routing.CaseAssigned: _assigned,
    routing.CaseHandedOff: _handed_off,
    routing.CaseDivertedToTraining: _diverted,
    routing.CaseUnknownDeclared: _unknown,
    routing.CaseUnknownResolved: _known,
    routing.CaseLinked: _linked,
    routing.CustomerReminded: _reminded,
    routing.ComplaintRegistered: _complained,
    routing.ComplaintAnswered: _complaint_answered,
    routing.CaseEscalated: _escalated,
    routing.CaseHeld: _held,
    routing.CaseResumed: _resumed,
    routing.InformationRequested: _asked,
    routing.PromiseMade: _promised,
    routing.PromiseRevised: _revised,
    routing.PromiseKept: _kept,
    routing.PromiseBroken: _broken,
    routing.ResolutionProposed: _proposed,
    routing.CaseClosed: _closed,
    routing.CaseCancelled: _cancelled,
    routing.CaseRejected: _rejected,
    routing.CaseReopened: _reopened,
    warranty.CoverageAssessed: _assessed,
    warranty.ReplacementApproved: _stepped,
    warranty.ReplacementShipped: _stepped,
    warranty.ReplacementDelivered: _stepped,
    warranty.ReplacementLost: _stepped,
    warranty.ReplacementWithdrawn: _withdrawn,
    warranty.RefundApproved: _stepped,
    warranty.RefundPaid: _stepped,
    warranty.QuoteRequested: _stepped,
    warranty.QuoteIssued: _quoted,
    warranty.QuoteAccepted: _quote_over,
    warranty.QuoteRefused: _quote_over,
    warranty.QuoteExpired: _quote_over,
    warranty.CancellationAssessed: _cancellation_assessed,
    warranty.ContainmentNotified: _contained,
    warranty.RepairAuthorized: _stepped,
    warranty.RepairRefused: _stepped,
    warranty.RepairRescheduled: _stepped,
    warranty.RepairCancelled: _withdrawn,
    warranty.RepairCompleted: _stepped,
    warranty.RepairFailed: _stepped,
    warranty.ItemReceived: _item_received,
}
