"""Waits (esperas): each has a name, an owner and a deadline. What happens when one passes: see `deadlines`.

A wait for goods ends with the promise that was made with it, which has the same date: it needs no timer of
its own.
"""

from datetime import datetime, timedelta

from ciclo_schemas.routing import CaseHeld, CaseResumed
from ciclo_schemas.values import Code, Party, WaitName
from services.chassis.decider import Message
from services.routing.domain.case import Purpose, Wait
from services.routing.domain.turn import Turn


class WaitDue(Message):
    """A wait's deadline came."""

    wait_no: int


class ConfirmationDue(Message):
    """The customer did not say whether it is solved."""

    proposal_no: int


def hold(turn: Turn, purpose: Purpose, owner: Party, deadline: datetime) -> None:
    """Wait for somebody until a deadline, instead of whatever the case waited for."""
    if turn.state.wait is not None:
        resume(turn, "superseded")
    wait = Wait(no=turn.state.waits + 1, purpose=purpose, owner=owner, deadline=deadline)
    turn.change(wait=wait, waits=wait.no)
    turn.say(CaseHeld(wait=wait.name, owner=owner, deadline=deadline))
    if purpose is Purpose.CONFIRMATION:
        turn.set_timer(deadline, ConfirmationDue(proposal_no=turn.state.proposals), turn.state.proposals)
    elif wait.name is WaitName.CUSTOMER:
        turn.set_timer(deadline, WaitDue(wait_no=wait.no), wait.no)


def hold_for_customer(turn: Turn, purpose: Purpose) -> None:
    """Wait for the customer as long as the charter says."""
    hold(turn, purpose, turn.state.owner, customer_deadline(turn, purpose))


def customer_deadline(turn: Turn, purpose: Purpose) -> datetime:
    """Until when the customer may answer a question asked now."""
    return turn.now + timedelta(hours=turn.charter.customer_wait(purpose).hours)


def resume(turn: Turn, reason: Code) -> None:
    """End the wait, if there is one, and say why."""
    wait = end(turn)
    if wait is not None:
        turn.say(CaseResumed(wait=wait.name, reason=reason))


def end(turn: Turn) -> Wait | None:
    """End the wait without a word (the case ends with it); returns it."""
    wait = turn.state.wait
    if wait is None:
        return None
    turn.change(wait=None)
    if wait.purpose is Purpose.CONFIRMATION:
        turn.cancel_timer(ConfirmationDue, turn.state.proposals)
    elif wait.name is WaitName.CUSTOMER:
        turn.cancel_timer(WaitDue, wait.no)
    return wait
