"""How cases end, and how they go on: confirmation, denial, silence, late words."""

import pytest

from ciclo_schemas.routing import (
    CaseClassified,
    CaseClosed,
    CaseReopened,
    ClosedAs,
    PromiseKind,
)
from ciclo_schemas.values import Category, RemedyKind, Window
from services.routing.domain.first_line import (
    ProposeResolution,
)
from services.routing.domain.waits import ConfirmationDue
from tests.unit.routing.beginnings import ONLINE, in_repair, row, with_agent
from tests.unit.routing.world import (
    HOUSE,
    Case,
    assessed,
    chosen,
    confirmed,
    denied,
    human,
    in_force_elsewhere,
    information,
    not_delivered,
    repair_authorized,
    repair_completed,
    repair_failed,
    replacement_approved,
    replacement_delivered,
)


def test_a_denied_resolution_goes_on_with_the_same_person_and_the_second_with_the_supervisor() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.hears(denied(1))
    assert row(case).owner == "agent-03"
    assert case.state.finding.category is ONLINE
    assert case.count(CaseClassified) == 1
    assert case.state.promised(PromiseKind.NEXT_STEP)
    case.hears(denied(1))
    assert case.state.denials == 1
    case.is_told(ProposeResolution(agent="agent-03", reason="solved_again"))
    case.hears(denied(2))
    assert row(case).owner == HOUSE.charter.first_line.supervisor


def test_silence_closes_a_case_but_never_as_solved() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.at(case.state.wait.deadline, ConfirmationDue(proposal_no=1))
    assert case.last(CaseClosed).closed_as is ClosedAs.UNCONFIRMED


def test_who_writes_instead_of_confirming_is_not_silent() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    deadline = case.state.wait.deadline
    case.hears(information(text=2))
    case.at(deadline, ConfirmationDue(proposal_no=1))
    assert not case.state.is_closed
    assert case.state.has_person


@pytest.mark.parametrize(
    "word",
    [information(text=2), human(), denied(1), chosen(RemedyKind.REPAIR)],
    ids=lambda word: word.event_type,
)
def test_any_word_after_the_end_reopens_the_case_with_a_person(word: object) -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.hears(confirmed())
    case.hears(word)  # type: ignore[arg-type]
    assert case.last(CaseReopened).owner.id == "agent-03"
    assert case.state.promises
    assert row(case).tmf_status == "inProgress"


def test_a_late_confirmation_turns_unconfirmed_into_confirmed() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.at(case.state.wait.deadline, ConfirmationDue(proposal_no=1))
    case.hears(confirmed())
    assert case.said()[-2:] == ["promise.kept", "case.closed"]
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED
    assert case.hears(confirmed()).events == ()


def test_an_old_question_answered_with_yes_does_not_close_a_repair() -> None:
    case = Case()
    case.is_found(Category.WARRANTY_QUERY)
    case.hears(assessed(Window.GUARANTEE))
    case.hears(repair_authorized())
    case.hears(confirmed(1))
    assert not case.state.is_closed


def test_nothing_is_published_after_the_end_when_goods_move_late() -> None:
    case = in_repair()
    case.hears(repair_completed())
    case.hears(confirmed())
    late = [replacement_approved(2), replacement_delivered(2), repair_authorized(3), repair_failed(3)]
    for event in (*late, assessed(Window.OUT, 5), in_force_elsewhere(), not_delivered()):
        assert case.hears(event).events == ()
