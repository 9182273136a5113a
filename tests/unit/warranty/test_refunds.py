"""Refunds and price reductions: approved by law, taken instead of a new unit, paid."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.values import RemedyKind
from ciclo_schemas.warranty import RefundApproved, RefundPaid, RemedyAlreadyInForce, ReplacementWithdrawn
from services.chassis.decider import Origin
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy, Stock
from services.warranty.domain.refunds import ReportPayment
from services.warranty.handlers import deciders
from services.warranty.store import TABLES
from tests.support.deciders import CASE, FactsOf, Story
from tests.unit.warranty.world import (
    OLD_TV,
    OTHER_CASE,
    POLICIES,
    REPORTED,
    TV,
    chosen,
    classified,
    informed,
    last_assessment,
    opened,
    paid,
    replacement,
    reported,
    scanned,
    story,
    under_repair,
)

BRITISH_TV = replace(TV, jurisdiction="GB", seller="high-street")
FAILED = WorkshopReportKind.FAILED
NO_SOUND = {"product_unit": TV.product_unit, "symptom_code": "no_sound"}


def replaced_in_britain() -> Story:
    """A British consumer who asked for nothing in particular gets a new unit."""
    told = story(BRITISH_TV)
    told.hears(opened(jurisdiction="GB"))
    told.hears(classified())
    return told


def refunded() -> Story:
    """A refund after a failed repair, approved as the second remedy of the case."""
    told = under_repair()
    told.hears(reported(FAILED))
    told.hears(chosen(RemedyKind.REFUND, assessment_no=2))
    return told


def test_after_a_failed_repair_the_customer_gets_the_money_back_within_fourteen_days() -> None:
    told = refunded()
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert (refund.remedy_no, refund.supersedes, refund.defect_no, refund.partial) == (2, 1, 1, False)
    assert refund.promised_by == told.now + timedelta(days=14)
    assert refund.reasons[-1] == "chosen_by_customer"


def test_before_any_repair_spanish_law_gives_no_refund() -> None:
    told = under_repair()
    told.hears(chosen(RemedyKind.REFUND))
    assert told.said()[-1] == "remedy.already_in_force"


def test_a_refund_taken_instead_of_the_new_unit_withdraws_it_and_names_it() -> None:
    told = replaced_in_britain()
    told.hears(chosen(RemedyKind.REFUND))
    withdrawn, refund = told.published[2:]
    assert isinstance(withdrawn, ReplacementWithdrawn)
    assert (withdrawn.remedy_no, withdrawn.reason) == (1, "superseded")
    assert isinstance(refund, RefundApproved)
    assert (refund.remedy_no, refund.supersedes, refund.defect_no, refund.assessment_no) == (2, 1, 1, 1)
    in_force = [remedy.remedy_no for remedy in told.facts.find(Remedy) if remedy.in_force]
    assert in_force == [2]


def test_the_refund_names_the_new_unit_it_replaces_even_after_the_customer_told_of_another_symptom() -> None:
    told = replaced_in_britain()
    told.hears(informed(symptom_code="no_sound"))
    told.hears(chosen(RemedyKind.REFUND))
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert (refund.supersedes, refund.defect_no) == (1, 1)


@pytest.mark.parametrize("scan", [ScanKind.SHIPPED, ScanKind.DELIVERED])
def test_once_the_new_unit_has_left_the_customer_hears_that_it_is_under_way(scan: ScanKind) -> None:
    told = replaced_in_britain()
    told.hears(scanned(scan))
    told.hears(chosen(RemedyKind.REFUND))
    blocked = told.published[-1]
    assert isinstance(blocked, RemedyAlreadyInForce)
    assert (blocked.case, blocked.remedy_no) == (CASE, 1)


def test_who_lost_patience_with_a_lost_parcel_may_take_the_refund() -> None:
    told = replaced_in_britain()
    told.hears(scanned(ScanKind.SHIPPED))
    told.hears(scanned(ScanKind.LOST))
    told.hears(chosen(RemedyKind.REFUND))
    assert told.said()[-2:] == ["replacement.withdrawn", "refund.approved"]
    late = told.hears(scanned(ScanKind.SHIPPED, shipment="P-78"))
    assert late.refusal is not None
    assert late.refusal.code == "called_off"


def test_the_british_right_to_reject_ends_with_its_thirty_days() -> None:
    told = replaced_in_britain()
    told.hears(chosen(RemedyKind.REFUND, reported_at=datetime(2026, 12, 4, 12, tzinfo=UTC)))
    assert told.said()[-1] == "remedy.already_in_force"
    undeclared = story(BRITISH_TV)
    undeclared.hears(opened(facts={"product_unit": TV.product_unit}))
    undeclared.hears(classified())
    undeclared.hears(chosen(RemedyKind.REFUND, reported_at=datetime(2026, 12, 4, 12, tzinfo=UTC)))
    assert undeclared.said() == ["coverage.assessed", "coverage.assessed"]
    assert last_assessment(undeclared).remedies_allowed == (RemedyKind.REPLACEMENT,)
    assert last_assessment(undeclared).reasons[-1] == "right_not_exercised_in_time"


def test_a_longer_promise_of_the_seller_does_not_stretch_the_right_that_the_law_gives() -> None:
    generous = next(pack for pack in POLICIES.packs if pack.id == "seller-trial-30")
    assert generous.trial is not None
    generous = generous.model_copy(
        update={"id": "seller-trial-45", "trial": generous.trial.model_copy(update={"days": 45})}
    )
    policies = Policies((*POLICIES.packs, generous), POLICIES.calendars)
    for day, said in ((3, "refund.approved"), (4, "remedy.already_in_force")):
        told = Story(deciders(policies)[0], FactsOf(TABLES, replace(TV, jurisdiction="GB")))
        told.hears(opened())
        told.hears(classified())
        assert replacement(told).policy.id == "seller-trial-45"
        told.hears(chosen(RemedyKind.REFUND, reported_at=datetime(2026, 12, day, 12, tzinfo=UTC)))
        assert told.said()[-1] == said
        if isinstance(refund := told.published[-1], RefundApproved):
            assert refund.policy.id == "gb-consumer-goods"


def test_after_a_refund_no_new_unit_is_sent_and_another_case_hears_of_it() -> None:
    told = replaced_in_britain()
    told.hears(chosen(RemedyKind.REFUND))
    told.hears(chosen(RemedyKind.REPLACEMENT))
    assert told.said()[-1] == "remedy.already_in_force"
    other = story(facts=told.facts, case=OTHER_CASE)
    other.hears(opened(case_no="C26-0002-5", facts=NO_SOUND))
    other.hears(classified())
    assert other.said() == ["coverage.assessed", "remedy.already_in_force"]


def test_who_keeps_the_unit_for_a_lower_price_may_still_report_another_defect() -> None:
    told = under_repair()
    told.hears(reported(FAILED))
    told.hears(chosen(RemedyKind.PRICE_REDUCTION, assessment_no=2))
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert refund.partial
    other = story(facts=told.facts, case=OTHER_CASE)
    other.hears(opened(case_no="C26-0002-5", facts=NO_SOUND))
    other.hears(classified())
    assert other.said() == ["coverage.assessed"]
    assert last_assessment(other).remedies_allowed


def test_a_payment_is_told_once_however_often_it_is_reported() -> None:
    told = refunded()
    told.hears(paid())
    told.hears(paid(publisher="bank"))
    by_hand = told.hears(
        ReportPayment(remedy_no=2, reference="TRF-1", paid_at=REPORTED), origin=Origin.COMMAND
    )
    assert by_hand.refusal is None
    assert told.said()[-2:] == ["refund.approved", "refund.paid"]
    payment = told.published[-1]
    assert isinstance(payment, RefundPaid)
    assert (payment.remedy_no, payment.reference, payment.paid_at) == (2, "TRF-1", REPORTED)


def test_payments_that_fit_no_refund_are_refused() -> None:
    told = refunded()
    told.hears(paid())
    refusals = [
        told.hears(paid(remedy_no=3)).refusal,
        told.hears(paid(remedy_no=1)).refusal,
        told.hears(paid(reference="TRF-2")).refusal,
        refunded().hears(paid(paid_at=told.now + timedelta(hours=2))).refusal,
        story().hears(paid()).refusal,
    ]
    assert [(refusal.code, refusal.wait is not None) for refusal in refusals if refusal is not None] == [
        ("unknown_remedy", True),
        ("not_a_refund", False),
        ("already_paid", False),
        ("in_the_future", False),
        ("not_seen_yet", True),
    ]


def test_without_stock_the_new_unit_is_approved_for_when_more_are_expected_and_the_refund_is_open() -> None:
    told = story(TV, Stock(TV.model, 0, datetime(2026, 12, 10, tzinfo=UTC).date()))
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPLACEMENT, RemedyKind.REFUND)
    approved = replacement(told)
    assert approved.reasons == ("reported_in_trial", "no_stock", "replaced_in_trial")
    assert approved.promised_by == datetime(2026, 12, 13, 22, 59, 59, tzinfo=UTC)
    told.hears(chosen(RemedyKind.REFUND))
    assert told.said()[2:] == ["replacement.withdrawn", "refund.approved"]


def test_in_the_guarantee_a_shortage_is_told_but_the_law_gives_no_refund_for_it() -> None:
    told = story(OLD_TV, Stock(TV.model, 0, None))
    told.hears(opened())
    told.hears(classified())
    assert last_assessment(told).reasons[-1] == "no_stock"
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)
    told.hears(chosen(RemedyKind.REPLACEMENT))
    assert replacement(told).promised_by == told.now + timedelta(days=35)


def test_when_nobody_knows_when_more_come_a_month_is_the_longest_to_wait() -> None:
    told = story(TV, Stock(TV.model, 0, None))
    told.hears(opened())
    told.hears(classified())
    assert replacement(told).promised_by == told.now + timedelta(days=33)


@pytest.mark.parametrize(
    "stock", [Stock(TV.model, 4, None), Stock(TV.model, None, None), Stock("other", 0, None)]
)
def test_with_enough_stock_or_none_counted_the_usual_promise_is_made(stock: Stock) -> None:
    told = story(TV, stock)
    told.hears(opened())
    told.hears(classified())
    assert replacement(told).promised_by == told.now + timedelta(days=3)
    assert "no_stock" not in replacement(told).reasons
