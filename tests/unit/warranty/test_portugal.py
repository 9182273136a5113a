"""Portugal, DL 84/2021: thirty days in which the consumer chooses, three years, six months a repair."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import RefundApproved, RepairAuthorized, RepairCompleted
from services.warranty.domain.coverage import assess
from services.warranty.domain.records import Remedy, Unit
from services.warranty.domain.rights import CaseRights
from tests.support.deciders import CASE
from tests.unit.warranty.world import (
    POLICIES,
    SOUTH,
    TV,
    chosen,
    classified,
    last_assessment,
    opened,
    reported,
    story,
)

PORTUGUESE = replace(TV, jurisdiction="PT", seller="loja-do-rio")
LISBON = replace(SOUTH, jurisdictions='["PT"]')


def sold(day: date) -> Unit:
    """Sold and delivered on one day."""
    return replace(PORTUGUESE, purchased_on=day, delivered_on=day)


def repaired(number: int, reported_on: date, received: date, returned: date) -> Remedy:
    """A repair that was completed, at noon each time."""

    def noon(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    return Remedy(
        case_id=UUID(int=number),
        remedy_no=1,
        product_unit=TV.product_unit,
        defect_no=number,
        symptom_code=f"symptom_{number}",
        kind="repair",
        in_force=False,
        assessment_no=1,
        coverage="guarantee",
        policy_id="pt-consumer-goods",
        policy_version="2022",
        reported_at=noon(reported_on),
        decided_at=noon(reported_on),
        due=noon(returned),
        repair_no=f"R-{number}",
        service_point="cast-south",
        received_at=noon(received),
        completed_at=noon(returned),
        returned_at=noon(returned),
    )


def on_one_day(number: int) -> Remedy:
    """A repair that took no day at all."""
    day = date(2024, number + 1, 15)
    return repaired(number, day, day, day)


def test_a_defect_within_thirty_days_of_delivery_brings_a_new_unit_at_once_and_the_refund_stays_open() -> (
    None
):
    told = story(sold(date(2026, 10, 25)))
    told.hears(opened(jurisdiction="PT"))
    told.hears(classified())
    assessed = last_assessment(told)
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert (assessed.window, assessed.basis) == (Window.TRIAL, "short_term_right")
    assert assessed.dates.trial_until == date(2026, 11, 24)
    assert assessed.remedies_allowed == (RemedyKind.REPLACEMENT, RemedyKind.REFUND)
    told.hears(chosen(RemedyKind.REFUND))
    assert told.said()[2:] == ["replacement.withdrawn", "refund.approved"]


def test_who_asks_for_the_contract_to_be_ended_gets_the_refund_at_once() -> None:
    told = story(sold(date(2026, 10, 25)))
    told.hears(opened(jurisdiction="PT", asked_for=RemedyKind.REFUND))
    told.hears(classified())
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert refund.policy.id == "pt-consumer-goods"
    assert refund.promised_by == told.now + timedelta(days=14)


def test_the_choice_may_come_after_the_thirty_days_as_the_defect_showed_within_them() -> None:
    told = story(sold(date(2026, 10, 25)))
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REFUND, reported_at=datetime(2026, 12, 20, 9, tzinfo=UTC)))
    assert told.said()[-1] == "refund.approved"


@pytest.mark.parametrize(
    ("delivered", "repairs", "until"),
    [
        (date(2024, 1, 10), 0, date(2027, 1, 10)),
        (date(2024, 1, 10), 1, date(2027, 7, 10)),
        (date(2024, 1, 10), 4, date(2029, 1, 10)),
        (date(2024, 1, 10), 5, date(2029, 1, 10)),
        (date(2024, 2, 29), 0, date(2027, 2, 28)),
        (date(2022, 1, 1), 0, date(2025, 1, 1)),
    ],
)
def test_three_years_and_six_months_for_each_repair_up_to_four(
    delivered: date, repairs: int, until: date
) -> None:
    case = CaseRights.of(CASE, opened(reported_at=datetime(2024, 3, 1, 12, tzinfo=UTC)))
    remedies = [on_one_day(number) for number in range(1, repairs + 1)]
    assert assess(case, sold(delivered), remedies, POLICIES).guarantee_until == until


def test_the_clock_stands_still_from_the_report_not_only_from_handing_over() -> None:
    case = CaseRights.of(CASE, opened(reported_at=datetime(2026, 3, 1, 12, tzinfo=UTC)))
    repair = repaired(1, date(2025, 3, 1), date(2025, 3, 11), date(2025, 3, 21))
    assessed = assess(case, sold(date(2024, 1, 10)), [repair], POLICIES)
    assert assessed.guarantee_until == date(2027, 7, 30)
    assert {"clock_suspended_by_repair", "lengthened_by_repair"} <= set(assessed.reasons)


def test_nothing_moves_the_two_years_of_the_presumption() -> None:
    repair = repaired(1, date(2025, 3, 1), date(2025, 3, 11), date(2025, 3, 21))
    for reported_on, reason in ((10, "defect_presumed"), (11, "presumption_over")):
        case = CaseRights.of(CASE, opened(reported_at=datetime(2026, 1, reported_on, 12, tzinfo=UTC)))
        assert reason in assess(case, sold(date(2024, 1, 10)), [repair], POLICIES).reasons


def test_a_repair_is_due_in_thirty_days_and_makes_the_guarantee_six_months_longer() -> None:
    told = story(sold(date(2025, 6, 3)), LISBON)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPAIR))
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert repair.due == told.now + timedelta(days=30)
    told.hears(reported(WorkshopReportKind.COMPLETED, 9))
    completed = told.published[-1]
    assert isinstance(completed, RepairCompleted)
    assert completed.repair_guarantee_until == date(2028, 12, 3)


def test_after_a_failed_repair_the_consumer_may_have_part_of_the_price_back() -> None:
    told = story(sold(date(2025, 6, 3)), LISBON)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPAIR))
    told.hears(reported(WorkshopReportKind.FAILED, 9))
    told.hears(chosen(RemedyKind.PRICE_REDUCTION, assessment_no=2))
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert (refund.partial, refund.supersedes) == (True, 1)


def test_a_sale_before_2022_is_left_to_a_person() -> None:
    told = story(sold(date(2021, 12, 31)))
    told.hears(opened())
    told.hears(classified())
    assert last_assessment(told).window is Window.UNKNOWN
    assert last_assessment(told).reasons == ("no_policy_known",)


def test_the_portuguese_day_ends_at_midnight_in_lisbon() -> None:
    for hour, window in ((23, Window.TRIAL), (24, Window.GUARANTEE)):
        told = story(sold(date(2026, 10, 25)))
        told.hears(opened(reported_at=datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=hour)))
        told.hears(classified())
        assert last_assessment(told).window is window
        assert ("replacement.approved" in told.said()) == (window is Window.TRIAL)
