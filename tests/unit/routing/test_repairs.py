"""Repairs whose date moves, that a workshop does not take, or that somebody calls off."""

from datetime import timedelta

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseHeld,
    InformationRequested,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKind,
    PromiseMade,
    PromiseRevised,
)
from ciclo_schemas.values import RemedyKind, WaitName, Window
from ciclo_schemas.warranty import RepairCancelled, RepairRefused
from services.routing.domain.promises import PromiseDue
from services.routing.domain.stages import Purpose, Stage
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import in_repair
from tests.unit.routing.news import repair_cancelled, repair_refused, rescheduled
from tests.unit.routing.world import assessed, repair_completed, repair_failed

DUE = NOW + timedelta(days=15)
LATER = NOW + timedelta(days=25)


def test_a_repair_that_waits_for_a_part_gets_a_new_date_and_says_what_it_waits_for() -> None:
    case = in_repair()
    case.hears(rescheduled(LATER, reason="waiting_for_part"))
    revised = case.last(PromiseRevised)
    assert (revised.was_due, revised.due, revised.reason) == (DUE, LATER, "waiting_for_part")
    held = case.last(CaseHeld)
    assert (held.wait, held.deadline) == (WaitName.PART, LATER)
    assert case.state.stage is Stage.WAITING_FOR_PART
    case.at(DUE, PromiseDue(promise_no=revised.promise_no))
    assert case.count(PromiseBroken) == 0
    case.hears(repair_completed())
    assert case.state.waits_for(Purpose.CONFIRMATION)


def test_a_delay_that_leaves_the_date_as_it_is_puts_it_at_risk() -> None:
    case = in_repair()
    case.hears(rescheduled(DUE, reason="waiting_for_part"))
    assert case.last(PromiseAtRisk).reason == "waiting_for_part"
    assert case.count(PromiseRevised) == 0
    assert case.last(CaseHeld).wait is WaitName.PART


def test_a_person_gives_an_overdue_workshop_a_new_date_and_that_is_a_new_promise() -> None:
    case = in_repair()
    repair = case.state.promised(PromiseKind.REPAIR)[0]
    case.at(DUE, PromiseDue(promise_no=repair.no))
    person = case.state.owner
    case.hears(rescheduled(LATER))
    made = case.last(PromiseMade)
    assert (made.kind, made.due) == (PromiseKind.REPAIR, LATER)
    assert made.promise_no != repair.no
    assert case.state.owner == person, "whoever took it up stays the customer's person"
    assert not case.state.promised(PromiseKind.NEXT_STEP)


@pytest.mark.parametrize("news", [repair_refused(), repair_cancelled()], ids=lambda news: news.event_type)
def test_a_repair_that_will_not_be_done_breaks_its_promise_and_a_person_goes_on(
    news: RepairRefused | RepairCancelled,
) -> None:
    case = in_repair()
    case.hears(news)
    assert case.count(PromiseBroken) == 1
    assert case.last(CaseAssigned).reason in {"repair.refused", "repair.cancelled"}
    assert case.state.remedy is None
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_an_overdue_repair_that_is_called_off_leaves_one_next_step_owed() -> None:
    case = in_repair()
    repair = case.state.promised(PromiseKind.REPAIR)[0]
    case.at(DUE, PromiseDue(promise_no=repair.no))
    [owed] = case.state.promises
    case.hears(repair_cancelled())
    assert case.state.promises == (owed,)
    assert owed.kind is PromiseKind.NEXT_STEP


def test_a_failed_repair_is_assessed_again_and_the_customer_chooses_once_more() -> None:
    case = in_repair()
    case.hears(repair_failed())
    second = assessed(Window.GUARANTEE, 2, allowed=(RemedyKind.REPLACEMENT, RemedyKind.REFUND))
    case.hears(second)
    case.hears(second)
    assert case.count(InformationRequested) == 2
    assert case.state.offered == 2
    assert not case.state.promised(PromiseKind.NEXT_STEP)


def test_news_of_a_superseded_repair_moves_nothing() -> None:
    case = in_repair()
    for news in (rescheduled(LATER, remedy_no=7), repair_refused(7), repair_cancelled(7)):
        assert case.hears(news).events == ()
