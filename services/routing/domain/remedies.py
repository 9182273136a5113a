"""Remedies (remedios): a new unit, a repair or the money, under way until the customer has it.

What warranty says about a remedy that another one superseded moves nothing.
"""

from datetime import datetime

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Code, Party, PartyKind, RemedyKind
from ciclo_schemas.warranty import (
    RefundApproved,
    RefundPaid,
    ReplacementApproved,
    ReplacementDelivered,
    ReplacementLost,
    ReplacementWithdrawn,
)
from services.routing.domain import owners, promises, resolution, waits
from services.routing.domain.case import FIRST_LINE, CaseState
from services.routing.domain.records import Remedy
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

LOGISTICS = Party(kind=PartyKind.SERVICE, id="logistics")
IN_GOODS = (PromiseKind.REPLACEMENT, PromiseKind.REPAIR, PromiseKind.REFUND, PromiseKind.QUOTE)


def replacement_approved(turn: Turn, approved: ReplacementApproved) -> None:
    """The customer gets a new unit: promised by warranty's date, awaited from logistics."""
    turn.change(replaced=True)
    remedy = Remedy(no=approved.remedy_no, kind=RemedyKind.REPLACEMENT)
    if begin(turn, remedy, "replacement.approved"):
        _promise(turn, PromiseKind.REPLACEMENT, LOGISTICS, Purpose.LOGISTICS, approved.promised_by)


def refund_approved(turn: Turn, approved: RefundApproved) -> None:
    """The customer gets the price back, or part of it: promised by warranty's date."""
    kind = RemedyKind.PRICE_REDUCTION if approved.partial else RemedyKind.REFUND
    if begin(turn, Remedy(no=approved.remedy_no, kind=kind), "refund.approved"):
        _promise(turn, PromiseKind.REFUND, owners.WARRANTY, Purpose.REFUND, approved.promised_by)


def replacement_delivered(turn: Turn, delivered: ReplacementDelivered) -> None:
    """The customer has the new unit; nobody waits for the faulty one."""
    arrived(turn, delivered.remedy_no, "replacement.delivered")


def refund_paid(turn: Turn, paid: RefundPaid) -> None:
    """The money is on its way to the customer."""
    arrived(turn, paid.remedy_no, "refund.paid")


def replacement_lost(turn: Turn, lost: ReplacementLost) -> None:
    """The parcel was lost: another one follows under the same approval, but perhaps not by the date."""
    if is_under_way(turn.state, lost.remedy_no):
        for promise in turn.state.promised(PromiseKind.REPLACEMENT):
            promises.endanger(turn, promise, "parcel_lost")


def replacement_withdrawn(turn: Turn, withdrawn: ReplacementWithdrawn) -> None:
    """The replacement is taken back before it was shipped: another remedy or the end follows."""
    called_off(turn, withdrawn.remedy_no, PromiseKind.REPLACEMENT, "replacement.withdrawn")


def begin(turn: Turn, remedy: Remedy, reason: Code) -> bool:
    """Note the remedy in force, and end the wait and the promises of whatever it follows or supersedes.

    False for a case that is over: nothing is promised there.
    """
    turn.change(remedy=remedy)
    if turn.state.is_closed:
        return False
    waits.resume(turn, reason)
    promises.keep(turn, reason, *promises.ANSWERS, *IN_GOODS)
    return True


def arrived(turn: Turn, remedy_no: int, reason: Code) -> None:
    """The customer has what the remedy gives, and is asked whether it is solved."""
    if not is_under_way(turn.state, remedy_no):
        return
    turn.change(remedy=None)
    if not turn.state.is_closed:
        resolution.propose(turn, reason, owners.ROUTING)


def called_off(turn: Turn, remedy_no: int, kind: PromiseKind, reason: Code) -> None:
    """A remedy ends before its goal: because the customer wished so, or else as a broken promise."""
    if not is_under_way(turn.state, remedy_no):
        return
    state = turn.state
    if state.is_closed:
        turn.change(remedy=None)
    elif state.cancelling or state.promised(PromiseKind.DECISION):
        turn.change(remedy=None)
        waits.resume_for(turn, reason, kind)
        promises.keep(turn, reason, kind)
        if turn.state.queue != FIRST_LINE:
            owners.assign_person(turn, reason)
    else:
        failed(turn, remedy_no, kind, reason)


def failed(turn: Turn, remedy_no: int, kind: PromiseKind, reason: Code) -> None:
    """A remedy comes to nothing: its promise is broken, and a person goes on with the customer."""
    if not is_under_way(turn.state, remedy_no):
        return
    turn.change(remedy=None)
    if turn.state.is_closed:
        return
    broken = turn.state.promised(kind)
    for promise in broken:
        promises.break_(turn, promise)
    waits.resume_for(turn, reason, kind)
    owners.assign_person(turn, reason)
    if broken:
        promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)
    else:  # it broke by its date already, and who was named then owes the next step
        promises.owe_next_step(turn)


def is_under_way(state: CaseState, remedy_no: int) -> bool:
    """Whether the news is about the remedy in force: a superseded one moves nothing."""
    return state.remedy is not None and state.remedy.no == remedy_no


def _promise(turn: Turn, kind: PromiseKind, by: Party, purpose: Purpose, due: datetime) -> None:
    """Promise what a remedy gives and wait for it; a workshop that had the case has it no longer."""
    if turn.state.queue != FIRST_LINE:
        owners.assign_person(turn, "remedy_superseded")
    promises.make(turn, kind, by, due)
    waits.hold(turn, purpose, turn.state.owner, due)
