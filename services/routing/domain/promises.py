"""Promises (promesas): made with an owner and a date, then kept in time or broken, never forgotten.

What happens when one breaks is in `deadlines`.
"""

from datetime import datetime

from ciclo_schemas.routing import PromiseBroken, PromiseKept, PromiseKind, PromiseMade
from ciclo_schemas.values import Code, Party
from services.chassis.decider import Message
from services.routing.domain.case import LivePromise
from services.routing.domain.rows import promise_row
from services.routing.domain.turn import Turn

ANSWERS = (PromiseKind.FIRST_ANSWER, PromiseKind.DECISION, PromiseKind.NEXT_STEP)
"""What the house owes in words; the other kinds are owed in goods."""


class PromiseDue(Message):
    """A promise's date came."""

    promise_no: int


def make(turn: Turn, kind: PromiseKind, owner: Party, due: datetime | None = None) -> None:
    """Promise something; without `due` the charter says by when."""
    number = turn.state.promises_made + 1
    when = due or turn.charter.due(kind, turn.now)
    promise = LivePromise(no=number, kind=kind, owner=owner, due=when, made_at=turn.now)
    turn.change(promises=(*turn.state.promises, promise), promises_made=number)
    turn.say(PromiseMade(promise_no=number, kind=kind, owner=owner, due=when))
    turn.set_timer(when, PromiseDue(promise_no=number), number)
    turn.keep_row(promise_row(turn.case_id, promise))


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


def owe_next_step(turn: Turn) -> None:
    """The owner promises the next step, unless one is promised already."""
    if not turn.state.promised(PromiseKind.NEXT_STEP):
        make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def ensure(turn: Turn) -> None:
    """See that somebody owes the customer something: promise a next step where nothing is owed."""
    if not turn.state.promises and turn.state.wait is None:
        make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def _settle(turn: Turn, settled: LivePromise) -> None:
    turn.change(promises=tuple(promise for promise in turn.state.promises if promise.no != settled.no))
    turn.cancel_timer(PromiseDue, settled.no)
