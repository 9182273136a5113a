"""Dates that pass: in the same decision a person is named and makes a new promise.

Silence never counts as solved: a question "is it solved?" that nobody answers closes the case as unconfirmed.
"""

from collections.abc import Sequence

from ciclo_schemas.routing import ClosedAs, PromiseKind
from services.routing.domain import owners, promises, resolution, waits
from services.routing.domain.case import FIRST_LINE, LivePromise, Purpose
from services.routing.domain.promises import PromiseDue
from services.routing.domain.turn import Turn
from services.routing.domain.waits import ConfirmationDue, WaitDue


def break_overdue(turn: Turn) -> None:
    """Break every promise whose date has passed, name a person and promise the next step.

    Runs before every input, so that a promise is never called kept after its date.
    """
    late = [promise for promise in turn.state.promises if promise.due <= turn.now]
    if not late:
        return
    for promise in late:
        promises.break_(turn, promise)
    if any(promise.kind in (PromiseKind.REPLACEMENT, PromiseKind.REPAIR) for promise in late):
        waits.resume(turn, "promise_broken")
    _name_person(turn, late)
    promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def promise_due(turn: Turn, due: PromiseDue) -> None:
    """A promise's date came. `break_overdue` has dealt with it, unless the clock was set back meanwhile."""
    for promise in turn.state.promises:
        if promise.no == due.promise_no:
            turn.set_timer(promise.due, due, promise.no)


def wait_due(turn: Turn, due: WaitDue) -> None:
    """The customer did not answer a question: a person takes over and promises the next step."""
    wait = turn.state.wait
    if wait is None or wait.no != due.wait_no:
        return
    if wait.deadline > turn.now:
        turn.set_timer(wait.deadline, due, wait.no)
        return
    waits.resume(turn, "deadline_passed")
    person = turn.state.person or turn.charter.customer_wait(wait.purpose).when_passed
    owners.assign(turn, owners.agent(person), FIRST_LINE, "wait_passed")
    promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def confirmation_due(turn: Turn, due: ConfirmationDue) -> None:
    """The customer kept silent: the case ends, but not as solved."""
    wait = turn.state.wait
    if wait is None or wait.purpose is not Purpose.CONFIRMATION or due.proposal_no != turn.state.proposals:
        return
    if wait.deadline > turn.now:
        turn.set_timer(wait.deadline, due, due.proposal_no)
        return
    resolution.close(turn, ClosedAs.UNCONFIRMED, "no_answer")


def _name_person(turn: Turn, late: Sequence[LivePromise]) -> None:
    """Whoever broke a promise hands over to the person the charter names; a bystander keeps the case."""
    state = turn.state
    bystander = state.has_person and state.queue == FIRST_LINE
    if bystander and all(promise.owner != state.owner for promise in late):
        owners.assign(turn, state.owner, FIRST_LINE, "promise_broken")
    else:
        owners.assign_named(turn, turn.charter.promise(late[-1].kind).when_broken, "promise_broken")
