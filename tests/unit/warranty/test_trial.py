"""The trial: a defect reported within it brings a new unit at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.values import Category, DecidedBy, RemedyKind, Window
from ciclo_schemas.warranty import RefundApproved
from tests.unit.warranty.world import (
    OLD_TV,
    REPORTED,
    STRANGER,
    TV,
    chosen,
    classified,
    informed,
    last_assessment,
    opened,
    replacement,
    story,
)

BRITISH_TV = replace(TV, jurisdiction="GB", seller="high-street")


def test_a_defect_in_the_trial_period_is_replaced_at_once() -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assessed, approved = last_assessment(told), replacement(told)
    assert (assessed.window, assessed.basis) == (Window.TRIAL, "commercial_trial")
    assert assessed.dates.trial_until == date(2026, 12, 3)
    assert assessed.policy is not None
    assert (assessed.policy.id, assessed.policy.version) == ("seller-trial-30", "1")
    assert approved.assessment_no == assessed.assessment_no == 1
    assert approved.policy == assessed.policy
    assert approved.reasons == ("reported_in_trial", "replaced_in_trial")
    assert approved.promised_by == told.now + timedelta(days=3)


def test_asking_for_a_remedy_in_the_form_declares_the_defect() -> None:
    told = story(TV)
    told.hears(opened(facts={"product_unit": TV.product_unit}, asked_for=RemedyKind.REPLACEMENT))
    told.hears(classified(Category.REPLACEMENT_REQUEST))
    assert told.said() == ["coverage.assessed", "replacement.approved"]


def test_words_alone_bring_no_goods_until_an_agent_declares_the_symptom() -> None:
    told = story(TV)
    told.hears(opened(facts={"product_unit": TV.product_unit}))
    told.hears(classified(symptom_code="no_picture", classified_by=DecidedBy.MODEL))
    assert told.said() == ["coverage.assessed"]
    assert last_assessment(told).window is Window.TRIAL
    assert last_assessment(told).missing == ("symptom_code",)
    told.hears(classified(symptom_code="no_picture", classified_by=DecidedBy.AGENT))
    assert told.said() == ["coverage.assessed", "coverage.assessed", "replacement.approved"]
    assert replacement(told).assessment_no == 2


def test_the_symptom_that_the_customer_adds_later_declares_the_defect() -> None:
    told = story(TV)
    told.hears(opened(facts={"product_unit": TV.product_unit}))
    told.hears(classified())
    told.hears(informed(symptom_code="no_picture"))
    assert told.said() == ["coverage.assessed", "coverage.assessed", "replacement.approved"]


def test_a_case_replaced_at_once_is_not_replaced_again_by_more_words_or_a_second_classification() -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified())
    told.hears(classified())
    told.hears(informed(symptom_code="no_sound"))
    assert told.said() == ["coverage.assessed", "replacement.approved"]


def test_an_agent_who_escalates_a_replaced_case_is_told_which_remedy_is_in_force() -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified())
    told.hears(classified(classified_by=DecidedBy.AGENT))
    assert told.said()[2:] == ["coverage.assessed", "remedy.already_in_force"]
    assert last_assessment(told).remedies_allowed == ()


def test_a_question_about_the_guarantee_is_answered_and_nothing_is_sent() -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified(Category.WARRANTY_QUERY))
    assert told.said() == ["coverage.assessed"]


@pytest.mark.parametrize("category", [Category.CARE, Category.COMPLAINT, Category.ONLINE_SUPPORT])
def test_what_is_not_about_a_defect_or_the_guarantee_is_not_assessed(category: Category) -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified(category))
    assert told.said() == []


def test_an_abstaining_classifier_decides_nothing() -> None:
    told = story(TV)
    told.hears(opened())
    told.hears(classified(abstained=True))
    assert told.said() == []


def test_a_stranger_gets_nothing_for_a_unit_that_somebody_else_bought() -> None:
    told = story(TV)
    told.hears(opened(customer_ref=STRANGER))
    told.hears(classified())
    assert told.said() == ["coverage.assessed"]
    assert last_assessment(told).window is Window.UNKNOWN
    assert last_assessment(told).missing == ("purchase",)


def test_who_names_the_purchase_is_taken_for_its_customer() -> None:
    told = story(TV)
    facts = {"product_unit": TV.product_unit, "purchase_ref": "T-0001", "symptom_code": "no_picture"}
    told.hears(opened(customer_ref=STRANGER, facts=facts))
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]


def test_a_business_buyer_has_the_sellers_trial_and_then_nothing_by_consumer_law() -> None:
    told = story(replace(TV, buyer="business"))
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]

    later = story(replace(OLD_TV, buyer="business"))
    later.hears(opened())
    later.hears(classified())
    assert last_assessment(later).window is Window.OUT
    assert "consumer_law_does_not_apply" in last_assessment(later).reasons


def test_a_british_consumer_gets_a_new_unit_at_once_and_hears_that_a_refund_is_her_right() -> None:
    told = story(BRITISH_TV)
    told.hears(opened(jurisdiction="GB"))
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert last_assessment(told).basis == "short_term_right"
    assert last_assessment(told).remedies_allowed == (RemedyKind.REPLACEMENT, RemedyKind.REFUND)


def test_a_british_consumer_who_asks_for_the_refund_gets_it_at_once_and_no_new_unit() -> None:
    told = story(BRITISH_TV)
    told.hears(opened(asked_for=RemedyKind.REFUND))
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "refund.approved"]
    refund = told.published[-1]
    assert isinstance(refund, RefundApproved)
    assert (refund.window, refund.policy.id, refund.partial) == (Window.TRIAL, "gb-consumer-goods", False)
    assert refund.reasons == ("reported_in_trial", "refunded_in_trial")
    assert refund.promised_by == told.now + timedelta(days=14)
    told.hears(classified(classified_by=DecidedBy.AGENT))
    assert told.said()[2:] == ["coverage.assessed", "remedy.already_in_force"]


def test_a_refund_asked_for_where_no_rule_gives_it_does_not_stand_in_the_way_of_the_new_unit() -> None:
    told = story(TV)
    told.hears(opened(asked_for=RemedyKind.REFUND))
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]


def test_a_spanish_sale_by_a_seller_without_a_trial_is_in_its_guarantee_from_the_first_day() -> None:
    told = story(replace(TV, seller="no-trial-shop"))
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed"]
    assert last_assessment(told).window is Window.GUARANTEE
    assert last_assessment(told).dates.trial_until is None


def test_what_counts_is_the_day_of_the_report_not_of_the_decision() -> None:
    told = story(TV)
    told.now = REPORTED + timedelta(days=200)
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert replacement(told).promised_by == told.now + timedelta(days=3)


@pytest.mark.parametrize(
    ("moment", "window"),
    [
        (datetime(2026, 12, 3, 22, 59, tzinfo=UTC), Window.TRIAL),  # 23:59 in Madrid on the last day
        (datetime(2026, 12, 3, 23, 0, tzinfo=UTC), Window.GUARANTEE),  # midnight in Madrid
    ],
)
def test_the_last_day_of_the_trial_ends_at_midnight_where_the_customer_lives(
    moment: datetime, window: Window
) -> None:
    told = story(TV)
    told.hears(opened(reported_at=moment))
    told.hears(classified())
    assert last_assessment(told).window is window


@given(
    delivered=st.dates(date(2022, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 60),
    jurisdiction=st.sampled_from(["ES", "GB", "PT"]),
)
def test_every_day_from_delivery_through_the_thirtieth_is_trial_and_no_other(
    delivered: date, days: int, jurisdiction: str
) -> None:
    told = story(replace(TV, jurisdiction=jurisdiction, purchased_on=delivered, delivered_on=delivered))
    noon = datetime.combine(delivered, datetime.min.time(), UTC) + timedelta(days=days, hours=12)
    told.hears(opened(reported_at=noon))
    told.hears(classified())
    assert (last_assessment(told).window is Window.TRIAL) == (days <= 30)
    assert ("replacement.approved" in told.said()) == (days <= 30)


def test_a_choice_of_the_customer_declares_the_defect_too() -> None:
    told = story(TV)
    told.hears(opened(facts={"product_unit": TV.product_unit}))
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPLACEMENT))
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert replacement(told).reasons[-1] == "chosen_by_customer"
