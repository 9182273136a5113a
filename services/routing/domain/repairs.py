"""Repairs (reparaciones): escalated to the technicians of a workshop, with a date that may move."""

from ciclo_schemas.routing import CaseEscalated, PromiseKind
from ciclo_schemas.values import Party, PartyKind, RemedyKind, Window
from ciclo_schemas.warranty import (
    RepairAuthorized,
    RepairCancelled,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    RepairRescheduled,
)
from services.routing.domain import owners, promises, remedies, waits
from services.routing.domain.case import CaseState, technician_queue
from services.routing.domain.records import Remedy
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

WAITING_FOR_PART = "waiting_for_part"


def repair_authorized(turn: Turn, authorized: RepairAuthorized) -> None:
    """A workshop repairs: its technicians take over, with what was tried already.

    Never on a trial assessment before a replacement was approved: then a person looks at it instead.
    """
    point = authorized.service_point
    if not turn.state.is_closed and not _may_escalate(turn.state, authorized.assessment_no):
        owners.assign_person(turn, "trial_needs_replacement")
        promises.ensure(turn)
        return
    remedy = Remedy(no=authorized.remedy_no, kind=RemedyKind.REPAIR, service_point=point)
    if not remedies.begin(turn, remedy, "repair.authorized"):
        return
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


def repair_completed(turn: Turn, completed: RepairCompleted) -> None:
    """The unit works again."""
    remedies.arrived(turn, completed.remedy_no, "repair.completed")


def repair_failed(turn: Turn, failed: RepairFailed) -> None:
    """The workshop could not repair it: warranty's next assessment offers the second remedies."""
    remedies.failed(turn, failed.remedy_no, PromiseKind.REPAIR, "repair.failed")


def repair_refused(turn: Turn, refused: RepairRefused) -> None:
    """The workshop does not take the repair: a person looks at it."""
    remedies.failed(turn, refused.remedy_no, PromiseKind.REPAIR, "repair.refused")


def repair_cancelled(turn: Turn, cancelled: RepairCancelled) -> None:
    """The repair is called off: by the customer's wish, or because the workshop is overdue."""
    remedies.called_off(turn, cancelled.remedy_no, PromiseKind.REPAIR, "repair.cancelled")


def repair_rescheduled(turn: Turn, rescheduled: RepairRescheduled) -> None:
    """The workshop needs longer: the customer hears the new date before the old one has passed.

    A delay that leaves the date as it is puts it at risk. After a broken promise the new date is a new one.
    """
    remedy = turn.state.remedy
    if remedy is None or remedy.no != rescheduled.remedy_no or turn.state.is_closed:
        return
    live = turn.state.promised(PromiseKind.REPAIR)
    technicians = Party(kind=PartyKind.SERVICE_POINT, id=remedy.service_point or "workshop")
    if not live:
        promises.keep(turn, "repair.rescheduled", *promises.ANSWERS)
        promises.make(turn, PromiseKind.REPAIR, technicians, rescheduled.due)
    elif rescheduled.due == live[0].due:
        promises.endanger(turn, live[0], rescheduled.reason)
    else:
        promises.revise(turn, live[0], rescheduled.due, rescheduled.reason)
    purpose = Purpose.PART if rescheduled.reason == WAITING_FOR_PART else Purpose.WORKSHOP
    wait = turn.state.wait
    if wait is None or (wait.purpose, wait.deadline) != (purpose, rescheduled.due):
        waits.hold(turn, purpose, technicians, rescheduled.due)


def _may_escalate(state: CaseState, assessment_no: int) -> bool:
    assessment = next((one for one in state.assessments if one.no == assessment_no), None)
    return assessment is not None and (assessment.window is not Window.TRIAL or state.replaced)
