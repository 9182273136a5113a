"""The money back, one remedy instead of another, and parcels that do not arrive."""

from datetime import timedelta

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseHeld,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    ResolutionProposed,
)
from ciclo_schemas.values import RemedyKind, WaitName, Window
from services.routing.domain.promises import RiskDue
from services.routing.domain.stages import Purpose, Stage
from tests.support.deciders import CASE, NOW
from tests.unit.routing.beginnings import FAULT, in_guarantee, in_repair
from tests.unit.routing.news import (
    containment,
    refund_approved,
    refund_paid,
    repair_cancelled,
    replacement_lost,
    replacement_withdrawn,
)
from tests.unit.routing.world import (
    Case,
    assessed,
    chosen,
    in_force_elsewhere,
    repair_completed,
    replacement_approved,
    replacement_delivered,
)


def with_replacement_under_way() -> Case:
    """A defect in the trial period; the new television is promised."""
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL))
    case.hears(replacement_approved())
    return case


@pytest.mark.parametrize("partial", [False, True])
def test_a_refund_or_a_lower_price_is_promised_awaited_and_asked_about_when_it_is_paid(partial: bool) -> None:
    case = in_guarantee()
    case.hears(chosen(RemedyKind.PRICE_REDUCTION if partial else RemedyKind.REFUND))
    case.hears(refund_approved(partial=partial))
    assert case.last(CaseHeld).wait is WaitName.REFUND
    assert case.state.promised(PromiseKind.REFUND)[0].due == NOW + timedelta(days=14)
    assert case.state.stage is Stage.REFUND_UNDER_WAY
    case.hears(refund_paid())
    assert case.last(PromiseKept).kind is PromiseKind.REFUND
    assert case.last(ResolutionProposed).reason == "refund.paid"


def test_who_takes_the_money_instead_of_waiting_for_a_new_unit_waits_for_the_money_alone() -> None:
    case = with_replacement_under_way()
    case.hears(chosen(RemedyKind.REFUND))
    assert case.state.promised(PromiseKind.DECISION)
    case.hears(replacement_withdrawn())
    assert case.state.wait is None
    case.hears(refund_approved(2, supersedes=1))
    assert [promise.kind for promise in case.state.promises] == [PromiseKind.REFUND]
    assert case.state.waits_for(Purpose.REFUND)
    case.hears(replacement_delivered(1))
    assert case.count(ResolutionProposed) == 0
    assert case.count(PromiseBroken) == 0
    case.hears(refund_paid(2))
    assert case.count(ResolutionProposed) == 1


def test_choosing_what_is_under_way_already_promises_nothing_new() -> None:
    case = with_replacement_under_way()
    assert case.hears(chosen(RemedyKind.REPLACEMENT)).events == ()


def test_a_refund_in_place_of_a_repair_gives_the_case_back_to_the_first_line() -> None:
    case = in_repair()
    case.hears(chosen(RemedyKind.REFUND))
    case.hears(repair_cancelled())
    assert case.state.queue == "first_line"
    case.hears(refund_approved(2, supersedes=1))
    case.hears(repair_completed(1))
    assert case.state.waits_for(Purpose.REFUND)
    assert case.count(PromiseBroken) == 0


def test_a_lost_parcel_puts_the_promise_at_risk_and_changes_nothing_else() -> None:
    case = with_replacement_under_way()
    decision = case.hears(replacement_lost())
    assert [type(event) for event in decision.events] == [PromiseAtRisk]
    assert case.last(PromiseAtRisk).reason == "parcel_lost"
    assert case.hears(replacement_lost()).events == ()
    case.hears(replacement_delivered())
    assert case.last(ResolutionProposed).reason == "replacement.delivered"


def test_a_promise_that_runs_out_of_time_is_said_to_be_at_risk_before_its_date() -> None:
    case = with_replacement_under_way()
    promise = case.state.promised(PromiseKind.REPLACEMENT)[0]
    case.at(promise.due - timedelta(hours=24), RiskDue(promise_no=promise.no))
    risk = case.last(PromiseAtRisk)
    assert (risk.reason, risk.due) == ("time_running_out", promise.due)
    assert case.now < risk.due
    assert case.count(PromiseBroken) == 0


def test_a_warning_that_comes_too_early_comes_again() -> None:
    case = with_replacement_under_way()
    promise = case.state.promised(PromiseKind.REPLACEMENT)[0]
    decision = case.at(NOW, RiskDue(promise_no=promise.no))
    assert decision.events == ()
    assert [timer.due for timer in decision.timers] == [promise.due - timedelta(hours=24)]  # type: ignore[union-attr]


def test_a_model_that_is_held_back_makes_its_open_cases_urgent_and_names_a_person() -> None:
    case = in_repair()
    case.hears(containment())
    assert case.last(CaseAssigned).reason == "containment.notified"
    assert case.state.has_person
    assert case.state.urgency.value == "high"
    assert case.state.waits_for(Purpose.WORKSHOP), "the repair goes on"


def test_who_wants_the_money_when_the_new_unit_has_left_is_told_why_by_a_person_and_gets_the_unit() -> None:
    case = with_replacement_under_way()
    case.hears(chosen(RemedyKind.REFUND))
    case.hears(in_force_elsewhere().model_copy(update={"case": CASE}))
    assert case.last(CaseAssigned).reason == "remedy.already_in_force"
    assert not case.state.promised(PromiseKind.DECISION)
    assert case.state.waits_for(Purpose.LOGISTICS)
    case.hears(replacement_delivered())
    assert case.last(ResolutionProposed).reason == "replacement.delivered"
