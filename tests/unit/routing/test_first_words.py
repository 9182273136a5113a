"""What a customer gets for his first words: a promise, and somebody who understands them."""

from datetime import timedelta

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    InformationRequested,
    PromiseKind,
    PromiseMade,
)
from ciclo_schemas.values import Category, DecidedBy, Window
from services.chassis.decider import Origin
from services.routing.domain.first_line import (
    ClassifyByAgent,
    Take,
)
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import FAULT, ONLINE, row, with_agent
from tests.unit.routing.world import (
    Case,
    assessed,
    calls,
    found,
    information,
    opened,
    text_ref,
)


def test_a_first_word_gets_a_promise_with_an_owner_and_a_date_at_once() -> None:
    case = Case()
    assert case.said() == ["promise.made"]
    promise = case.last(PromiseMade)
    assert promise.kind is PromiseKind.FIRST_ANSWER
    assert promise.owner.id == "first_line"
    assert promise.due == NOW + timedelta(hours=24)
    assert [call.texts for call in calls(case.first)] == [(text_ref(1),)]
    assert row(case).stage == "acknowledged"


def test_a_case_is_opened_once() -> None:
    case = Case()
    again = case.hears(opened())
    assert not again.events
    assert not again.effects


def test_a_safety_word_makes_a_case_urgent_in_every_queue() -> None:
    assert row(Case(opened(safety=True))).rank == 0
    case = with_agent()
    assert row(case).rank == 1
    case.hears(information(text=2, safety=True))
    assert row(case).urgency == "high"
    assert case.is_found(ONLINE).events == ()


def test_words_that_came_meanwhile_are_classified_too_and_the_stale_result_is_dropped() -> None:
    case = Case()
    assert calls(case.hears(information(text=2))) == []
    stale = case.hears(found(FAULT, 1), origin=Origin.RESULT)
    assert stale.events == ()
    assert [call.texts for call in calls(stale)] == [(text_ref(1), text_ref(2))]
    case.is_found(FAULT)
    assert case.last(CaseClassified).texts_read == 2


def test_later_words_are_read_only_while_nobody_is_sure() -> None:
    case = Case()
    case.is_found(FAULT, abstained=True)
    assert len(calls(case.hears(information(text=2)))) == 1
    case.is_found(FAULT)
    assert calls(case.hears(information(text=3))) == []


def test_what_a_person_said_is_never_overwritten_by_a_classifier() -> None:
    case = Case()
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=Category.CARE))
    assert case.is_found(FAULT).events == ()
    assert case.last(CaseClassified).classified_by is DecidedBy.AGENT
    assert calls(case.hears(information(text=2))) == []


def test_a_classifier_that_is_unsure_hands_the_case_to_people() -> None:
    case = Case()
    case.is_found(FAULT, abstained=True)
    assigned = case.last(CaseAssigned)
    assert (assigned.queue, assigned.reason) == ("first_line", "abstained")
    assert case.state.promises
    case.hears(assessed(Window.GUARANTEE))
    assert case.count(InformationRequested) == 0
