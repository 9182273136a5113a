"""The end of a case: a resolution is proposed, the customer says whether it is solved, the case is closed.

Only the customer says "solved"; any later word of the customer reopens the case. An end waits for the answer
to a complaint and for what makes good a fault of the house: until then it is remembered.
"""

from datetime import datetime

from ciclo_schemas.routing import (
    CaseCancelled,
    CaseClosed,
    CaseRejected,
    CaseReopened,
    ClosedAs,
    PromiseKind,
    ResolutionProposed,
)
from ciclo_schemas.values import Code, Party, TextRef
from services.routing.domain import complaints, owners, promises, unknown, waits
from services.routing.domain.case import FIRST_LINE
from services.routing.domain.records import Ending
from services.routing.domain.stages import Purpose, Stage
from services.routing.domain.turn import Turn


def propose(turn: Turn, reason: Code, proposed_by: Party, text_ref: TextRef | None = None) -> None:
    """Propose a resolution and ask the customer whether it is solved: all that was promised is thereby kept.

    A complaint and a cancellation have their own answers.
    """
    number = turn.state.proposals + 1
    waits.resume(turn, reason)
    turn.change(proposals=number)
    unknown.resolve(turn, reason)
    promises.keep(turn, reason, *promises.OF_THE_MATTER)
    turn.say(
        ResolutionProposed(proposal_no=number, reason=reason, proposed_by=proposed_by, text_ref=text_ref)
    )
    waits.hold_for_customer(turn, Purpose.CONFIRMATION)


def close(turn: Turn, closed_as: ClosedAs, reason: Code) -> None:
    """Close the case, as soon as no complaint is open."""
    was_asked = closed_as is ClosedAs.CONFIRMED or turn.state.waits_for(Purpose.CONFIRMATION)
    number = turn.state.proposals if was_asked else 0
    _end_with(
        turn, Ending(stage=Stage.CLOSED, reason=reason, closed_as=closed_as, proposal_no=number or None)
    )


def cancel(turn: Turn, taken_back: tuple[Code, ...]) -> None:
    """End the case because the customer withdrew it, as soon as no complaint is open."""
    _end_with(turn, Ending(stage=Stage.CANCELLED, reason="customer_cancelled", taken_back=taken_back))


def reject(turn: Turn, reason: Code, objection_until: datetime) -> None:
    """End a case that is none; an objection, like any other word, reopens it."""
    _settle(turn, "case.rejected", Ending(stage=Stage.REJECTED, reason=reason))
    turn.say(CaseRejected(reason=reason, objection_until=objection_until))


def complaints_settled(turn: Turn) -> None:
    """Carry out the end that waited for a complaint; say who owes the rest while something is open."""
    ending = turn.state.ending
    if ending is None:
        return
    if complaints.unsettled(turn.state):
        _owe_the_rest(turn)
    else:
        _end(turn, ending)


def go_on(turn: Turn, reason: Code) -> None:
    """The customer speaks: a case that ended is reopened, and an end that was only remembered is off."""
    if turn.state.is_closed:
        reopen(turn, reason)
    elif turn.state.ending is not None:
        turn.change(ending=None)
        owners.assign_person(turn, reason)
        promises.owe_next_step(turn)


def reopen(turn: Turn, reason: Code) -> None:
    """The customer spoke after the end: the same person goes on, from the second time the supervisor."""
    reopenings = turn.state.reopenings + 1
    person = turn.charter.first_line.supervisor if reopenings >= 2 else owners.person_of_first_line(turn)
    turn.change(ended=None, reopenings=reopenings)
    owners.take_over(turn, owners.agent(person), FIRST_LINE)
    turn.say(CaseReopened(reason=reason, owner=turn.state.owner))
    promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def _end_with(turn: Turn, ending: Ending) -> None:
    if not complaints.unsettled(turn.state):
        _end(turn, ending)
        return
    waits.resume(turn, ending.reason)
    promises.keep(turn, ending.reason, *promises.OF_THE_MATTER, PromiseKind.CANCELLATION)
    turn.change(ending=ending, cancelling=False)
    _owe_the_rest(turn)


def _owe_the_rest(turn: Turn) -> None:
    """Promise what a remembered end still waits for: a complaint's answer, or warranty's compensation."""
    if turn.state.promises:
        return
    if complaints.open_complaints(turn.state):
        owners.assign_person(turn, "complaint_open")
        promises.ensure(turn)
    else:
        promises.make(turn, PromiseKind.DECISION, owners.WARRANTY)


def _end(turn: Turn, ending: Ending) -> None:
    if ending.stage is Stage.CANCELLED:
        _settle(turn, "case.cancelled", ending)
        turn.say(CaseCancelled(reason=ending.reason, taken_back=ending.taken_back))
        return
    _settle(turn, "case.closed", ending)
    turn.say(
        CaseClosed(
            closed_as=ending.closed_as or ClosedAs.UNCONFIRMED,
            proposal_no=ending.proposal_no,
            reason=ending.reason,
        )
    )


def _settle(turn: Turn, kept_by: Code, ending: Ending) -> None:
    """Nothing stays owed by a case that ends."""
    waits.end(turn)
    promises.keep(turn, kept_by, *PromiseKind)
    turn.change(ended=ending, ending=None, cancelling=False)
