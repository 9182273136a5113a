"""Business buyers: no consumer law; what the seller promised them, or out."""

from dataclasses import replace
from datetime import date, timedelta

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import RepairAuthorized
from services.chassis.decider import Origin, Timer
from services.warranty.domain.answers import ChoiceDue
from tests.support.deciders import Story
from tests.unit.warranty.world import (
    SOUTH,
    TV,
    chosen,
    classified,
    last_assessment,
    opened,
    reported,
    story,
)

OFFICE_TV = replace(TV, buyer="business", purchased_on=date(2026, 6, 1), delivered_on=date(2026, 6, 3))
DUE = ChoiceDue(assessment_no=1)


def promised() -> Story:
    """A business buyer in the seller's own guarantee."""
    told = story(OFFICE_TV, SOUTH)
    told.hears(opened())
    told.hears(classified())
    return told


def test_a_business_buyer_has_what_the_seller_promised_and_the_reason_says_so() -> None:
    told = promised()
    assessed = last_assessment(told)
    assert (assessed.window, assessed.basis) == (Window.GUARANTEE, "commercial_guarantee")
    assert "sellers_policy" in assessed.reasons
    assert assessed.policy is not None
    assert assessed.policy.id == "seller-business-12"
    assert assessed.dates.guarantee_until == date(2027, 6, 3)


def test_without_a_promise_a_business_buyer_is_out_as_consumer_law_does_not_apply() -> None:
    for unit in (
        replace(OFFICE_TV, seller="high-street"),
        replace(OFFICE_TV, delivered_on=None, purchased_on=date(2025, 6, 1)),
    ):
        told = story(unit, SOUTH)
        told.hears(opened())
        told.hears(classified())
        assert last_assessment(told).window is Window.OUT
        assert "consumer_law_does_not_apply" in last_assessment(told).reasons
        assert last_assessment(told).remedies_allowed == (RemedyKind.QUOTE,)


def test_a_business_buyer_may_have_the_unit_repaired_at_his_own_cost() -> None:
    told = story(replace(OFFICE_TV, seller="high-street"), SOUTH)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.QUOTE))
    assert told.said() == ["coverage.assessed", "quote.requested"]


def test_who_chooses_nothing_gets_the_repair_that_the_policy_names() -> None:
    told = story(OFFICE_TV, SOUTH)
    told.hears(opened())
    decision = told.hears(classified())
    assert decision.timers == (Timer(due=told.now + timedelta(days=7), data=DUE),)
    told.hears(DUE, origin=Origin.TIMER)
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert repair.reasons[-1] == "default_choice"


def test_the_default_comes_once_and_only_for_the_offer_that_stands() -> None:
    told = promised()
    told.hears(chosen(RemedyKind.REPAIR))
    told.hears(DUE, origin=Origin.TIMER)
    told.hears(reported(WorkshopReportKind.COMPLETED, 9))
    told.hears(DUE, origin=Origin.TIMER)
    assert told.said().count("repair.authorized") == 1
    stale = promised()
    stale.hears(ChoiceDue(assessment_no=2), origin=Origin.TIMER)
    assert stale.said() == ["coverage.assessed"]


def test_a_consumers_choice_is_never_made_for_him() -> None:
    told = story(replace(OFFICE_TV, buyer="consumer", seller="high-street"), SOUTH)
    told.hears(opened())
    assert told.hears(classified()).timers == ()
    told.hears(DUE, origin=Origin.TIMER)
    assert told.said() == ["coverage.assessed"]
