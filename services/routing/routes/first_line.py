"""What a person does with a case of his queue. He does it as himself: his key says who he is."""

from typing import Annotated

from fastapi import APIRouter, Depends

from ciclo_schemas.values import Category
from services.chassis.keys import person
from services.routing.domain.desk import AskInformation, HandOff
from services.routing.domain.first_line import CaseReply, ClassifyByAgent, ProposeResolution, RecordStep, Take
from services.routing.domain.redress import ProposeCompensation
from services.routing.domain.unknown import DeclareUnknown, ResolveUnknown
from services.routing.routes.bodies import (
    ClassificationBody,
    CompensationBody,
    EscalationBody,
    HandOffBody,
    InformationBody,
    KnownBody,
    ResolutionBody,
    StepBody,
    UnknownBody,
)
from services.routing.routes.desk import NOT_NOW, DeskDep
from services.routing.routes.scopes import Scope

router = APIRouter(prefix="/cases/{case_id}", responses=NOT_NOW)
Agent = Annotated[str, Depends(person(Scope.WORK_ON_CASES))]


@router.post("/take")
async def take(desk: DeskDep, agent: Agent) -> CaseReply:
    """Take a case of one's queue; taking what one has shows it. 409 `not_in_queue`, `not_in_first_line`."""
    return await desk.send(Take(agent=agent))


@router.post("/steps")
async def record_step(body: StepBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Record a step of a playbook that was tried. 409 `already_tried`; 422 `unknown_step`."""
    return await desk.send(RecordStep(agent=agent, step=body.step, helped=body.helped))


@router.post("/information")
async def ask_information(body: InformationBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Ask the customer for what is missing, and wait for him. 409 `already_known`, `already_asked`."""
    return await desk.send(AskInformation(agent=agent, missing=body.missing, text_ref=body.text_ref))


@router.post("/resolution")
async def propose_resolution(body: ResolutionBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Propose a resolution; the customer is asked whether it is solved. 409 `already_proposed`."""
    return await desk.send(ProposeResolution(agent=agent, reason=body.reason, text_ref=body.text_ref))


@router.post("/classification")
async def classify(body: ClassificationBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Say what the case is about; no classifier overwrites it. 409 `remedy_under_way`."""
    return await desk.send(
        ClassifyByAgent(agent=agent, category=body.category, symptom_code=body.symptom_code)
    )


@router.post("/escalation")
async def escalate(body: EscalationBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Ask for a technician: warranty assesses first, and only then the case is escalated."""
    fault = Category.TECHNICAL_FAULT
    return await desk.send(ClassifyByAgent(agent=agent, category=fault, symptom_code=body.symptom_code))


@router.post("/handoff")
async def hand_off(body: HandOffBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Hand the case to a colleague or to a queue. Promises and their dates stand.

    409 `too_many_handoffs` when only a supervisor may get it, `same_owner`; 422 `unknown_person`,
    `unknown_queue`.
    """
    return await desk.send(HandOff(agent=agent, person=body.person, queue=body.queue, reason=body.reason))


@router.post("/unknown")
async def declare_unknown(body: UnknownBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Say that nobody knows yet; the customer is told so, and when he hears again. 422 `too_late`."""
    return await desk.send(
        DeclareUnknown(agent=agent, reason=body.reason, next_update_hours=body.next_update_hours)
    )


@router.post("/known")
async def resolve_unknown(body: KnownBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Say that it is known now. 409 `nothing_unknown`."""
    return await desk.send(ResolveUnknown(agent=agent, reason=body.reason))


@router.post("/compensation")
async def propose_compensation(body: CompensationBody, desk: DeskDep, agent: Agent) -> CaseReply:
    """Propose to make good a broken promise or a complaint. 409 `no_such_cause`, `already_proposed`."""
    return await desk.send(
        ProposeCompensation(
            agent=agent, cause=body.cause, cause_no=body.cause_no, reason=body.reason, amount=body.amount
        )
    )
