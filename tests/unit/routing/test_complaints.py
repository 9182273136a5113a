"""A customer who complains of us: registered, answered by somebody else, made good if he is right."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseCancelled,
    CaseClassified,
    CaseClosed,
    ClosedAs,
    CompensationCause,
    CompensationProposed,
    ComplaintAnswered,
    ComplaintOutcome,
    ComplaintRegistered,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, RemedyKind, Window
from services.chassis.decider import Message
from services.routing.domain import complaints
from services.routing.domain.first_line import ClassifyByAgent, ProposeResolution, Take
from services.routing.domain.promises import PromiseDue
from services.routing.domain.redress import ProposeCompensation
from tests.support.deciders import NOW
from tests.unit.routing.beginnings import FAULT, in_repair, row
from tests.unit.routing.news import cancellable, cancellation
from tests.unit.routing.redressing import (
    REFUSED,
    UPHELD,
    answer,
    breaks,
    complained,
    declined,
    granted,
)
from tests.unit.routing.world import (
    HOUSE,
    Case,
    assessed,
    chosen,
    confirmed,
    denied,
    human,
    information,
    opened,
    repair_completed,
)

COMPLAINT = Category.COMPLAINT
PEOPLE = HOUSE.charter.queues["complaints"].staff


def angry_about_a_fault() -> Case:
    """A broken product, and a customer who is angry with us besides."""
    case = Case()
    case.is_found(FAULT, facets=("complaint",), reasons=("no_power", "no_answer"))
    return case


def solved(case: Case) -> None:
    """An agent proposes a resolution and the customer confirms it."""
    case.is_told(Take(agent="agent-03"))
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    case.hears(confirmed(case.state.proposals))


def code_of(case: Case, command: Message) -> str:
    """Why a command is refused."""
    refusal = case.is_told(command).refusal
    assert refusal is not None
    return refusal.code


def test_a_complaint_in_spain_is_answered_within_fifteen_working_days() -> None:
    registered = complained().last(ComplaintRegistered)
    assert registered.profile == "es.ley_10_2025"
    assert registered.answer_due == datetime(2026, 12, 11, 9, 0, tzinfo=UTC)
    assert registered.ack_due == NOW + timedelta(hours=24)
    assert registered.owner.id in PEOPLE


def test_a_complaint_about_an_undue_charge_is_answered_within_five() -> None:
    case = Case()
    case.is_found(COMPLAINT, reasons=("unfair_charge",))
    assert case.last(ComplaintRegistered).answer_due == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def test_where_no_law_gives_a_date_the_house_does() -> None:
    case = Case(opened().model_copy(update={"jurisdiction": "GB"}))
    case.is_found(COMPLAINT)
    assert case.last(ComplaintRegistered).profile == "house.complaints"


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.integers(1, 60))  # noqa: DTZ001
def test_working_days_skip_weekends_and_nothing_else(moment: datetime, days: int) -> None:
    due = complaints.working_days_after(moment, days)
    assert due.isoweekday() <= 5
    assert due.time() == moment.time()
    between = [moment + timedelta(days=n) for n in range(1, (due - moment).days + 1)]
    assert sum(day.isoweekday() <= 5 for day in between) == days


def test_a_complaint_goes_to_somebody_who_did_not_have_the_case() -> None:
    case = complained()
    assert (row(case).owner, row(case).queue) == (case.last(ComplaintRegistered).owner.id, "complaints")
    assert case.last(CaseAssigned).reason == "complaint.registered"
    assert case.last(PromiseKept).kind is PromiseKind.FIRST_ANSWER
    assert [one.kind for one in case.state.promises] == [PromiseKind.COMPLAINT_ANSWER]


def test_anger_about_a_broken_product_leaves_the_repair_its_own_way() -> None:
    case = angry_about_a_fault()
    assert case.said().count("complaint.registered") == 1
    kinds = {one.kind for one in case.state.promises}
    assert kinds == {PromiseKind.FIRST_ANSWER, PromiseKind.COMPLAINT_ANSWER, PromiseKind.DECISION}
    assert row(case).awaited == "complaints"
    assert row(case).stage == "in_assessment"
    case.is_told(answer())
    assert case.count(ResolutionProposed) == 0


def test_a_complaint_is_registered_once_however_often_the_case_is_classified() -> None:
    case = Case()
    case.is_found(COMPLAINT, abstained=True, facets=("complaint",))
    case.hears(information(text=2))
    case.is_found(COMPLAINT)
    assert case.count(ComplaintRegistered) == 1


def test_an_answered_complaint_that_was_all_is_proposed_as_solved() -> None:
    case = complained()
    case.is_told(answer())
    assert case.said()[-4:] == ["complaint.answered", "promise.kept", "resolution.proposed", "case.held"]
    case.hears(confirmed())
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED


def test_a_complaint_is_answered_once_and_by_nobody_who_had_the_case() -> None:
    case = Case()
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=COMPLAINT))
    assert code_of(case, answer(agent="agent-03")) == "not_impartial"
    assert code_of(case, answer(agent="agent-11")) == "not_impartial"
    assert code_of(case, answer(complaint_no=2)) == "no_such_complaint"
    case.is_told(answer(agent=PEOPLE[0]))
    assert code_of(case, answer(agent=PEOPLE[1])) == "already_answered"
    assert case.count(ComplaintAnswered) == 1


def test_a_confirmation_is_remembered_until_the_complaint_is_answered() -> None:
    case = angry_about_a_fault()
    solved(case)
    assert case.count(CaseClosed) == 0
    assert row(case).stage == "in_complaint"
    assert case.state.promised(PromiseKind.COMPLAINT_ANSWER)
    case.is_told(answer())
    assert case.said()[-2:] == ["promise.kept", "case.closed"]
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED


@pytest.mark.parametrize("decision", [granted(), declined()])
def test_a_complaint_that_is_upheld_is_made_good_before_the_case_ends(decision: Message) -> None:
    case = angry_about_a_fault()
    solved(case)
    case.is_told(answer(UPHELD))
    assert case.last(CompensationProposed).reason == "complaint.upheld"
    assert not case.state.is_closed
    [owed] = case.state.promises  # nothing but what is still to come: warranty's decision
    assert (owed.kind, owed.owner.id) == (PromiseKind.DECISION, "warranty")
    case.hears(decision)
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED
    assert case.count(CompensationProposed) == 1


def test_who_speaks_again_before_the_complaint_is_answered_keeps_the_case_open() -> None:
    for word in (information(text=3), human(), denied()):
        case = angry_about_a_fault()
        solved(case)
        case.hears(word)
        case.is_told(answer())
        assert not case.state.is_closed
        assert case.state.has_person


def test_a_complaint_answered_too_late_goes_to_the_person_named_and_is_still_answered() -> None:
    case = complained()
    breaks(case, case.state.promised(PromiseKind.COMPLAINT_ANSWER)[0].no)
    named = HOUSE.charter.promises.complaint_answer.when_broken
    assert row(case).owner == named
    again = case.state.promised(PromiseKind.COMPLAINT_ANSWER)[0]
    assert (again.owner.id, case.state.complaints[0].owner.id) == (named, named)
    assert case.last(CompensationProposed).cause is CompensationCause.PROMISE
    case.is_told(answer(agent=named))
    assert case.last(ResolutionProposed).reason == "complaint.answered"


def test_a_broken_promise_that_is_our_fault_is_made_good_once() -> None:
    case = in_repair()
    repair = case.state.promised(PromiseKind.REPAIR)[0]
    breaks(case, repair.no)
    proposed = case.last(CompensationProposed)
    assert (proposed.cause, proposed.cause_no) == (CompensationCause.PROMISE, repair.no)
    again = ProposeCompensation(
        agent=row(case).owner, cause=CompensationCause.PROMISE, cause_no=repair.no, reason="late"
    )
    assert code_of(case, again) == "already_proposed"


def test_a_case_with_an_undecided_compensation_ends_when_warranty_has_answered() -> None:
    case = in_repair()
    repair = case.state.promised(PromiseKind.REPAIR)[0]
    breaks(case, repair.no)
    case.hears(repair_completed())
    case.hears(confirmed())
    assert not case.state.is_closed
    assert case.state.promises
    case.hears(granted(CompensationCause.PROMISE, repair.no))
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED


def test_a_broken_word_of_ours_is_made_good_only_if_a_person_says_so() -> None:
    case = Case()
    first = case.state.promises[0]
    case.at(first.due, PromiseDue(promise_no=first.no))
    assert case.count(PromiseBroken) == 1
    assert case.count(CompensationProposed) == 0
    wish = ProposeCompensation(
        agent=row(case).owner, cause=CompensationCause.PROMISE, cause_no=first.no, reason="late"
    )
    assert code_of(case, wish.model_copy(update={"agent": "agent-01"})) == "already_taken"
    assert code_of(case, wish.model_copy(update={"cause_no": 9})) == "no_such_cause"
    case.is_told(wish)
    assert case.last(CompensationProposed).proposed_by.id == row(case).owner


def test_a_complaint_beside_a_chosen_remedy_does_not_stop_it() -> None:
    case = angry_about_a_fault()
    case.hears(assessed(Window.GUARANTEE))
    case.hears(chosen(RemedyKind.REPAIR))
    assert case.state.promised(PromiseKind.DECISION, PromiseKind.COMPLAINT_ANSWER)


def test_who_withdraws_his_complaint_is_answered_and_asked_nothing() -> None:
    case = complained()
    case.hears(cancellation())
    case.is_told(answer())
    assert case.count(ResolutionProposed) == 0
    case.hears(cancellable())
    assert case.last(CaseCancelled).reason == "customer_cancelled"


def test_an_answer_without_a_reason_is_none() -> None:
    with pytest.raises(ValueError, match="reasons"):
        answer().model_validate({**answer().model_dump(), "reasons": ()})


def test_a_complaint_that_is_not_upheld_is_not_made_good() -> None:
    case = complained()
    case.is_told(answer(REFUSED))
    assert case.count(CompensationProposed) == 0
    assert case.last(ComplaintAnswered).outcome is ComplaintOutcome.NOT_UPHELD
    assert case.last(CaseClassified).category is COMPLAINT
