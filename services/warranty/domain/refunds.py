"""Money that was paid to the customer, as the ERP or staff report."""

from dataclasses import replace

from pydantic import Field

from ciclo_schemas.inbound import RefundReported
from ciclo_schemas.values import Identifier, Number, RemedyKind
from ciclo_schemas.warranty import RefundPaid
from services.chassis.decider import Decision, Given, Message
from services.chassis.given import GivenMoment, GivenMoney
from services.warranty.domain.answers import Decided
from services.warranty.domain.records import Remedy
from services.warranty.domain.reports import CLOCKS_DIFFER, WAIT_FOR_UNKNOWN, refuse
from services.warranty.domain.rights import CaseRights

REFUNDS = frozenset({RemedyKind.REFUND, RemedyKind.PRICE_REDUCTION})


class Payment(Message):
    """A payment to the customer."""

    reference: Identifier = Field(description="the number of the payment")
    paid_at: GivenMoment
    amount: GivenMoney | None = None


class ReportPayment(Payment):
    """The refund of this number was paid."""

    remedy_no: Number


def refund_reported(case: CaseRights | None, report: RefundReported, given: Given) -> Decided:
    """The ERP reports a payment."""
    payment = ReportPayment(**report.model_dump(include=set(ReportPayment.model_fields)))
    return payment_reported(case, payment, given)


def payment_reported(case: CaseRights | None, payment: ReportPayment, given: Given) -> Decided:
    """A refund was paid. The same payment again changes nothing; a second one is refused."""
    remedy = given.facts.one(Remedy, case_id=given.subject, remedy_no=payment.remedy_no)
    if case is None:
        return refuse(case, "not_seen_yet", "this case is not known yet", "case", wait=WAIT_FOR_UNKNOWN)
    if remedy is None:
        detail = "this case has no such remedy"
        return refuse(case, "unknown_remedy", detail, "remedy_no", wait=WAIT_FOR_UNKNOWN, status=404)
    if remedy.kind not in REFUNDS:
        return refuse(case, "not_a_refund", "the remedy is not a refund", "remedy_no")
    if payment.paid_at > given.now + CLOCKS_DIFFER:
        return refuse(case, "in_the_future", "what is reported has not happened yet", "paid_at")
    reply = Payment(**payment.model_dump(exclude={"remedy_no"}))
    if remedy.payment == payment.reference:
        return Decision(case, reply=reply)
    if remedy.payment is not None:
        return refuse(case, "already_paid", "another payment of this refund was reported", "reference")
    if remedy.called_off_at is not None:
        return refuse(case, "called_off", "this refund was taken back", "remedy_no")
    paid = RefundPaid(remedy_no=remedy.remedy_no, **reply.model_dump())
    row = replace(remedy, payment=payment.reference, paid_at=payment.paid_at)
    return Decision(case, events=(paid,), rows=(row,), reply=reply)
