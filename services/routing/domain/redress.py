"""Making good (reparación): answers to complaints, and compensations that warranty decides about."""

from pydantic import Field

from ciclo_schemas.routing import CompensationCause, ComplaintAnswered, ComplaintOutcome, PromiseKind
from ciclo_schemas.values import Category, Code, Codes, Identifier, Money, TextRef
from ciclo_schemas.warranty import CompensationDeclined, CompensationGranted
from services.chassis.decider import Message, Refusal
from services.routing.domain import compensation, complaints, owners, promises, resolution
from services.routing.domain.case import CaseState
from services.routing.domain.records import Complaint
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

UPHELD = (ComplaintOutcome.UPHELD, ComplaintOutcome.PARTLY_UPHELD)


class AnswerComplaint(Message):
    """A person answers a complaint with reasons; `text_ref` is the answer, kept in intake's vault."""

    agent: Identifier
    complaint_no: int = Field(ge=1)
    outcome: ComplaintOutcome
    reasons: Codes = Field(min_length=1)
    text_ref: TextRef | None = None


class ProposeCompensation(Message):
    """A person proposes to make good a broken promise or a complaint; warranty decides."""

    agent: Identifier
    cause: CompensationCause
    cause_no: int = Field(ge=1)
    reason: Code
    amount: Money | None = None


def answer_complaint(turn: Turn, command: AnswerComplaint) -> Refusal | None:
    """Answer a complaint, once. If upheld it is made good; a case about nothing else is proposed as solved.

    Never refused because it is late (Ley 10/2025 art. 13: no complaint ends because time ran out).
    """
    complaint = _complaint(turn.state, command.complaint_no)
    if turn.state.is_closed:
        return owners.CLOSED
    if complaint is None:
        return Refusal(
            "no_such_complaint", "the case has no complaint of this number", ("body.complaint_no",)
        )
    if complaint.outcome is not None:
        return Refusal("already_answered", "this complaint has its answer")
    if not complaints.may_answer(turn, complaint, command.agent):
        return Refusal("not_impartial", "somebody who never had the case answers its complaints", status=403)
    _answer(turn, complaint, command)
    return None


def propose_compensation(turn: Turn, command: ProposeCompensation) -> Refusal | None:
    """Propose a compensation: whoever has the case or answers its complaint, once for each cause."""
    state = turn.state
    answers_it = not state.is_closed and any(one.owner.id == command.agent for one in state.complaints)
    refusal = None if answers_it else owners.not_theirs(turn, command.agent)
    if refusal is not None:
        return refusal
    if not _is_cause(state, command):
        return Refusal("no_such_cause", "no promise was broken and no complaint answered under this number")
    if compensation.is_proposed(state, command.cause, command.cause_no):
        return Refusal("already_proposed", "a compensation for this was proposed already")
    by = owners.agent(command.agent)
    compensation.propose(turn, command.cause, command.cause_no, by, command.reason, command.amount)
    return None


def compensation_decided(turn: Turn, decided: CompensationGranted | CompensationDeclined) -> None:
    """Warranty grants or declines; an end that waited for it follows."""
    turn.change(
        compensations=tuple(
            one.model_copy(update={"decided": True})
            if (one.cause, one.cause_no) == (decided.cause, decided.cause_no)
            else one
            for one in turn.state.compensations
        )
    )
    resolution.complaints_settled(turn)


def _answer(turn: Turn, complaint: Complaint, command: AnswerComplaint) -> None:
    by = owners.agent(command.agent)
    answered = complaint.model_copy(update={"outcome": command.outcome})
    turn.change(complaints=tuple(answered if one.no == answered.no else one for one in turn.state.complaints))
    turn.say(
        ComplaintAnswered(
            complaint_no=complaint.no,
            outcome=command.outcome,
            reasons=command.reasons,
            answered_by=by,
            text_ref=command.text_ref,
        )
    )
    promises.keep(turn, "complaint.answered", PromiseKind.COMPLAINT_ANSWER)
    if command.outcome in UPHELD:
        reason = f"complaint.{command.outcome.value}"
        compensation.propose(turn, CompensationCause.COMPLAINT, complaint.no, owners.ROUTING, reason)
    if turn.state.ending is not None:
        resolution.complaints_settled(turn)
    elif _is_all(turn.state):
        resolution.propose(turn, "complaint.answered", by, command.text_ref)
    if not turn.state.is_closed:
        promises.ensure(turn)


def _complaint(state: CaseState, number: int) -> Complaint | None:
    return next((one for one in state.complaints if one.no == number), None)


def _is_cause(state: CaseState, command: ProposeCompensation) -> bool:
    if command.cause is CompensationCause.PROMISE:
        return command.cause_no in state.broken
    complaint = _complaint(state, command.cause_no)
    return complaint is not None and complaint.outcome is not None


def _is_all(state: CaseState) -> bool:
    """Whether the case is about nothing but the complaint, and not being withdrawn."""
    about = state.finding is not None and state.finding.category is Category.COMPLAINT
    asked = state.cancelling or state.waits_for(Purpose.CONFIRMATION)
    return about and state.remedy is None and not asked
