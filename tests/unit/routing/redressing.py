"""What makes good: complaints with their answers, warranty's word on compensations, objections, training."""

from datetime import timedelta

from ciclo_schemas.cases import CaseObjectionRaised
from ciclo_schemas.routing import CompensationCause, ComplaintOutcome
from ciclo_schemas.values import Category, Channel, Money
from ciclo_schemas.warranty import CompensationDeclined, CompensationGranted
from services.routing.domain.promises import PromiseDue
from services.routing.domain.redress import AnswerComplaint
from tests.support.deciders import NOW
from tests.unit.routing.world import POLICY, Case, text_ref

UPHELD, REFUSED = ComplaintOutcome.UPHELD, ComplaintOutcome.NOT_UPHELD
TWENTY_EUROS = Money(amount_minor=2000, currency="EUR")


def objection(text: int | None = None) -> CaseObjectionRaised:
    return CaseObjectionRaised(
        channel=Channel.WEB, reported_at=NOW, text_ref=None if text is None else text_ref(text)
    )


def granted(cause: CompensationCause = CompensationCause.COMPLAINT, cause_no: int = 1) -> CompensationGranted:
    return CompensationGranted(
        cause=cause, cause_no=cause_no, amount=TWENTY_EUROS, policy=POLICY, reasons=("within_limit",)
    )


def declined(
    cause: CompensationCause = CompensationCause.COMPLAINT, cause_no: int = 1
) -> CompensationDeclined:
    return CompensationDeclined(cause=cause, cause_no=cause_no, reason="over_limit")


def answer(
    outcome: ComplaintOutcome = REFUSED, agent: str = "agent-08", complaint_no: int = 1
) -> AnswerComplaint:
    return AnswerComplaint(
        agent=agent, complaint_no=complaint_no, outcome=outcome, reasons=("checked_calls",)
    )


def complained() -> Case:
    """A customer who complains of the service and of nothing else."""
    case = Case()
    case.is_found(Category.COMPLAINT, reasons=("no_answer",))
    return case


def breaks(case: Case, promise_no: int) -> None:
    """The date of a promise passes."""
    promise = next(one for one in case.state.promises if one.no == promise_no)
    case.at(promise.due + timedelta(seconds=1), PromiseDue(promise_no=promise_no))
