"""What workshops report, and what contradicts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import (
    ItemReceived,
    Place,
    RepairAuthorized,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    RepairRescheduled,
)
from services.warranty.domain.records import Remedy, ServicePoint
from tests.support.deciders import CASE, Story
from tests.unit.warranty.world import (
    OLD_TV,
    OTHER_CASE,
    SOUTH,
    TV,
    chosen,
    classified,
    last_assessment,
    opened,
    replacement,
    reported,
    story,
    under_repair,
)

RECEIVED, COMPLETED = WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED
FAILED, RETURNED = WorkshopReportKind.FAILED, WorkshopReportKind.RETURNED
REFUSED, DELAYED = WorkshopReportKind.REFUSED, WorkshopReportKind.DELAYED


def open_repairs(told: Story) -> int:
    """How many repairs are open at the southern workshop."""
    point = told.facts.one(ServicePoint, id="cast-south")
    assert point is not None
    return point.open_repairs


def test_a_repair_is_received_completed_and_given_back() -> None:
    told = under_repair()
    told.hears(reported(RECEIVED, 2))
    told.hears(reported(COMPLETED, 9, work=("panel_replaced",)))
    told.hears(reported(RETURNED, 10))
    assert told.said()[2:] == ["item.received", "repair.completed", "item.returned"]
    assert open_repairs(told) == SOUTH.open_repairs


def test_a_workshop_that_reports_twice_has_reported_once() -> None:
    told = under_repair()
    for kind, day in (
        (RECEIVED, 2),
        (RECEIVED, 3),
        (COMPLETED, 9),
        (COMPLETED, 9),
        (RETURNED, 9),
        (RETURNED, 10),
    ):
        told.hears(reported(kind, day))
    assert told.said()[2:] == ["item.received", "repair.completed", "item.returned"]
    assert open_repairs(told) == SOUTH.open_repairs


def test_completed_implies_received() -> None:
    told = under_repair()
    told.hears(reported(COMPLETED, 9, work=("panel_replaced",)))
    received, completed = told.published[2:]
    assert isinstance(received, ItemReceived)
    assert received.at is Place.WORKSHOP
    assert isinstance(completed, RepairCompleted)
    assert completed.work == ("panel_replaced",)
    assert completed.repair_guarantee_until == date(2028, 6, 3)


def test_a_receipt_told_after_completion_only_corrects_the_day_the_clock_stopped() -> None:
    told = under_repair()
    told.hears(reported(COMPLETED, 9))
    told.hears(reported(RECEIVED, 2))
    told.hears(reported(RETURNED, 10))
    assert told.said()[2:] == ["item.received", "repair.completed", "item.returned"]
    repair = told.facts.one(Remedy, case_id=CASE, remedy_no=1)
    assert repair is not None
    assert repair.received_at == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def test_a_repair_is_answered_for_one_year_even_where_the_guarantee_ends_before() -> None:
    told = story(replace(OLD_TV, purchased_on=date(2023, 12, 1), delivered_on=date(2023, 12, 3)), SOUTH)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPAIR))
    told.hears(reported(COMPLETED, 9))
    completed = told.published[-1]
    assert isinstance(completed, RepairCompleted)
    assert completed.repair_guarantee_until == date(2027, 11, 9)
    told.hears(reported(RETURNED, 10))

    again = story(facts=told.facts, case=OTHER_CASE)
    again.hears(opened(case_no="C26-0002-5", reported_at=datetime(2027, 11, 9, 12, 0, tzinfo=UTC)))
    again.hears(classified())
    assert last_assessment(again).window is Window.GUARANTEE
    other = story(facts=told.facts, case=UUID(int=3))
    facts = {"product_unit": TV.product_unit, "symptom_code": "no_sound"}
    other.hears(opened(facts=facts, reported_at=datetime(2027, 11, 9, 12, 0, tzinfo=UTC)))
    other.hears(classified())
    assert last_assessment(other).window is Window.OUT


def test_after_a_failed_repair_the_customer_chooses_among_more_but_not_the_same_repair() -> None:
    told = under_repair()
    told.hears(reported(FAILED, 9, reason="no_spare_part"))
    assert told.said()[2:] == ["item.received", "repair.failed", "coverage.assessed"]
    failed = told.published[3]
    assert isinstance(failed, RepairFailed)
    assert failed.reason == "no_spare_part"
    assessed = last_assessment(told)
    assert assessed.assessment_no == 2
    assert assessed.remedies_allowed == (
        RemedyKind.REPLACEMENT,
        RemedyKind.PRICE_REDUCTION,
        RemedyKind.REFUND,
    )
    assert [(w.remedy, w.reason) for w in assessed.withheld] == [(RemedyKind.REPAIR, "repair_failed")]
    assert open_repairs(told) == SOUTH.open_repairs

    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=2))
    approved = replacement(told)
    assert (approved.remedy_no, approved.supersedes, approved.defect_no) == (2, 1, 1)


def test_the_same_defect_after_a_repair_opens_more_remedies_in_a_new_case() -> None:
    first = under_repair()
    first.hears(reported(COMPLETED, 9))
    again = story(facts=first.facts, case=OTHER_CASE)
    again.hears(opened(case_no="C26-0002-5"))
    again.hears(classified())
    assert RemedyKind.REFUND in last_assessment(again).remedies_allowed
    assert "earlier_repair" in last_assessment(again).reasons
    again.hears(chosen(RemedyKind.REPLACEMENT))
    assert replacement(again).defect_no == 1


def test_reports_that_contradict_are_refused_with_a_code_and_change_nothing() -> None:
    told = under_repair()
    early = told.hears(reported(RETURNED)).refusal
    assert early is not None
    assert (early.code, early.wait) == ("not_received", timedelta(days=1))
    told.hears(reported(COMPLETED, 9))
    refusals = [
        told.hears(reported(FAILED, 9)).refusal,
        told.hears(reported(RETURNED, 8)).refusal,
        told.hears(reported(RETURNED, 28)).refusal,
        told.hears(reported(WorkshopReportKind.UNKNOWN, 9)).refusal,
    ]
    assert [refusal.code for refusal in refusals if refusal is not None] == [
        "already_completed",
        "returned_before_received",
        "in_the_future",
        "unknown_kind",
    ]
    assert told.said()[2:] == ["item.received", "repair.completed"]

    other = under_repair()
    other.hears(reported(FAILED, 9))
    refusal = other.hears(reported(COMPLETED, 9)).refusal
    assert refusal is not None
    assert refusal.code == "already_failed"


@pytest.mark.parametrize(
    "told", [story(), under_repair()], ids=["case that warranty never heard of", "repair of another number"]
)
def test_a_report_about_an_unknown_repair_waits_a_day(told: Story) -> None:
    refusal = told.hears(reported(COMPLETED, repair_no="R-C26-9999-1")).refusal
    assert refusal is not None
    assert (refusal.code, refusal.wait, refusal.locations) == (
        "unknown_repair",
        timedelta(days=1),
        ("repair_no",),
    )


def test_a_workshop_cannot_report_the_repair_of_one_case_under_another() -> None:
    first = under_repair()
    second = story(facts=first.facts, case=OTHER_CASE)
    second.hears(opened(case_no="C26-0002-5"))
    refusal = second.hears(reported(COMPLETED, case=OTHER_CASE)).refusal
    assert refusal is not None
    assert refusal.code == "unknown_repair"


def test_a_workshop_cannot_report_the_repair_of_another_workshop() -> None:
    told = under_repair()
    refusal = told.hears(reported(COMPLETED, 9, publisher="workshops/cast-north")).refusal
    assert refusal is not None
    assert (refusal.code, refusal.locations) == ("not_this_workshop", ("publisher",))
    assert told.hears(reported(COMPLETED, 9, publisher="workshops/cast-south")).refusal is None


def test_a_workshop_without_room_is_not_asked_again_and_the_customer_chooses_anew() -> None:
    told = under_repair()
    told.hears(reported(REFUSED, 2, reason="no_capacity"))
    told.hears(reported(REFUSED, 2, reason="no_capacity"))
    assert told.said()[2:] == ["repair.refused", "coverage.assessed"]
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)
    assert last_assessment(told).reasons[-1] == "repair_refused"
    assert open_repairs(told) == SOUTH.open_repairs
    told.hears(chosen(RemedyKind.REPAIR, assessment_no=2))
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert (repair.service_point, repair.remedy_no, repair.supersedes) == ("cast-north", 2, 1)


@pytest.mark.parametrize("reason", ["misuse_found", None])
def test_what_a_workshop_says_about_the_customer_is_for_a_person_to_judge(reason: str | None) -> None:
    told = under_repair()
    told.hears(reported(REFUSED, 2, reason=reason))
    refused = told.published[2]
    assert isinstance(refused, RepairRefused)
    assert refused.reason == (reason or "not_stated")
    assert last_assessment(told).remedies_allowed == ()
    assert last_assessment(told).reasons[-1] == "choice_for_staff"
    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=1))
    assert "replacement.approved" not in told.said()


def test_a_repair_that_was_refused_cannot_be_completed_but_the_unit_is_given_back() -> None:
    told = under_repair()
    told.hears(reported(RECEIVED, 2))
    told.hears(reported(REFUSED, 3, reason="no_spare_part"))
    refusal = told.hears(reported(COMPLETED, 9)).refusal
    assert refusal is not None
    assert refusal.code == "called_off"
    told.hears(reported(RETURNED, 9))
    assert told.said()[2:] == ["item.received", "repair.refused", "coverage.assessed", "item.returned"]
    ended = under_repair()
    ended.hears(reported(COMPLETED, 9))
    late = ended.hears(reported(REFUSED, 9)).refusal
    assert late is not None
    assert late.code == "already_ended"


def test_a_part_that_is_late_moves_the_date_and_says_why() -> None:
    told = under_repair()
    was_due = told.now + timedelta(days=15)
    for day in (10, 20):
        expected = datetime(2026, 12, day, 17, 0, tzinfo=UTC)
        told.hears(reported(DELAYED, 2, reason="waiting_for_part", expected_at=expected))
        told.hears(reported(DELAYED, 2, reason="waiting_for_part", expected_at=expected))
    assert told.said()[2:] == ["repair.rescheduled", "repair.rescheduled"]
    first, second = told.published[2:]
    assert isinstance(first, RepairRescheduled)
    assert isinstance(second, RepairRescheduled)
    assert (first.was_due, first.reason) == (was_due, "waiting_for_part")
    assert (second.was_due, second.due) == (first.due, datetime(2026, 12, 20, 17, 0, tzinfo=UTC))


def test_a_delay_without_a_date_to_come_is_refused() -> None:
    told = under_repair()
    none = told.hears(reported(DELAYED, 2)).refusal
    past = told.hears(reported(DELAYED, 2, expected_at=datetime(2026, 11, 2, 10, 0, tzinfo=UTC))).refusal
    assert [refusal.code for refusal in (none, past) if refusal is not None] == ["no_date", "date_has_passed"]
    told.hears(reported(COMPLETED, 9))
    told.hears(reported(DELAYED, 9, expected_at=datetime(2026, 12, 2, 10, 0, tzinfo=UTC)))
    assert told.said()[-1] == "repair.completed"
