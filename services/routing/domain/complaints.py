"""Complaints (quejas, reclamaciones): answered with reasons by somebody who did not work on the case.

A complaint runs beside whatever else the case is about, with a promise of its own. Its dates come from the
law of the customer's country, in Spain Ley 10/2025 arts. 12 and 17, else from the house. The answer itself
is in `redress`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ciclo_schemas.routing import ComplaintRegistered, PromiseKind
from ciclo_schemas.values import Code, Identifier
from services.routing.domain import owners, promises
from services.routing.domain.case import COMPLAINTS, CaseState
from services.routing.domain.records import Complaint, LivePromise
from services.routing.domain.turn import Turn

FACET = "complaint"
UNDUE_CHARGE = "unfair_charge"
FRIDAY = 5
"""ISO number of the last working day of a week."""


def open_complaints(state: CaseState) -> tuple[Complaint, ...]:
    """The complaints without an answer."""
    return tuple(complaint for complaint in state.complaints if complaint.outcome is None)


def unsettled(state: CaseState) -> bool:
    """Whether a complaint has no answer, or a proposed compensation none from warranty: no end before."""
    return bool(open_complaints(state)) or any(not one.decided for one in state.compensations)


def register(turn: Turn, reasons: Sequence[Code]) -> None:
    """Register what the customer complains of; one open complaint takes up all that is said meanwhile."""
    if open_complaints(turn.state):
        return
    terms = turn.charter.complaints.terms(turn.state.jurisdiction)
    days = terms.charges_working_days if UNDUE_CHARGE in reasons else terms.answer_working_days
    complaint = Complaint(
        no=len(turn.state.complaints) + 1,
        owner=owners.agent(_somebody_else(turn)),
        answer_due=working_days_after(turn.now, days),
    )
    turn.change(complaints=(*turn.state.complaints, complaint))
    turn.say(
        ComplaintRegistered(
            complaint_no=complaint.no,
            profile=terms.profile,
            ack_due=turn.now + timedelta(hours=terms.acknowledge_hours),
            answer_due=complaint.answer_due,
            owner=complaint.owner,
        )
    )
    promises.make(turn, PromiseKind.COMPLAINT_ANSWER, complaint.owner, complaint.answer_due)


def take_up(turn: Turn) -> None:
    """The complaint is all that the case is about: whoever answers it has the case."""
    complaint = turn.state.complaints[-1]
    owners.assign(turn, complaint.owner, COMPLAINTS, "complaint.registered")
    promises.keep(turn, "complaint.registered", PromiseKind.FIRST_ANSWER, PromiseKind.NEXT_STEP)


def promise_again(turn: Turn, late: Sequence[LivePromise]) -> None:
    """A complaint was not answered in time: the person named now answers it, by a new date."""
    if not any(promise.kind is PromiseKind.COMPLAINT_ANSWER for promise in late):
        return
    named = owners.agent(turn.charter.promise(PromiseKind.COMPLAINT_ANSWER).when_broken)
    due = turn.charter.due(PromiseKind.COMPLAINT_ANSWER, turn.now)
    turn.change(
        complaints=tuple(
            one.model_copy(update={"owner": named, "answer_due": due}) if one.outcome is None else one
            for one in turn.state.complaints
        )
    )
    promises.make(turn, PromiseKind.COMPLAINT_ANSWER, named, due)


def may_answer(turn: Turn, complaint: Complaint, staff_no: Identifier) -> bool:
    """Whether this person answers it: its owner, or one of those for complaints who never had the case.

    When all of them had it, any of them may.
    """
    queue = turn.charter.queues[COMPLAINTS]
    people = {*queue.staff, queue.supervisor}
    impartial = people - set(turn.state.people)
    return staff_no == complaint.owner.id or staff_no in (impartial or people)


def working_days_after(moment: datetime, days: int) -> datetime:
    """The same time of day so many working days later, counted from Monday to Friday."""
    while days:
        moment += timedelta(days=1)
        days -= moment.isoweekday() <= FRIDAY
    return moment


def _somebody_else(turn: Turn) -> Identifier:
    """One of those who answer complaints and never had the case; their supervisor if there is nobody."""
    queue = turn.charter.queues[COMPLAINTS]
    free = [person for person in queue.staff if person not in turn.state.people]
    return free[turn.case_id.int % len(free)] if free else queue.supervisor
