"""Routing's doors for the people of the house: queues, one case, and what is done to it.

Every door needs an API key with a scope. Commands answer with the case as it then stands and its Case-Clock;
sent back as If-Case-Clock, it keeps a decision from resting on a stale picture.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel

from ciclo_schemas.values import Category, Code, Identifier
from services.chassis.commands import Commands
from services.chassis.decider import Message, Refusal
from services.chassis.http import (
    CommandsDep,
    IfCaseClock,
    PoolDep,
    Refused,
    case_clock,
    problem,
)
from services.chassis.keys import needs
from services.routing import views
from services.routing.domain.case import TECHNICIANS
from services.routing.domain.first_line import (
    AcceptEscalation,
    CaseReply,
    ClassifyByAgent,
    ProposeResolution,
    RecordStep,
    Take,
)

MAX_PAGE = 200
NOT_SEEN_YET = Refusal("not_seen_yet", "routing has not heard of this case yet")

router = APIRouter(prefix="/v1", tags=["routing"])


class Scope(StrEnum):
    """What an API key can open here."""

    READ_CASES = "cases:read"
    WORK_ON_CASES = "cases:work"
    REPAIR = "cases:repair"


class EscalationBody(BaseModel):
    """A person of the first line wants a technician: the declared symptom is what warranty acts on."""

    agent: Identifier
    symptom_code: Code


class Desk:
    """Sends a person's command about a case and answers with the case as it then stands."""

    def __init__(self, case_id: UUID, response: Response, commands: Commands, if_clock: str | None) -> None:
        self._case_id = case_id
        self._response = response
        self._commands = commands
        self._if_clock = if_clock

    async def send(self, command: Message) -> CaseReply:
        """Have the command decided. Raises Refused."""
        outcome = await self._commands.send(self._case_id, command, if_clock=self._if_clock)
        case_clock(self._response, outcome)
        return CaseReply.model_validate_json(outcome.reply or "")


async def _desk(
    case_id: UUID, response: Response, commands: CommandsDep, if_clock: IfCaseClock = None
) -> Desk:
    return Desk(case_id, response, commands, if_clock)


DeskDep = Annotated[Desk, Depends(_desk)]


@router.get("/queues/{queue}/cases", dependencies=[Depends(needs(Scope.READ_CASES))])
async def list_queue(
    queue: Identifier,
    pool: PoolDep,
    owner: Annotated[Identifier | None, Query(description="Only the cases of this person")] = None,
    taken: Annotated[bool | None, Query(description="Whether a person has them")] = None,
    waiting_for: Annotated[Code | None, Query(description="Whom they wait for: `customer`, ...")] = None,
    after: Annotated[str | None, Query(max_length=300, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> views.QueuePage:
    """The open cases of a queue, urgent ones first, then by the next date somebody answers for.

    Queues: `first_line`, and `technicians.<service point>` for each workshop.
    """
    cursor = None if after is None else views.Cursor.read(after)
    if after is not None and cursor is None:
        raise problem(422, "malformed_cursor", "`after` is the `next` of a page", locations=["query.after"])
    wanted = views.Filter(owner=owner, taken=taken, waiting_for=waiting_for)
    of_technicians = queue == TECHNICIANS or queue.startswith(f"{TECHNICIANS}.")
    return await views.queue(pool, queue, wanted, of_technicians=of_technicians, after=cursor, limit=limit)


@router.get("/cases/{case_id}", dependencies=[Depends(needs(Scope.READ_CASES))])
async def read_case(case_id: UUID, pool: PoolDep, response: Response) -> views.CaseView:
    """A case: where it stands, who has it, what was tried and what was promised.

    409 `not_seen_yet` while routing has not heard of the case, which may be on its way.
    """
    found = await views.case(pool, case_id)
    if found is None:
        raise Refused(NOT_SEEN_YET)
    view, response.headers["Case-Clock"] = found
    return view


@router.get("/overview", dependencies=[Depends(needs(Scope.READ_CASES))])
async def read_overview(pool: PoolDep) -> list[views.StageCount]:
    """How many cases stand where, for whom they wait, and how many dates have passed."""
    return await views.overview(pool)


@router.post("/cases/{case_id}/take", dependencies=[Depends(needs(Scope.WORK_ON_CASES))])
async def take(body: Annotated[Take, Body(examples=[{"agent": "agent-03"}])], desk: DeskDep) -> CaseReply:
    """Take a case of the first line. 409 `already_taken`, `not_in_first_line`, `case_closed`."""
    return await desk.send(body)


@router.post("/cases/{case_id}/steps", dependencies=[Depends(needs(Scope.WORK_ON_CASES))])
async def record_step(
    body: Annotated[
        RecordStep, Body(examples=[{"agent": "agent-03", "step": "restart_router", "helped": False}])
    ],
    desk: DeskDep,
) -> CaseReply:
    """Record a step of a playbook that was tried. 409 `already_tried`; 422 `unknown_step`."""
    return await desk.send(body)


@router.post("/cases/{case_id}/resolution", dependencies=[Depends(needs(Scope.WORK_ON_CASES))])
async def propose_resolution(
    body: Annotated[ProposeResolution, Body(examples=[{"agent": "agent-03", "reason": "network_restarted"}])],
    desk: DeskDep,
) -> CaseReply:
    """Propose a resolution; the customer is asked whether it is solved. 409 `already_proposed`."""
    return await desk.send(body)


@router.post("/cases/{case_id}/classification", dependencies=[Depends(needs(Scope.WORK_ON_CASES))])
async def classify(
    body: Annotated[
        ClassifyByAgent,
        Body(examples=[{"agent": "agent-03", "category": "technical_fault", "symptom_code": "no_power"}]),
    ],
    desk: DeskDep,
) -> CaseReply:
    """Say what the case is about; no classifier overwrites it. 409 `not_taken`, `remedy_under_way`."""
    return await desk.send(body)


@router.post("/cases/{case_id}/escalation", dependencies=[Depends(needs(Scope.WORK_ON_CASES))])
async def escalate(
    body: Annotated[EscalationBody, Body(examples=[{"agent": "agent-03", "symptom_code": "no_power"}])],
    desk: DeskDep,
) -> CaseReply:
    """Ask for a technician: warranty assesses first, and only then the case is escalated."""
    command = ClassifyByAgent(
        agent=body.agent, category=Category.TECHNICAL_FAULT, symptom_code=body.symptom_code
    )
    return await desk.send(command)


@router.post("/cases/{case_id}/acceptance", dependencies=[Depends(needs(Scope.REPAIR))])
async def accept_escalation(
    body: Annotated[AcceptEscalation, Body(examples=[{"agent": "tech-21"}])], desk: DeskDep
) -> CaseReply:
    """A technician accepts an escalated case. 409 `not_escalated`, `already_taken`."""
    return await desk.send(body)
