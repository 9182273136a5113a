"""What warranty and the customer say in the longer stories: refunds, quotes, delays, cancellations."""

from datetime import datetime, timedelta

from ciclo_schemas.cases import CaseCancellationRequested, CaseQuoteAnswered
from ciclo_schemas.values import Channel, Money, Window
from ciclo_schemas.warranty import (
    CancellationAssessed,
    CannotCancel,
    ContainmentNotified,
    QuoteExpired,
    QuoteIssued,
    QuoteRefused,
    QuoteRequested,
    RefundApproved,
    RefundPaid,
    RepairCancelled,
    RepairRefused,
    RepairRescheduled,
    ReplacementLost,
    ReplacementWithdrawn,
)
from tests.support.deciders import NOW
from tests.unit.routing.world import POLICY, TV, WORKSHOP

QUOTE = "Q-C-0001-X-1"


def refund_approved(
    remedy_no: int = 1,
    by: datetime = NOW + timedelta(days=14),
    assessment_no: int = 1,
    *,
    partial: bool = False,
    supersedes: int | None = None,
) -> RefundApproved:
    return RefundApproved(
        remedy_no=remedy_no,
        product_unit=TV,
        defect_no=1,
        assessment_no=assessment_no,
        window=Window.GUARANTEE,
        policy=POLICY,
        reasons=("chosen_by_customer",),
        partial=partial,
        promised_by=by,
        supersedes=supersedes,
    )


def refund_paid(remedy_no: int = 1) -> RefundPaid:
    return RefundPaid(remedy_no=remedy_no, reference="PAY-1", paid_at=NOW)


def replacement_lost(remedy_no: int = 1) -> ReplacementLost:
    return ReplacementLost(remedy_no=remedy_no, shipment="SHIP-1", lost_at=NOW)


def replacement_withdrawn(remedy_no: int = 1) -> ReplacementWithdrawn:
    return ReplacementWithdrawn(remedy_no=remedy_no, reason="customer_cancelled")


def repair_refused(remedy_no: int = 1) -> RepairRefused:
    return RepairRefused(
        remedy_no=remedy_no, repair_no=f"REP-{remedy_no}", refused_at=NOW, reason="not_our_brand"
    )


def repair_cancelled(remedy_no: int = 1) -> RepairCancelled:
    return RepairCancelled(remedy_no=remedy_no, repair_no=f"REP-{remedy_no}", reason="workshop_overdue")


def rescheduled(
    due: datetime, remedy_no: int = 1, was_due: datetime = NOW + timedelta(days=15), reason: str = "busy"
) -> RepairRescheduled:
    return RepairRescheduled(
        remedy_no=remedy_no, repair_no=f"REP-{remedy_no}", was_due=was_due, due=due, reason=reason
    )


def quote_requested(due: datetime = NOW + timedelta(days=7), quote_no: str = QUOTE) -> QuoteRequested:
    return QuoteRequested(
        quote_no=quote_no, service_point=WORKSHOP, product_unit=TV, assessment_no=1, due=due
    )


def quote_issued(
    valid_until: datetime = NOW + timedelta(days=15), revision: int = 1, quote_no: str = QUOTE
) -> QuoteIssued:
    return QuoteIssued(
        quote_no=quote_no,
        revision=revision,
        service_point=WORKSHOP,
        price=Money(amount_minor=12900, currency="EUR"),
        valid_until=valid_until,
        work=("board_changed",),
    )


def quote_answered(accepted: bool = True, *, revision: int = 1, quote_no: str = QUOTE) -> CaseQuoteAnswered:
    return CaseQuoteAnswered(
        channel=Channel.WEB, reported_at=NOW, quote_no=quote_no, revision=revision, accepted=accepted
    )


def quote_refused(quote_no: str = QUOTE) -> QuoteRefused:
    return QuoteRefused(quote_no=quote_no, reason="refused_by_customer")


def quote_expired(quote_no: str = QUOTE) -> QuoteExpired:
    return QuoteExpired(quote_no=quote_no, valid_until=NOW + timedelta(days=15))


def cancellation() -> CaseCancellationRequested:
    return CaseCancellationRequested(channel=Channel.WEB, reported_at=NOW)


def cancellable(*taken_back: str) -> CancellationAssessed:
    return CancellationAssessed(taken_back=taken_back)


def not_cancellable(what: str = "replacement") -> CancellationAssessed:
    return CancellationAssessed(taken_back=(), cannot=(CannotCancel(what=what, reason="shipped"),))


def containment() -> ContainmentNotified:
    return ContainmentNotified(
        containment="CON-1", product_unit=TV, cause="battery_overheats", advice="stop_using"
    )
