"""Silence (silencio): who does not answer is reminded, then the case ends, but never as solved.

The house may not be silent itself: while a person still owes the customer a word, nothing is closed.
"""

from ciclo_schemas.routing import ClosedAs, CustomerReminded
from ciclo_schemas.values import WaitName
from services.routing.domain import owners, promises, resolution, waits
from services.routing.domain.case import ASSESSED, FIRST_LINE, CaseState
from services.routing.domain.records import Wait
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn
from services.routing.domain.waits import ReminderDue, WaitDue


def reminder_due(turn: Turn, due: ReminderDue) -> None:
    """The customer is asked once more, with the date until which his answer is waited for.

    Nobody is reminded of a date that has passed while this service was away: the wait ends next.
    """
    wait = turn.state.wait
    moment = waits.next_reminder(turn)
    if wait is None or wait.no != due.wait_no or moment is None or wait.answer_by <= turn.now:
        return
    if moment <= turn.now:
        n = wait.reminded + 1
        turn.change(wait=wait.model_copy(update={"reminded": n}))
        about = wait.purpose.value
        turn.say(CustomerReminded(wait=wait.name, about=about, n=n, deadline=wait.answer_by))
    waits.set_reminder(turn)


def wait_due(turn: Turn, due: WaitDue) -> None:
    """A wait passed: a person finds out what the customer did not say, or the case ends as unconfirmed."""
    wait = turn.state.wait
    if wait is None or wait.no != due.wait_no:
        return
    if wait.deadline > turn.now:
        turn.set_timer(wait.deadline, due, wait.no)
    elif wait.name is WaitName.CUSTOMER and not _house_goes_on(turn.state, wait):
        resolution.close(turn, ClosedAs.UNCONFIRMED, "no_answer")
    else:
        waits.resume(turn, "deadline_passed")
        person = turn.state.person or turn.charter.customer_waits.information.when_passed
        owners.assign(turn, owners.agent(person), FIRST_LINE, "wait_passed")
        promises.owe_next_step(turn)


def _house_goes_on(state: CaseState, wait: Wait) -> bool:
    """Whether the house can do without the answer: a person assesses, or owes the customer a word anyway."""
    if state.promised(*promises.ANSWERS):
        return True
    finding = state.finding
    is_assessed = finding is not None and not finding.abstained and finding.category in ASSESSED
    return wait.purpose is Purpose.INFORMATION and is_assessed
