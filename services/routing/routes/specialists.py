"""What technicians, the education area and those who answer complaints do with a case."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from services.chassis.keys import person
from services.routing.domain.first_line import AcceptEscalation, CaseReply
from services.routing.domain.redress import AnswerComplaint
from services.routing.domain.training import ConfirmTraining
from services.routing.routes.bodies import ComplaintAnswerBody
from services.routing.routes.desk import NOT_NOW, DeskDep
from services.routing.routes.scopes import Scope

router = APIRouter(prefix="/cases/{case_id}", responses=NOT_NOW)


@router.post("/acceptance")
async def accept_escalation(
    desk: DeskDep, technician: Annotated[str, Depends(person(Scope.REPAIR))]
) -> CaseReply:
    """Accept an escalated case as its technician. 409 `not_escalated`."""
    return await desk.send(AcceptEscalation(agent=technician))


@router.post("/training")
async def confirm_training(
    desk: DeskDep, educator: Annotated[str, Depends(person(Scope.TRAIN))]
) -> CaseReply:
    """Confirm that the education area takes the customer over. 409 `not_diverted`; 403 `not_in_education`."""
    return await desk.send(ConfirmTraining(agent=educator))


@router.post("/complaints/{complaint_no}/answer")
async def answer_complaint(
    complaint_no: Annotated[int, Path(ge=1, le=2_147_483_647)],
    body: ComplaintAnswerBody,
    desk: DeskDep,
    answerer: Annotated[str, Depends(person(Scope.ANSWER_COMPLAINTS))],
) -> CaseReply:
    """Answer a complaint with reasons. 409 `already_answered`, `no_such_complaint`; 403 `not_impartial`."""
    return await desk.send(
        AnswerComplaint(
            agent=answerer,
            complaint_no=complaint_no,
            outcome=body.outcome,
            reasons=body.reasons,
            text_ref=body.text_ref,
        )
    )
