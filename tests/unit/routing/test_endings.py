"""How cases end, and how they go on: confirmation, denial, silence, late words."""

from collections.abc import Callable

import pytest

from ciclo_schemas.cases import CaseEvent, CaseSurveyAnswered
from ciclo_schemas.routing import (
    CaseClassified,
    CaseClosed,
    CaseReopened,
    ClosedAs,
    ComplaintOutcome,
    PromiseKind,
)
from ciclo_schemas.values import Category, Facts, PartyKind, RemedyKind, Window
from services.chassis.decider import Origin
from services.routing.domain.first_line import (
    ProposeResolution,
    Take,
)
from services.routing.domain.redress import AnswerComplaint
from services.routing.domain.stages import ENDS
from services.routing.domain.waits import WaitDue
from tests.unit.routing.beginnings import ONLINE, in_repair, row, with_agent
from tests.unit.routing.news import (
    cancellable,
    cancellation,
    quote_answered,
    refund_approved,
    refund_paid,
    repair_refused,
)
from tests.unit.routing.world import (
    DECIDER,
    HOUSE,
    Case,
    assessed,
    chosen,
    confirmed,
    denied,
    found,
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
    case.at(case.state.wait.deadline, WaitDue(wait_no=1))
    assert case.last(CaseClosed).closed_as is ClosedAs.UNCONFIRMED


def test_who_writes_instead_of_confirming_is_not_silent() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    deadline = case.state.wait.deadline
    case.hears(information(text=2))
    case.at(deadline, WaitDue(wait_no=1))
    assert not case.state.is_closed
    assert case.state.has_person


def closed() -> Case:
    """Solved, as the customer said."""
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.hears(confirmed())
    return case


def cancelled() -> Case:
    """Withdrawn by the customer."""
    case = with_agent()
    case.hears(cancellation())
    case.hears(cancellable())
    return case


def rejected() -> Case:
    """Taken for spam."""
    case = Case()
    case.is_found(Category.SPAM_OR_UNCLEAR, reasons=("spam.prize",))
    return case


@pytest.mark.parametrize("ended", [closed, cancelled, rejected])
@pytest.mark.parametrize(
    "word",
    [
        information(text=2),
        information(Facts(product_unit="TV-0001")),
        human(),
        denied(1),
        chosen(RemedyKind.REPAIR),
        quote_answered(),
        cancellation(),
    ],
    ids=lambda word: word.event_type,
)
def test_any_word_after_the_end_reopens_the_case_with_a_person(
    word: CaseEvent, ended: Callable[[], Case]
) -> None:
    case = ended()
    stage = case.state.stage
    assert stage in ENDS
    case.hears(word)
    assert case.last(CaseReopened).owner.kind is PartyKind.AGENT
    assert case.state.promised(PromiseKind.NEXT_STEP)
    assert row(case).tmf_status == "inProgress"


def test_a_reopened_case_goes_back_to_the_person_the_customer_knows_and_the_second_time_higher() -> None:
    case = closed()
    case.hears(information(text=2))
    assert case.last(CaseReopened).owner.id == "agent-03"
    case.is_told(ProposeResolution(agent="agent-03", reason="solved_now"))
    case.hears(confirmed(2))
    case.hears(quote_answered())
    assert case.last(CaseReopened).owner.id == HOUSE.charter.first_line.supervisor


def test_a_survey_is_no_word_about_the_case() -> None:
    assert CaseSurveyAnswered not in DECIDER.on


def test_a_yes_is_remembered_while_a_complaint_is_open_and_counts_once_it_is_answered() -> None:
    case = with_complaint_and_proposal()
    case.hears(confirmed())
    assert case.count(CaseClosed) == 0
    assert row(case).stage == "in_complaint"
    assert case.state.promised(PromiseKind.COMPLAINT_ANSWER)
    assert case.hears(confirmed()).events == ()
    owner = case.state.complaints[0].owner.id
    case.is_told(
        AnswerComplaint(
            agent=owner, complaint_no=1, outcome=ComplaintOutcome.NOT_UPHELD, reasons=("handled_well",)
        )
    )
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED
    assert case.state.is_closed


def test_silence_does_not_end_a_case_before_its_complaint_is_answered() -> None:
    case = with_complaint_and_proposal()
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.count(CaseClosed) == 0
    assert case.state.promises


def test_who_speaks_after_his_yes_takes_it_back() -> None:
    case = with_complaint_and_proposal()
    case.hears(confirmed())
    case.hears(denied())
    assert case.state.ending is None
    assert case.state.has_person
    assert case.state.promised(PromiseKind.NEXT_STEP)


def with_complaint_and_proposal() -> Case:
    """A connection that works again, and a customer who is angry all the same."""
    case = Case()
    result = found(ONLINE).model_copy(update={"facets": ("complaint",)})
    case.hears(result, origin=Origin.RESULT)
    case.is_told(Take(agent="agent-03"))
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    return case


def test_a_late_confirmation_turns_unconfirmed_into_confirmed() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.at(case.state.wait.deadline, WaitDue(wait_no=1))
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
    money = [refund_approved(4), refund_paid(4), repair_refused(5), cancellable()]
    for event in (*late, *money, assessed(Window.OUT, 5), in_force_elsewhere(), not_delivered()):
        assert case.hears(event).events == ()
