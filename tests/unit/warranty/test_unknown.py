"""What cannot be assessed yet says what is missing, and is settled as soon as it is known."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ciclo_schemas.values import Window
from services.chassis.decider import Origin, Timer
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.records import OpenCase
from tests.support.deciders import CASE
from tests.unit.warranty.world import TV, classified, informed, last_assessment, opened, story

AGAIN = AssessAgain(product_unit=TV.product_unit)


@pytest.mark.parametrize(
    ("rows", "facts", "missing", "reason"),
    [
        ((TV,), {}, "product_unit", "unit_not_named"),
        ((), {"product_unit": TV.product_unit}, "purchase", "unit_not_registered"),
        (
            (replace(TV, customer_ref=None),),
            {"product_unit": TV.product_unit, "purchase_ref": "T-9999"},
            "purchase",
            "purchase_not_matched",
        ),
        (
            (replace(TV, delivered_on=date(2026, 11, 28)),),
            {"product_unit": TV.product_unit},
            "delivered_on",
            "reported_before_delivery",
        ),
    ],
)
def test_the_customer_is_told_what_is_missing(
    rows: tuple[object, ...], facts: dict[str, Any], missing: str, reason: str
) -> None:
    told = story(*rows)
    told.hears(opened(facts=facts))
    told.hears(classified())
    assessed = last_assessment(told)
    assert told.said() == ["coverage.assessed"]
    assert (assessed.window, assessed.missing, assessed.reasons) == (Window.UNKNOWN, (missing,), (reason,))
    assert assessed.policy is None


def test_a_unit_registered_later_settles_the_case() -> None:
    told = story()
    told.hears(opened())
    told.hears(classified())
    assert told.facts.one(OpenCase, case_id=CASE) is not None
    told.facts.apply([TV])
    told.hears(AGAIN, origin=Origin.INTERNAL)
    assert told.said() == ["coverage.assessed", "coverage.assessed", "replacement.approved"]
    told.hears(AGAIN, origin=Origin.TIMER)
    assert len(told.published) == 3


def test_a_unit_registered_at_the_same_moment_is_found_by_a_timer() -> None:
    told = story()
    told.hears(opened())
    decision = told.hears(classified())
    assert decision.timers == (Timer(due=told.now + timedelta(minutes=1), data=AGAIN),)
    told.hears(AGAIN, origin=Origin.TIMER)
    assert told.said() == ["coverage.assessed"]


def test_the_unit_that_the_customer_names_later_is_assessed() -> None:
    told = story(TV)
    told.hears(opened(facts={}))
    told.hears(classified())
    told.hears(informed(product_unit=TV.product_unit, symptom_code="no_picture"))
    assert told.said() == ["coverage.assessed", "coverage.assessed", "replacement.approved"]


def test_the_purchase_that_the_customer_names_later_is_matched() -> None:
    told = story(replace(TV, customer_ref=None))
    told.hears(opened())
    told.hears(classified())
    told.hears(informed(purchase_ref="T-0001"))
    assert told.said()[-1] == "replacement.approved"


def test_an_answer_that_does_not_settle_the_case_is_answered_all_the_same_so_that_a_person_looks() -> None:
    told = story()
    told.hears(opened())
    told.hears(classified())
    told.hears(informed(purchase_ref="T-0001"))
    assert told.said() == ["coverage.assessed", "coverage.assessed"]
    assert last_assessment(told).assessment_no == 2


def test_a_delivery_that_is_not_registered_is_presumed_on_the_invoice_until_the_customer_says_otherwise() -> (
    None
):
    told = story(replace(TV, purchased_on=date(2026, 10, 15), delivered_on=None))
    told.hears(opened())
    told.hears(classified())
    assert last_assessment(told).window is Window.GUARANTEE
    assert "delivery_presumed_at_purchase" in last_assessment(told).reasons
    told.hears(informed(delivered_on=date(2026, 10, 28)))
    assert last_assessment(told).window is Window.TRIAL
    assert "delivery_as_stated" in last_assessment(told).reasons


@pytest.mark.parametrize("stated", [date(2026, 10, 1), date(2026, 12, 1)])
def test_a_stated_delivery_before_the_purchase_or_after_the_report_is_not_taken(stated: date) -> None:
    told = story(replace(TV, purchased_on=date(2026, 10, 15), delivered_on=None))
    told.hears(opened(facts={"product_unit": TV.product_unit, "delivered_on": stated}))
    told.hears(classified())
    assert "delivery_presumed_at_purchase" in last_assessment(told).reasons


def test_what_the_seller_registered_goes_before_what_the_customer_states() -> None:
    told = story(TV)
    told.hears(opened(facts={"product_unit": TV.product_unit, "delivered_on": date(2026, 11, 20)}))
    told.hears(classified())
    assert last_assessment(told).dates.clock_start == TV.delivered_on
