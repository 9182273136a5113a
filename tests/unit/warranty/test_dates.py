"""Golden dates: last days included, in the customer's calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ciclo_schemas.values import Window
from services.warranty.domain.calendar import days_after, months_after, working_days_after
from services.warranty.domain.coverage import assess
from services.warranty.domain.records import Remedy, Unit
from services.warranty.domain.rights import CaseRights
from tests.support.deciders import CASE
from tests.unit.warranty.world import POLICIES, TV, opened

SPANISH = replace(TV, seller="no-trial-shop")
BRITISH = replace(SPANISH, jurisdiction="GB")


def sold(unit: Unit, purchased: date, delivered: date | None = None) -> Unit:
    """A unit sold and delivered on these days."""
    return replace(unit, purchased_on=purchased, delivered_on=delivered or purchased)


def guarantee_until(unit: Unit, *remedies: Remedy) -> date | None:
    """The last day of its guarantee, for a report on the day after delivery."""
    start = unit.delivered_on or unit.purchased_on
    at = datetime.combine(start, datetime.min.time(), UTC) + timedelta(days=1, hours=12)
    case = CaseRights.of(CASE, opened(reported_at=at))
    return assess(case, unit, remedies, POLICIES).guarantee_until


def repair(received: datetime, returned: datetime | None) -> Remedy:
    """A repair that kept the unit at a workshop."""
    return Remedy(
        case_id=CASE,
        remedy_no=1,
        product_unit=TV.product_unit,
        defect_no=1,
        symptom_code="other",
        kind="repair",
        in_force=returned is None,
        assessment_no=1,
        coverage="guarantee",
        policy_id="es-consumer-goods",
        policy_version="2022",
        reported_at=received,
        decided_at=received,
        due=received,
        repair_no="R-1",
        service_point="cast-south",
        received_at=received,
        returned_at=returned,
    )


@pytest.mark.parametrize(
    ("unit", "until"),
    [
        (sold(SPANISH, date(2023, 11, 15)), date(2026, 11, 15)),
        (sold(SPANISH, date(2024, 2, 29)), date(2027, 2, 28)),
        (sold(SPANISH, date(2023, 11, 21), date(2023, 12, 4)), date(2026, 12, 4)),
        (sold(SPANISH, date(2021, 12, 31), date(2022, 1, 5)), date(2024, 1, 5)),
        (sold(SPANISH, date(2022, 1, 1)), date(2025, 1, 1)),
        (sold(BRITISH, date(2026, 10, 22)), date(2032, 10, 22)),
    ],
    ids=["three years", "leap day", "delivered later than bought", "contract of 2021", "first of 2022", "uk"],
)
def test_the_guarantee_ends_on_its_golden_day(unit: Unit, until: date) -> None:
    assert guarantee_until(unit) == until


def test_the_days_at_the_workshop_are_added() -> None:
    at_workshop = repair(datetime(2025, 3, 1, 9, 0, tzinfo=UTC), datetime(2025, 3, 21, 9, 0, tzinfo=UTC))
    assert guarantee_until(sold(SPANISH, date(2023, 11, 15)), at_workshop) == date(2026, 12, 5)
    assert guarantee_until(sold(BRITISH, date(2023, 11, 15)), at_workshop) == date(2029, 11, 15)


def test_while_the_unit_is_at_the_workshop_the_clock_stands_still() -> None:
    unit = sold(SPANISH, date(2023, 11, 15))
    case = CaseRights.of(CASE, opened(reported_at=datetime(2026, 11, 18, 12, 0, tzinfo=UTC)))
    assert assess(case, unit, (), POLICIES).window is Window.OUT
    assessed = assess(case, unit, [repair(datetime(2026, 11, 10, 9, 0, tzinfo=UTC), None)], POLICIES)
    assert (assessed.window, assessed.guarantee_until) == (Window.GUARANTEE, date(2026, 11, 23))
    assert "clock_suspended_by_repair" in assessed.reasons


def test_the_british_right_to_reject_runs_thirty_days_from_the_day_after_delivery() -> None:
    case = CaseRights.of(CASE, opened())
    assessed = assess(case, sold(BRITISH, date(2026, 10, 22)), (), POLICIES)
    assert (assessed.trial_until, assessed.window) == (date(2026, 11, 21), Window.TRIAL)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 6, 1), 6, date(2026, 12, 1)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
    ],
)
def test_months_are_counted_from_date_to_date_and_end_with_the_month(
    start: date, months: int, end: date
) -> None:
    assert months_after(start, months) == end


def test_days_are_counted_from_the_day_after() -> None:
    assert days_after(date(2026, 2, 28), 1) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 11, 16), date(2026, 11, 23)),  # Monday to Monday
        (date(2026, 11, 20), date(2026, 11, 27)),  # Friday to Friday
        (date(2026, 11, 21), date(2026, 11, 27)),  # a Saturday counts as the Friday before it
        (date(2026, 11, 22), date(2026, 11, 27)),
    ],
)
def test_five_working_days_leave_out_saturdays_and_sundays(start: date, end: date) -> None:
    assert working_days_after(start, 5) == end


def test_a_day_ends_where_the_customer_lives() -> None:
    ends = {place: POLICIES.calendars.end_of(date(2026, 7, 1), place) for place in ("ES", "PT", "US")}
    assert ends["ES"] == datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC)
    assert ends["PT"] == datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC)
    assert ends["US"] == datetime(2026, 7, 2, 11, 59, 59, tzinfo=UTC)
