"""Remedies (remedios): a new unit or a repair under way, until the customer has it."""

from ciclo_schemas.routing import CaseEscalated, PromiseKind
from ciclo_schemas.values import Code, Party, PartyKind, RemedyKind, Window
from ciclo_schemas.warranty import (
    RepairAuthorized,
    RepairCompleted,
    RepairFailed,
    ReplacementApproved,
    ReplacementDelivered,
)
from services.routing.domain import owners, promises, resolution, waits
from services.routing.domain.case import CaseState, Purpose, Remedy, technician_queue
from services.routing.domain.turn import Turn

LOGISTICS = Party(kind=PartyKind.SERVICE, id="logistics")
IN_GOODS = (PromiseKind.REPLACEMENT, PromiseKind.REPAIR)


def replacement_approved(turn: Turn, approved: ReplacementApproved) -> None:
    """The customer gets a new unit: promised by warranty's date, awaited from logistics."""
    turn.change(replaced=True, remedy=Remedy(no=approved.remedy_no, kind=RemedyKind.REPLACEMENT))
    if turn.state.is_closed:
        return
    waits.resume(turn, "replacement.approved")
    promises.keep(turn, "replacement.approved", *promises.ANSWERS, *IN_GOODS)
    promises.make(turn, PromiseKind.REPLACEMENT, LOGISTICS, approved.promised_by)
    waits.hold(turn, Purpose.LOGISTICS, turn.state.owner, approved.promised_by)


def repair_authorized(turn: Turn, authorized: RepairAuthorized) -> None:
    """A workshop repairs: its technicians take over, with what was tried already.

    Never on a trial assessment before a replacement was approved: then a person looks at it instead.
    """
    point = authorized.service_point
    if turn.state.is_closed:
        turn.change(remedy=Remedy(no=authorized.remedy_no, kind=RemedyKind.REPAIR, service_point=point))
        return
    if not _may_escalate(turn.state, authorized.assessment_no):
        owners.assign_person(turn, "trial_needs_replacement")
        promises.ensure(turn)
        return
    turn.change(remedy=Remedy(no=authorized.remedy_no, kind=RemedyKind.REPAIR, service_point=point))
    waits.resume(turn, "repair.authorized")
    promises.keep(turn, "repair.authorized", *promises.ANSWERS, *IN_GOODS)
    owner = Party(kind=PartyKind.SERVICE_POINT, id=point)
    owners.take_over(turn, owner, technician_queue(point))
    turn.say(
        CaseEscalated(
            service_point=point,
            queue=turn.state.queue,
            steps_tried=turn.state.steps_tried,
            due=authorized.due,
            assessment_no=authorized.assessment_no,
            remedy_no=authorized.remedy_no,
        )
    )
    promises.make(turn, PromiseKind.REPAIR, owner, authorized.due)
    waits.hold(turn, Purpose.WORKSHOP, owner, authorized.due)


def replacement_delivered(turn: Turn, delivered: ReplacementDelivered) -> None:
    """The customer has the new unit; nobody waits for the faulty one."""
    _arrived(turn, delivered.remedy_no, "replacement.delivered")


def repair_completed(turn: Turn, completed: RepairCompleted) -> None:
    """The unit works again."""
    _arrived(turn, completed.remedy_no, "repair.completed")


def repair_failed(turn: Turn, failed: RepairFailed) -> None:
    """The workshop could not repair it: the promise is broken, and a person goes on with the customer."""
    if not _is_under_way(turn.state, failed.remedy_no):
        return
    turn.change(remedy=None)
    if turn.state.is_closed:
        return
    for promise in turn.state.promised(PromiseKind.REPAIR):
        promises.break_(turn, promise)
    waits.resume(turn, "repair.failed")
    owners.assign_person(turn, "repair.failed")
    promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)


def _arrived(turn: Turn, remedy_no: int, reason: Code) -> None:
    if not _is_under_way(turn.state, remedy_no):
        return
    turn.change(remedy=None)
    if not turn.state.is_closed:
        resolution.propose(turn, reason, owners.ROUTING)


def _is_under_way(state: CaseState, remedy_no: int) -> bool:
    """Whether the news is about the remedy in force: a superseded one moves nothing."""
    return state.remedy is not None and state.remedy.no == remedy_no


def _may_escalate(state: CaseState, assessment_no: int) -> bool:
    assessment = next((one for one in state.assessments if one.no == assessment_no), None)
    return assessment is not None and (assessment.window is not Window.TRIAL or state.replaced)
