"""Promises whose dates come near or pass: in the same decision a person is named and makes a new promise."""

from collections.abc import Sequence

from ciclo_schemas.routing import PromiseKind, PromiseMade
from services.routing.domain import complaints, owners, promises, unknown, waits
from services.routing.domain.case import EDUCATION, FIRST_LINE
from services.routing.domain.promises import PromiseDue, RiskDue
from services.routing.domain.records import LivePromise
from services.routing.domain.turn import Turn


def break_overdue(turn: Turn) -> None:
    """Break every promise whose date has passed, name a person and promise the next step.

    Runs before every input, so that a promise is never called kept, or given a new date, after its date.
    """
    late = [promise for promise in turn.state.promises if promise.due <= turn.now]
    if not late:
        return
    for promise in late:
        promises.break_(turn, promise)
    waits.resume_for(turn, "promise_broken", *(promise.kind for promise in late))
    _name_person(turn, late)
    complaints.promise_again(turn, late)
    unknown.declare_again(turn, late)
    if not turn.said(PromiseMade):
        promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def promise_due(turn: Turn, due: PromiseDue) -> None:
    """A promise's date came. `break_overdue` has dealt with it, unless the clock was set back meanwhile."""
    for promise in turn.state.promises:
        if promise.no == due.promise_no:
            turn.set_timer(promise.due, due, promise.no)


def risk_due(turn: Turn, due: RiskDue) -> None:
    """Most of the time for a promise is gone: said before its date, so that nobody is surprised."""
    for promise in turn.state.promises:
        moment = turn.charter.risk_from(promise.kind, promise.due)
        if promise.no != due.promise_no or moment is None:
            continue
        if moment > turn.now:
            turn.set_timer(moment, due, promise.no)
        else:
            promises.endanger(turn, promise, "time_running_out")


def _name_person(turn: Turn, late: Sequence[LivePromise]) -> None:
    """Whoever broke a promise hands over to the person the charter names; a bystander keeps the case."""
    state = turn.state
    bystander = state.has_person and state.queue in (FIRST_LINE, EDUCATION)
    if bystander and all(promise.owner != state.owner for promise in late):
        owners.assign(turn, state.owner, state.queue, "promise_broken")
    else:
        owners.assign_named(turn, turn.charter.promise(late[-1].kind).when_broken, "promise_broken")
