"""A customer who does not answer is reminded, then left in peace; nobody takes his silence for a yes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ciclo_schemas.routing import CaseClosed, ClosedAs, CustomerReminded, InformationRequested
from ciclo_schemas.values import RemedyKind, WaitName, Window
from services.routing.domain.first_line import ClassifyByAgent, ProposeResolution
from services.routing.domain.waits import ReminderDue, WaitDue
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import FAULT, in_guarantee, with_agent
from tests.unit.routing.news import quote_issued, quote_requested
from tests.unit.routing.world import HOUSE, Case, assessed, chosen, denied, human, information


def asked_whether_it_is_solved() -> Case:
    """An agent believes it is solved."""
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    return case


def asked_about_a_quote() -> Case:
    """A workshop's offer is before the customer."""
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.OUT, allowed=(RemedyKind.QUOTE,)))
    case.hears(chosen(RemedyKind.QUOTE))
    case.hears(quote_requested())
    case.hears(quote_issued())
    return case


def reminded(case: Case) -> int:
    """Let every reminder of the present wait fall due; how many there were."""
    wait = case.state.wait
    before = case.count(CustomerReminded)
    for hours in HOUSE.charter.customer_wait(wait.purpose).reminders:
        case.at(wait.since + timedelta(hours=hours), ReminderDue(wait_no=wait.no))
    return case.count(CustomerReminded) - before


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        (asked_whether_it_is_solved, "confirmation"),
        (in_guarantee, "remedy"),
        (asked_about_a_quote, "quote"),
    ],
)
def test_who_keeps_silent_is_reminded_twice_and_then_the_case_ends_unconfirmed(
    asked: Callable[[], Case], about: str
) -> None:
    case = asked()
    assert reminded(case) == 2
    last = case.last(CustomerReminded)
    assert (last.wait, last.about, last.n) == (WaitName.CUSTOMER, about, 2)
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.last(CaseClosed).closed_as is ClosedAs.UNCONFIRMED
    assert case.last(CaseClosed).reason == "no_answer"


def test_a_reminder_of_a_quote_names_the_day_the_offer_ends() -> None:
    case = asked_about_a_quote()
    reminded(case)
    assert case.last(CustomerReminded).deadline == NOW + timedelta(days=15)


def test_a_reminder_of_what_is_missing_does_not_ask_for_it_again() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit",)))
    assert reminded(case) == 2
    assert case.count(InformationRequested) == 1


def test_nobody_is_reminded_of_what_he_has_answered() -> None:
    case = in_guarantee()
    wait = case.state.wait
    case.hears(chosen(RemedyKind.REPAIR))
    case.at(NOW + timedelta(hours=72), ReminderDue(wait_no=wait.no))
    assert case.count(CustomerReminded) == 0


def test_a_reminder_that_comes_too_early_comes_again() -> None:
    case = in_guarantee()
    decision = case.at(NOW + timedelta(hours=1), ReminderDue(wait_no=case.state.wait.no))
    assert decision.events == ()
    assert [timer.due for timer in decision.timers] == [NOW + timedelta(hours=72)]  # type: ignore[union-attr]


def test_who_writes_instead_of_choosing_is_read_by_a_person_and_not_closed_for_silence() -> None:
    case = in_guarantee()
    wait = case.state.wait
    case.now = wait.deadline - timedelta(hours=1)
    case.hears(information(text=2))
    assert case.state.has_person
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert not case.state.is_closed


def test_who_was_promised_a_person_is_not_closed_before_the_person_has_spoken() -> None:
    case = in_guarantee()
    wait = case.state.wait
    case.now = wait.deadline - timedelta(hours=1)
    case.hears(human())
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert not case.state.is_closed
    assert case.state.promises


def test_silence_about_a_choice_does_not_answer_a_proposal_that_was_denied_before() -> None:
    case = asked_whether_it_is_solved()
    case.hears(denied())
    case.is_told(ClassifyByAgent(agent="agent-03", category=FAULT, symptom_code="no_power"))
    case.hears(assessed(Window.GUARANTEE))
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.last(CaseClosed).proposal_no is None


def test_nobody_is_reminded_of_a_date_that_passed_while_the_house_was_away() -> None:
    case = asked_whether_it_is_solved()
    wait = case.state.wait
    case.at(wait.deadline, ReminderDue(wait_no=wait.no))
    assert case.count(CustomerReminded) == 0
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.last(CaseClosed).closed_as is ClosedAs.UNCONFIRMED
