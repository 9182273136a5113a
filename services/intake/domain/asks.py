"""What the customer can say now: what he is asked, and which of his words make sense as the case stands."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ciclo_schemas import cases, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.values import RemedyKind
from services.intake.domain.situation import Situation
from services.intake.domain.timeline import Happened

_DECIDED = (
    warranty.CoverageAssessed,
    warranty.CompensationDeclined,
    warranty.CancellationAssessed,
    routing.ComplaintAnswered,
    routing.CaseClosed,
    routing.CaseRejected,
)
_CHOICES = {"remedy", "quote"}


@dataclass(frozen=True, slots=True)
class Asks:
    """What is open between the customer and us.

    `remedy` is the choice he is asked to make, `other_remedy` one he may still make although nobody asks;
    `explained` is what a colleague wrote with the last question (a reference into the vault).
    """

    proposal_no: int | None = None
    remedy: warranty.CoverageAssessed | None = None
    other_remedy: warranty.CoverageAssessed | None = None
    quote: warranty.QuoteIssued | None = None
    missing: tuple[str, ...] = ()
    explained: str | None = None
    rejected: bool = False
    ended: bool = False
    decided: bool = False
    survey: bool = False
    score: int | None = None
    unsafe: bool = False


def asks(timeline: Iterable[Happened], now: Situation) -> Asks:
    """Fold a timeline, oldest event first; `now` is its situation."""
    current = Asks()
    for happened in timeline:
        current = _after(current, happened.event)
    if current.ended:
        return current
    asked = now.asked.missing if now.asked is not None else ()
    offer = now.assessed if now.assessed is not None and now.assessed.remedies_allowed else None
    choosing = offer is not None and "remedy" in asked
    undecided = now.chosen is None and now.proposal_no is None and current.quote is None
    missing = tuple(code for code in asked if code not in _CHOICES and getattr(now.facts, code, None) is None)
    questioned = now.proposal_no is not None or choosing or missing
    return replace(
        current,
        proposal_no=now.proposal_no,
        remedy=offer if choosing else None,
        other_remedy=_still(offer, now) if undecided and not choosing else None,
        missing=missing,
        explained=current.explained if questioned else None,
    )


def _still(offer: warranty.CoverageAssessed | None, now: Situation) -> warranty.CoverageAssessed | None:
    """What may still be chosen beside a remedy that was decided: nothing once it is on its way."""
    if offer is None or now.step is None:
        return offer
    others = tuple(kind for kind in offer.remedies_allowed if kind is not RemedyKind.REPLACEMENT)
    if now.step != "replacement.approved" or not others:
        return None
    return offer.model_copy(update={"remedies_allowed": others})


def _after(current: Asks, event: Event | None) -> Asks:
    if isinstance(event, _DECIDED):
        current = replace(current, decided=True)
    if _dangerous(event):
        current = replace(current, unsafe=True)
    match event:
        case warranty.QuoteIssued():
            return replace(current, quote=event)
        case (
            warranty.QuoteAccepted()
            | warranty.QuoteRefused()
            | warranty.QuoteExpired()
            | cases.CaseQuoteAnswered()
        ):
            return replace(current, quote=None)
        case routing.InformationRequested() | routing.ResolutionProposed():
            return replace(current, explained=event.text_ref)
        case routing.CaseClosed() | routing.CaseCancelled():
            return replace(current, ended=True, survey=True, explained=None)
        case routing.CaseRejected():
            return replace(current, ended=True, rejected=True, explained=None)
        case routing.CaseReopened():
            return replace(current, ended=False, rejected=False, survey=False)
        case cases.CaseSurveyAnswered():
            return replace(current, score=event.score)
    return current


def _dangerous(event: Event | None) -> bool:
    if isinstance(event, warranty.ContainmentNotified):
        return event.advice == "stop_using"
    return bool(getattr(event, "safety_flag", False))
