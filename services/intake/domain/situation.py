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


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to the customer and what became of it."""

    promise_no: int
    kind: routing.PromiseKind
    due: datetime
    state: str = OPEN


@dataclass(frozen=True, slots=True)
class Situation:
    """What the customer is told now. `step` is the last step of a remedy, by the event's short name."""

    facts: Facts = field(default_factory=Facts)
    owner: Party | None = None
    wait: routing.CaseHeld | None = None
    asked: routing.InformationRequested | None = None
    assessed: warranty.CoverageAssessed | None = None
    chosen: RemedyKind | None = None
    step: str | None = None
    promises: Mapping[int, Promise] = field(default_factory=dict)
    proposal_no: int | None = None
    closed: routing.CaseClosed | None = None


def situation(timeline: Iterable[Happened]) -> Situation:
    """Fold a timeline, oldest event first."""
    current = Situation()
    for happened in timeline:
        change = _CHANGES.get(type(happened.event))
        if change is not None:
            current = change(current, happened.event)
    return current


def _opened(now: Situation, event: cases.CaseOpened) -> Situation:
    return replace(now, facts=event.facts)


def _informed(now: Situation, event: cases.CaseInformationReceived) -> Situation:
    facts = now.facts.model_copy(update=event.facts.model_dump(exclude_none=True))
    still_asked = now.asked if now.asked is not None and "remedy" in now.asked.missing else None
    return replace(now, facts=facts, asked=still_asked)


def _chose(now: Situation, event: cases.CaseRemedyChosen) -> Situation:
    return replace(now, chosen=event.remedy, asked=None)


def _answered(now: Situation, _event: Event) -> Situation:
    return replace(now, proposal_no=None)


def _denied(now: Situation, _event: cases.CaseResolutionDenied) -> Situation:
    return replace(now, proposal_no=None, step=None)


def _assigned(now: Situation, event: routing.CaseAssigned) -> Situation:
    return replace(now, owner=event.owner)


def _escalated(now: Situation, event: routing.CaseEscalated) -> Situation:
    return replace(now, owner=Party(kind=PartyKind.SERVICE_POINT, id=event.service_point))


def _held(now: Situation, event: routing.CaseHeld) -> Situation:
    return replace(now, wait=event)


def _resumed(now: Situation, event: routing.CaseResumed) -> Situation:
    over = now.wait is not None and now.wait.wait == event.wait
    asked = None if event.wait == WaitName.CUSTOMER else now.asked
    return replace(now, wait=None if over else now.wait, asked=asked)


def _asked(now: Situation, event: routing.InformationRequested) -> Situation:
    return replace(now, asked=event)


def _assessed(now: Situation, event: warranty.CoverageAssessed) -> Situation:
    return replace(now, assessed=event, chosen=None)


def _stepped(now: Situation, event: Event) -> Situation:
    return replace(now, step=short_name(type(event)))


def _item_received(now: Situation, event: warranty.ItemReceived) -> Situation:
    return _stepped(now, event) if event.at == warranty.Place.WORKSHOP else now


def _promised(now: Situation, event: routing.PromiseMade) -> Situation:
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
    return replace(now, proposal_no=event.proposal_no)


def _closed(now: Situation, event: routing.CaseClosed) -> Situation:
    return replace(now, closed=event)


def _reopened(now: Situation, event: routing.CaseReopened) -> Situation:
    return replace(now, closed=None, step=None, owner=event.owner)


_CHANGES: dict[type[Event], Callable[[Situation, Any], Situation]] = {
    cases.CaseOpened: _opened,
    cases.CaseInformationReceived: _informed,
    cases.CaseRemedyChosen: _chose,
    cases.CaseResolutionConfirmed: _answered,
    cases.CaseResolutionDenied: _denied,
    routing.CaseAssigned: _assigned,
    routing.CaseEscalated: _escalated,
    routing.CaseHeld: _held,
    routing.CaseResumed: _resumed,
    routing.InformationRequested: _asked,
    routing.PromiseMade: _promised,
    routing.PromiseKept: _kept,
    routing.PromiseBroken: _broken,
    routing.ResolutionProposed: _proposed,
    routing.CaseClosed: _closed,
    routing.CaseReopened: _reopened,
    warranty.CoverageAssessed: _assessed,
    warranty.ReplacementApproved: _stepped,
    warranty.ReplacementShipped: _stepped,
    warranty.ReplacementDelivered: _stepped,
    warranty.RepairAuthorized: _stepped,
    warranty.RepairCompleted: _stepped,
    warranty.RepairFailed: _stepped,
    warranty.ItemReceived: _item_received,
}
