"""Words nobody can act on: asked for once, or rejected with a way to object."""

from datetime import timedelta

import pytest

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseRejected,
    CaseReopened,
    ClosedAs,
    ComplaintRegistered,
    InformationRequested,
)
from ciclo_schemas.values import Category, Facts, PartyKind
from services.routing.domain.first_line import ClassifyByAgent, ProposeResolution, Take
from services.routing.domain.waits import WaitDue
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import FAULT, ONLINE, row
from tests.unit.routing.redressing import objection
from tests.unit.routing.world import HOUSE, Case, calls, human, information, opened

NEITHER = Category.SPAM_OR_UNCLEAR
SPAM = ("spam.advertising",)
UNCLEAR = ("unclear.too_short",)


def unclear() -> Case:
    """A message that says nothing."""
    case = Case()
    case.is_found(NEITHER, reasons=UNCLEAR)
    return case


def rejected() -> Case:
    """A message that was taken for spam."""
    case = Case()
    case.is_found(NEITHER, reasons=SPAM)
    return case


def test_unclear_words_are_asked_about_once() -> None:
    case = unclear()
    assert case.last(InformationRequested).missing == ("request",)
    assert row(case).waiting_for == "customer"


def test_an_answer_that_is_understood_goes_on_from_there() -> None:
    case = unclear()
    assert len(calls(case.hears(information(text=2)))) == 1
    assert case.state.promises
    case.is_found(FAULT)
    assert row(case).stage == "in_assessment"
    assert case.count(InformationRequested) == 1


@pytest.mark.parametrize("reasons", [UNCLEAR, ("unclear.taken_back",)])
def test_an_answer_that_is_unclear_again_goes_to_a_person_by_name(reasons: tuple[str, ...]) -> None:
    case = unclear()
    case.hears(information(text=2))
    case.is_found(NEITHER, reasons=reasons)
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT
    assert case.count(InformationRequested) == 1
    assert case.state.promises


def test_an_answer_without_words_goes_to_a_person() -> None:
    case = unclear()
    case.hears(information())
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT


def test_who_never_says_what_it_was_is_not_called_solved() -> None:
    case = unclear()
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.state.closed_as is ClosedAs.UNCONFIRMED


def test_spam_is_rejected_with_a_way_to_object() -> None:
    case = rejected()
    end = case.last(CaseRejected)
    assert end.reason == "spam"
    assert end.objection_until == NOW + timedelta(hours=HOUSE.charter.objection_hours)
    assert (row(case).stage, row(case).tmf_status) == ("rejected", "rejected")
    assert not case.state.promises


def test_an_objection_opens_it_again_with_a_person_and_it_is_not_rejected_twice() -> None:
    case = rejected()
    assert len(calls(case.hears(objection(text=2)))) == 1
    reopened = case.last(CaseReopened)
    assert (reopened.reason, reopened.owner.kind) == ("objection_raised", PartyKind.AGENT)
    case.is_found(NEITHER, reasons=SPAM)
    assert case.count(CaseRejected) == 1
    assert case.state.has_person


@pytest.mark.parametrize("word", [information(text=2), human()])
def test_every_word_opens_it_again(word: object) -> None:
    case = rejected()
    case.hears(word)  # type: ignore[arg-type]
    assert case.last(CaseReopened).owner.kind is PartyKind.AGENT


@pytest.mark.parametrize("first", [opened(safety=True), opened(Facts(product_unit="TV-0001"))])
def test_what_names_a_danger_or_a_product_is_never_rejected(first: CaseOpened) -> None:
    case = Case(first)
    case.is_found(NEITHER, reasons=SPAM)
    assert case.count(CaseRejected) == 0
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT


def test_unclear_words_with_a_danger_in_them_go_to_a_person_at_once() -> None:
    case = Case(opened(safety=True))
    case.is_found(NEITHER, reasons=UNCLEAR)
    assert (case.state.has_person, row(case).rank) == (True, 0)


def test_a_person_may_reject_what_he_read_but_never_an_open_complaint() -> None:
    case = Case()
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=NEITHER))
    assert case.count(CaseRejected) == 1
    case = Case()
    case.is_found(FAULT, facets=("complaint",))
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=NEITHER))
    assert (case.count(ComplaintRegistered), case.count(CaseRejected)) == (1, 0)
    assert not case.state.is_closed


def test_an_objection_to_an_answer_goes_to_a_person() -> None:
    case = Case()
    case.is_found(ONLINE)
    case.hears(objection())
    assert case.last(CaseAssigned).reason == "objection_raised"
    assert case.last(CaseClassified).category is ONLINE


@pytest.mark.parametrize("category", [NEITHER, ONLINE])
def test_a_classification_that_comes_after_the_proposal_leaves_the_question_with_the_customer(
    category: Category,
) -> None:
    case = rejected()
    case.hears(objection(text=2))
    person = case.state.owner.id
    case.hears(ProposeResolution(agent=person, reason="guided"))
    assigned = case.count(CaseAssigned)
    case.is_found(category, reasons=UNCLEAR)
    assert row(case).stage == "resolution_proposed"
    assert case.count(CaseAssigned) == assigned
    assert case.state.promises == ()
