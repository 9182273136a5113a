"""What became of each promise (promesa) of a case: made, moved, in danger, kept or broken, and when."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ciclo_schemas import routing
from ciclo_schemas.values import Party
from services.intake.domain.timeline import Happened


class Fate(StrEnum):
    """What became of a promise; an open one is overdue once its date has passed."""

    OPEN = "open"
    OVERDUE = "overdue"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Move:
    """A promise got another date, and why."""

    at: datetime
    was_due: datetime
    due: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PromiseStory:
    """A promise since it was made; `due` is the date that holds now, `at_risk` when it was in danger."""

    promise_no: int
    kind: routing.PromiseKind
    owner: Party
    made_at: datetime
    due: datetime
    fate: Fate = Fate.OPEN
    settled_at: datetime | None = None
    kept_by: str | None = None
    moves: tuple[Move, ...] = ()
    at_risk: tuple[datetime, ...] = ()


def promise_stories(timeline: Iterable[Happened], now: datetime) -> list[PromiseStory]:
    """Every promise in the order of its number. News of a promise that was never made are passed over."""
    promises: dict[int, PromiseStory] = {}
    for happened in timeline:
        event, at = happened.event, happened.counted_at
        if isinstance(event, routing.PromiseMade):
            promises[event.promise_no] = PromiseStory(
                event.promise_no, event.kind, event.owner, at, event.due
            )
        elif isinstance(event, _NEWS) and event.promise_no in promises:
            promises[event.promise_no] = _after(promises[event.promise_no], event, at)
    return [_today(promises[number], now) for number in sorted(promises)]


_News = routing.PromiseKept | routing.PromiseBroken | routing.PromiseAtRisk | routing.PromiseRevised
_NEWS = (routing.PromiseKept, routing.PromiseBroken, routing.PromiseAtRisk, routing.PromiseRevised)


def _after(promise: PromiseStory, event: _News, at: datetime) -> PromiseStory:
    match event:
        case routing.PromiseKept():
            return replace(promise, fate=Fate.KEPT, settled_at=at, kept_by=event.kept_by)
        case routing.PromiseBroken():
            return replace(promise, fate=Fate.BROKEN, settled_at=at)
        case routing.PromiseAtRisk():
            return replace(promise, at_risk=(*promise.at_risk, at))
    move = Move(at, event.was_due, event.due, event.reason)
    return replace(promise, owner=event.owner, due=event.due, moves=(*promise.moves, move))


def _today(promise: PromiseStory, now: datetime) -> PromiseStory:
    late = promise.fate is Fate.OPEN and promise.due < now
    return replace(promise, fate=Fate.OVERDUE) if late else promise
