"""A customer who withdraws his case: before anything was decided, while he is asked, and while goods move."""

from collections.abc import Callable

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseCancelled,
    CaseClassified,
    CaseReopened,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, PartyKind, RemedyKind, Window
from services.routing.domain.first_line import ProposeResolution
from services.routing.domain.promises import PromiseDue
from services.routing.domain.stages import Purpose, Stage
from tests.unit.routing.beginnings import FAULT, in_guarantee, in_repair, row, with_agent
from tests.unit.routing.news import (
    cancellable,
    cancellation,
    not_cancellable,
    quote_issued,
    quote_refused,
    quote_requested,
    refund_approved,
    repair_cancelled,
    replacement_withdrawn,
)
from tests.unit.routing.world import (
    Case,
    assessed,
    chosen,
    confirmed,
    human,
    information,
    replacement_approved,
    replacement_delivered,
)


def asked_for_facts() -> Case:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit",)))
    return case


def asked_whether_it_is_solved() -> Case:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    return case


def replaced() -> Case:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL))
    case.hears(replacement_approved())
    return case


def refunded() -> Case:
    case = in_guarantee()
    case.hears(chosen(RemedyKind.REFUND))
    case.hears(refund_approved())
    return case


def waiting_for_a_quote() -> Case:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.OUT, allowed=(RemedyKind.QUOTE,)))
    case.hears(chosen(RemedyKind.QUOTE))
    case.hears(quote_requested())
    return case


def deciding_about_a_quote() -> Case:
    case = waiting_for_a_quote()
    case.hears(quote_issued())
    return case


@pytest.mark.parametrize(
    "before",
    [
        Case,
        with_agent,
        asked_for_facts,
        in_guarantee,
        asked_whether_it_is_solved,
        replaced,
        in_repair,
        refunded,
        waiting_for_a_quote,
        deciding_about_a_quote,
    ],
)
def test_a_case_can_be_withdrawn_whatever_it_waits_for(before: Callable[[], Case]) -> None:
    case = before()
    case.hears(cancellation())
    promise = case.last(PromiseMade)
    assert (promise.kind, promise.owner.kind) == (PromiseKind.CANCELLATION, PartyKind.SERVICE)
    assert row(case).stage == "in_cancellation"
    decision = case.hears(cancellable("everything"))
    assert type(decision.events[-1]) is CaseCancelled
    assert case.state.stage is Stage.CANCELLED
    assert row(case).tmf_status == "cancelled"
    assert not case.state.promises
    assert case.state.wait is None


@pytest.mark.parametrize(
    ("before", "taken_back"),
    [
        (replaced, replacement_withdrawn()),
        (in_repair, repair_cancelled()),
        (waiting_for_a_quote, quote_refused()),
        (deciding_about_a_quote, quote_refused()),
    ],
)
def test_what_warranty_takes_back_first_breaks_no_promise(
    before: Callable[[], Case], taken_back: object
) -> None:
    case = before()
    case.hears(cancellation())
    case.hears(taken_back)  # type: ignore[arg-type]
    case.hears(cancellable("remedy"))
    assert case.last(CaseCancelled).taken_back == ("remedy",)
    assert "promise.broken" not in case.said()
    assert case.count(ResolutionProposed) == 0


def test_what_cannot_be_taken_back_goes_on_as_before() -> None:
    case = replaced()
    case.hears(cancellation())
    case.hears(not_cancellable())
    assert not case.state.promised(PromiseKind.CANCELLATION)
    assert case.state.waits_for(Purpose.LOGISTICS)
    case.hears(replacement_delivered())
    assert case.last(ResolutionProposed).reason == "replacement.delivered"


def test_a_case_that_cannot_be_withdrawn_and_waits_for_nothing_gets_a_person() -> None:
    case = in_guarantee()
    case.hears(cancellation())
    case.hears(not_cancellable("unit"))
    assert case.last(CaseAssigned).reason == "cannot_be_cancelled"
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_who_withdrew_is_asked_nothing_more_meanwhile() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(cancellation())
    case.hears(assessed(Window.GUARANTEE))
    assert "information.requested" not in case.said()
    assert not case.state.promised(PromiseKind.DECISION)


def test_a_cancellation_that_nobody_answers_in_time_is_taken_up_by_a_person_and_still_counts() -> None:
    case = in_guarantee()
    case.hears(cancellation())
    promise = case.state.promised(PromiseKind.CANCELLATION)[0]
    case.at(promise.due, PromiseDue(promise_no=promise.no))
    assert case.state.has_person
    case.hears(cancellable())
    assert case.state.stage is Stage.CANCELLED


def test_asking_twice_to_withdraw_is_one_promise() -> None:
    case = in_guarantee()
    case.hears(cancellation())
    assert case.hears(cancellation()).events == ()


@pytest.mark.parametrize("word", [information(text=2), human(), cancellation(), confirmed()])
def test_any_word_reopens_a_withdrawn_case(word: object) -> None:
    case = in_guarantee()
    case.hears(cancellation())
    case.hears(cancellable())
    case.hears(word)  # type: ignore[arg-type]
    assert case.count(CaseReopened) == 1
    assert not case.state.is_closed


def test_late_answers_to_a_cancellation_move_nothing() -> None:
    case = in_guarantee()
    assert case.hears(cancellable()).events == ()
    case.hears(cancellation())
    case.hears(cancellable())
    assert case.hears(cancellable()).events == ()


@pytest.mark.parametrize("category", [Category.SPAM_OR_UNCLEAR, Category.TRAINING, Category.ONLINE_SUPPORT])
def test_whatever_a_withdrawn_case_was_about_nobody_is_bothered_with_it(category: Category) -> None:
    case = Case()
    case.hears(cancellation())
    said = [type(event) for event in case.is_found(category, reasons=("unclear.too_short",)).events]
    assert said == [CaseClassified]
