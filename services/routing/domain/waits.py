"""Waits (esperas): each has a name, an owner and a deadline. What happens when one passes: see `silence`.

A wait for goods, a workshop or the education area ends with the promise that was made with it, which has the
same date: it needs no timer of its own.
"""

from datetime import datetime, timedelta

from ciclo_schemas.routing import CaseHeld, CaseResumed, PromiseKind
from ciclo_schemas.values import Code, Party, WaitName
from services.chassis.decider import Message
from services.routing.domain.records import Wait
from services.routing.domain.stages import PROMISE_BEHIND, Purpose
from services.routing.domain.turn import Turn


class WaitDue(Message):
    """A wait's deadline came."""

    wait_no: int


class ReminderDue(Message):
    """The customer has not answered for a while."""

    wait_no: int


def hold(
    turn: Turn, purpose: Purpose, owner: Party, deadline: datetime, answer_by: datetime | None = None
) -> None:
    """Wait for somebody until a deadline, instead of whatever the case waited for.

    A case that waits again goes on: an end that was remembered is off.
    """
    resume(turn, "superseded")
    wait = Wait(
        no=turn.state.waits + 1,
        purpose=purpose,
        owner=owner,
        since=turn.now,
        deadline=deadline,
        answer_by=answer_by or deadline,
    )
    turn.change(wait=wait, waits=wait.no, ending=None)
    turn.say(CaseHeld(wait=wait.name, owner=owner, deadline=deadline))
    if purpose not in PROMISE_BEHIND:
        turn.set_timer(deadline, WaitDue(wait_no=wait.no), wait.no)
    set_reminder(turn)


def hold_for_customer(turn: Turn, purpose: Purpose) -> None:
    """Wait for the customer as long as the charter says."""
    hold(turn, purpose, turn.state.owner, customer_deadline(turn, purpose))


def hold_for_offer(turn: Turn, purpose: Purpose, until: datetime) -> None:
    """Wait for the customer while an offer stands.

    Warranty ends it on that date; the charter's hours are the time its word may take to arrive.
    """
    grace = timedelta(hours=turn.charter.customer_wait(purpose).hours)
    hold(turn, purpose, turn.state.owner, until + grace, until)


def customer_deadline(turn: Turn, purpose: Purpose) -> datetime:
    """Until when the customer may answer a question asked now."""
    return turn.now + timedelta(hours=turn.charter.customer_wait(purpose).hours)


def next_reminder(turn: Turn) -> datetime | None:
    """When the customer is reminded next of what he was asked; None when he is left in peace."""
    wait = turn.state.wait
    if wait is None or wait.name is not WaitName.CUSTOMER:
        return None
    hours = turn.charter.customer_wait(wait.purpose).reminders
    if wait.reminded >= len(hours):
        return None
    moment = wait.since + timedelta(hours=hours[wait.reminded])
    return moment if moment < wait.answer_by else None


def set_reminder(turn: Turn) -> None:
    """Come back when the customer is to be reminded, if he is."""
    moment = next_reminder(turn)
    if moment is not None and turn.state.wait is not None:
        number = turn.state.wait.no
        turn.set_timer(moment, ReminderDue(wait_no=number), number)


def resume(turn: Turn, reason: Code) -> None:
    """End the wait, if there is one, and say why."""
    wait = end(turn)
    if wait is not None:
        turn.say(CaseResumed(wait=wait.name, reason=reason))


def resume_for(turn: Turn, reason: Code, *kinds: PromiseKind) -> None:
    """End the wait if one of these promises is behind it."""
    wait = turn.state.wait
    if wait is not None and PROMISE_BEHIND.get(wait.purpose) in kinds:
        resume(turn, reason)


def resume_customer(turn: Turn, reason: Code) -> None:
    """End the wait if it is the customer's."""
    if turn.state.wait is not None and turn.state.wait.name is WaitName.CUSTOMER:
        resume(turn, reason)


def end(turn: Turn) -> Wait | None:
    """End the wait without a word (the case ends with it); returns it."""
    wait = turn.state.wait
    if wait is None:
        return None
    has_reminder = next_reminder(turn) is not None
    turn.change(wait=None)
    if wait.purpose not in PROMISE_BEHIND:
        turn.cancel_timer(WaitDue, wait.no)
    if has_reminder:
        turn.cancel_timer(ReminderDue, wait.no)
    return wait
