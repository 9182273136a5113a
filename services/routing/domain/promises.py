"""Promises (promesas): made with an owner and a date, then kept in time or broken, never forgotten.

One that is in danger is said to be so before its date. What happens when one breaks is in `deadlines`.
"""

from datetime import datetime

from ciclo_schemas.routing import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseRevised,
)
from ciclo_schemas.values import Code, Party
from services.chassis.decider import Message
from services.routing.domain import compensation
from services.routing.domain.records import LivePromise
from services.routing.domain.rows import promise_row
from services.routing.domain.turn import Turn

ANSWERS = (PromiseKind.FIRST_ANSWER, PromiseKind.DECISION, PromiseKind.NEXT_STEP, PromiseKind.UPDATE)
"""What the house owes in words; the other kinds are owed in goods or to a matter of their own."""

OWED_APART = (PromiseKind.COMPLAINT_ANSWER, PromiseKind.CANCELLATION)
"""What is owed whatever becomes of the matter itself: only its own answer keeps it."""

OF_THE_MATTER = tuple(kind for kind in PromiseKind if kind not in OWED_APART)
"""What a solution, or the end of the matter, settles."""


class PromiseDue(Message):
    """A promise's date came."""

    promise_no: int


class RiskDue(Message):
    """A promise's date comes near and it is not kept yet."""

    promise_no: int


def make(turn: Turn, kind: PromiseKind, owner: Party, due: datetime | None = None) -> None:
    """Promise something; without `due` the charter says by when."""
    number = turn.state.promises_made + 1
    when = due or turn.charter.due(kind, turn.now)
    promise = LivePromise(no=number, kind=kind, owner=owner, due=when, made_at=turn.now)
    turn.change(promises=(*turn.state.promises, promise), promises_made=number)
    turn.say(PromiseMade(promise_no=number, kind=kind, owner=owner, due=when))
    _watch(turn, promise)


def keep(turn: Turn, kept_by: Code, *kinds: PromiseKind) -> None:
    """Keep the live promises of these kinds; there may be none."""
    for promise in turn.state.promised(*kinds):
        _settle(turn, promise)
        turn.say(PromiseKept(promise_no=promise.no, kind=promise.kind, kept_by=kept_by))
        turn.keep_row(promise_row(turn.case_id, promise, "kept", turn.now, kept_by))


def break_(turn: Turn, promise: LivePromise) -> None:
    """Say that a promise was not kept; the caller names a person and makes a new one."""
    _settle(turn, promise)
    turn.say(PromiseBroken(promise_no=promise.no, kind=promise.kind, due=promise.due))
    turn.keep_row(promise_row(turn.case_id, promise, "broken", turn.now))
    compensation.for_broken(turn, promise)


def endanger(turn: Turn, promise: LivePromise, reason: Code) -> None:
    """Say, once for each date, that a promise will probably not be kept."""
    if promise.at_risk:
        return
    _replace(turn, promise.model_copy(update={"at_risk": True}))
    turn.say(PromiseAtRisk(promise_no=promise.no, kind=promise.kind, due=promise.due, reason=reason))


def revise(turn: Turn, promise: LivePromise, due: datetime, reason: Code) -> None:
    """Give a live promise another date, while the old one has not passed."""
    revised = promise.model_copy(update={"due": due, "at_risk": False})
    _replace(turn, revised)
    turn.say(
        PromiseRevised(
            promise_no=promise.no,
            kind=promise.kind,
            owner=promise.owner,
            was_due=promise.due,
            due=due,
            reason=reason,
        )
    )
    _watch(turn, revised)


def owe_next_step(turn: Turn) -> None:
    """The owner promises the next step, unless one is promised already."""
    if not turn.state.promised(PromiseKind.NEXT_STEP):
        make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def ensure(turn: Turn) -> None:
    """See that somebody owes the customer something: promise a next step where nothing is owed."""
    if not turn.state.promises and turn.state.wait is None:
        make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def _watch(turn: Turn, promise: LivePromise) -> None:
    turn.set_timer(promise.due, PromiseDue(promise_no=promise.no), promise.no)
    risk = turn.charter.risk_from(promise.kind, promise.due)
    if risk is not None and risk > turn.now:
        turn.set_timer(risk, RiskDue(promise_no=promise.no), promise.no)
    turn.keep_row(promise_row(turn.case_id, promise))


def _replace(turn: Turn, changed: LivePromise) -> None:
    turn.change(
        promises=tuple(changed if promise.no == changed.no else promise for promise in turn.state.promises)
    )


def _settle(turn: Turn, settled: LivePromise) -> None:
    turn.change(promises=tuple(promise for promise in turn.state.promises if promise.no != settled.no))
    turn.cancel_timer(PromiseDue, settled.no)
    if turn.charter.risk_from(settled.kind, settled.due) is not None:
        turn.cancel_timer(RiskDue, settled.no)
