"""What the people of the first line and the technicians do at routing's door."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Code, Identifier, TextRef
from services.chassis.decider import Message, Refusal
from services.routing.domain import classification, owners, promises, resolution
from services.routing.domain.case import FIRST_LINE, CaseState, technician_queue
from services.routing.domain.charter import House
from services.routing.domain.records import Tried
from services.routing.domain.stages import TMF_STATUS, Purpose
from services.routing.domain.turn import Turn

CLOSED = owners.CLOSED


class Take(Message):
    """A person takes the case out of the queue he works in."""

    agent: Identifier


class RecordStep(Message):
    """A person went through a step of a playbook with the customer."""

    agent: Identifier
    step: Code
    helped: bool


class ProposeResolution(Message):
    """A person believes it is solved; `text_ref` is the explanation, kept in intake's vault."""

    agent: Identifier
    reason: Code
    text_ref: TextRef | None = None


def _known(category: Category) -> Category:
    if category is Category.fallback():
        raise ValueError("there is no such category")
    return category


class ClassifyByAgent(Message):
    """A person says what the case is about."""

    agent: Identifier
    category: Annotated[Category, AfterValidator(_known)]
    symptom_code: Code | None = None


class AcceptEscalation(Message):
    """A technician of the service point accepts the case."""

    agent: Identifier


class CaseReply(BaseModel):
    """The case after a command. `next_step` is the next step of the playbook; none when it is exhausted."""

    case_id: UUID
    stage: str
    tmf_status: str
    owner_kind: str
    owner: str
    queue: str
    waiting_for: str
    playbook: str | None
    next_step: str | None
    survivor: UUID | None
    """The case that goes on in place of this one."""


def reply(case_id: UUID, state: CaseState, house: House) -> CaseReply:
    """What a command answers."""
    playbook = house.playbooks.named(state.playbook)
    step = playbook.next_step(state.steps_tried) if playbook else None
    return CaseReply(
        case_id=case_id,
        stage=state.stage.value,
        tmf_status=TMF_STATUS[state.stage],
        owner_kind=state.owner.kind.value,
        owner=state.owner.id,
        queue=state.queue,
        waiting_for=state.waiting_for,
        playbook=state.playbook,
        next_step=step.code if step else None,
        survivor=state.survivor,
    )


def take(turn: Turn, command: Take) -> Refusal | None:
    """Take a case of one's queue. Taking what one has is no offence."""
    person = owners.agent(command.agent)
    if turn.state.is_closed:
        return CLOSED
    queue = turn.charter.queues.get(turn.state.queue)
    if queue is None:
        return Refusal("not_in_first_line", "the case is with the technicians of a service point")
    if turn.state.owner == person:
        return None
    if turn.state.has_person:
        return Refusal("already_taken", f"the case is with {turn.state.owner.id}")
    if turn.state.queue != FIRST_LINE and command.agent not in (*queue.staff, queue.supervisor):
        return Refusal("not_in_queue", f"the case is for the people of {turn.state.queue}")
    owners.assign(turn, person, turn.state.queue, "taken")
    return None


def record_step(turn: Turn, command: RecordStep) -> Refusal | None:
    """Record what was tried; no customer goes through the same step twice."""
    refusal = _not_theirs(turn, command.agent)
    if refusal is not None:
        return refusal
    if not turn.playbooks.knows(command.step):
        return Refusal("unknown_step", "no playbook has this step", ("body.step",), 422)
    if command.step in turn.state.steps_tried:
        return Refusal("already_tried", "this step was tried before in this case", ("body.step",))
    turn.change(steps=(*turn.state.steps, Tried(step=command.step, helped=command.helped)))
    promises.keep(turn, "step.tried", PromiseKind.FIRST_ANSWER, PromiseKind.NEXT_STEP)
    promises.ensure(turn)
    return None


def propose_resolution(turn: Turn, command: ProposeResolution) -> Refusal | None:
    """Propose a resolution to the customer."""
    refusal = _not_theirs(turn, command.agent)
    if refusal is not None:
        return refusal
    if turn.state.waits_for(Purpose.CONFIRMATION):
        return Refusal("already_proposed", "the customer has not answered the last proposal yet")
    resolution.propose(turn, command.reason, owners.agent(command.agent), command.text_ref)
    return None


def classify(turn: Turn, command: ClassifyByAgent) -> Refusal | None:
    """Say what the case is about, or that it needs a technician: warranty assesses first."""
    if refusal := _not_theirs(turn, command.agent):
        return refusal
    classification.by_agent(turn, command.category, command.symptom_code)
    return None


def accept_escalation(turn: Turn, command: AcceptEscalation) -> Refusal | None:
    """A technician takes an escalated case of his service point's queue."""
    state = turn.state
    technician = owners.agent(command.agent)
    if state.is_closed:
        return CLOSED
    waits_for_them = state.waits_for(Purpose.WORKSHOP, Purpose.PART)
    if not waits_for_them or state.remedy is None or state.remedy.service_point is None:
        return Refusal("not_escalated", "the case does not wait for a technician")
    if state.owner == technician:
        return None
    if state.has_person:
        return Refusal("already_taken", f"the case is with {state.owner.id}")
    owners.assign(turn, technician, technician_queue(state.remedy.service_point), "accepted")
    return None


def _not_theirs(turn: Turn, staff_no: Identifier) -> Refusal | None:
    """Why this person may not solve the case, or None."""
    if turn.state.remedy is not None and not turn.state.is_closed:
        return Refusal("remedy_under_way", "a replacement, a repair or a refund is under way")
    return owners.not_theirs(turn, staff_no)
