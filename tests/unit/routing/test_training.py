"""A customer who wants to learn: the education area takes him over, or the first line takes him back."""

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseDivertedToTraining,
    CaseHandedOff,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, PartyKind
from services.chassis.decider import Given, Origin
from services.routing.domain import owners
from services.routing.domain.first_line import ClassifyByAgent, ProposeResolution, Take
from services.routing.domain.training import ConfirmTraining
from services.routing.domain.turn import Turn
from tests.support.deciders import CASE
from tests.unit.routing.beginnings import row
from tests.unit.routing.redressing import breaks
from tests.unit.routing.world import HOUSE, Case, confirmed, denied, human, information

TRAINING = Category.TRAINING
TEACHER = "agent-11"


def diverted() -> Case:
    """A customer who waits for the education area."""
    case = Case()
    case.is_found(TRAINING, reasons=("course",))
    return case


def handed_over() -> Case:
    """A customer whom a person of the education area took over."""
    case = diverted()
    case.is_told(ConfirmTraining(agent=TEACHER))
    return case


def refused(case: Case, agent: str = TEACHER) -> str:
    refusal = case.is_told(ConfirmTraining(agent=agent)).refusal
    assert refusal is not None
    return refusal.code


def test_who_wants_to_learn_hears_until_when_the_education_area_takes_over() -> None:
    case = diverted()
    asked = case.last(CaseDivertedToTraining)
    promise = case.last(PromiseMade)
    assert (promise.kind, promise.owner.id, promise.due) == (PromiseKind.TRAINING, "education", asked.due)
    assert case.last(PromiseKept).kind is PromiseKind.FIRST_ANSWER
    assert (row(case).stage, row(case).waiting_for) == ("in_training", "education")
    assert row(case).awaited == "education"


def test_nobody_lets_go_before_a_person_of_the_education_area_confirmed() -> None:
    case = Case()
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=TRAINING))
    assert row(case).owner == "agent-03"
    case.is_told(ConfirmTraining(agent=TEACHER))
    handed = case.last(CaseHandedOff)
    assert (handed.by.id, handed.to.id, handed.queue) == ("agent-03", TEACHER, "education")
    assert handed.handoff_no == 1
    assert (row(case).owner, row(case).queue) == (TEACHER, "education")
    assert case.state.wait is None
    assert [(one.kind, one.owner.id) for one in case.state.promises] == [(PromiseKind.NEXT_STEP, TEACHER)]


def test_only_the_education_area_confirms_and_only_while_it_is_waited_for() -> None:
    assert refused(diverted(), "agent-03") == "not_in_education"
    assert refused(Case()) == "not_diverted"
    assert refused(handed_over(), "agent-12") == "not_diverted"


def test_a_training_that_nobody_confirmed_goes_back_to_a_person_of_the_first_line() -> None:
    case = diverted()
    breaks(case, case.state.promised(PromiseKind.TRAINING)[0].no)
    assert case.said()[-4:] == ["promise.broken", "case.resumed", "case.assigned", "promise.made"]
    assert row(case).owner == HOUSE.charter.promises.training.when_broken
    assert refused(case) == "not_diverted"


def test_the_education_area_proposes_the_resolution_and_the_customer_ends_the_case() -> None:
    case = handed_over()
    case.is_told(ProposeResolution(agent=TEACHER, reason="course_booked"))
    assert case.last(ResolutionProposed).proposed_by.id == TEACHER
    case.hears(confirmed())
    assert case.state.is_closed


def test_who_did_not_learn_it_stays_with_the_person_who_teaches_him() -> None:
    case = handed_over()
    case.is_told(ProposeResolution(agent=TEACHER, reason="course_booked"))
    case.hears(denied())
    assert (row(case).owner, row(case).queue) == (TEACHER, "education")


def test_who_asks_for_a_person_gets_one_by_name_whether_or_not_the_training_is_confirmed() -> None:
    case = diverted()
    case.hears(human())
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT
    case.is_told(ConfirmTraining(agent=TEACHER))
    case.hears(human())
    assert case.last(CaseAssigned).owner.id == TEACHER


def test_a_safety_word_in_a_training_is_urgent_there_too() -> None:
    case = handed_over()
    case.hears(information(text=2, safety=True))
    assert (row(case).queue, row(case).rank) == ("education", 0)


def given(case: Case) -> Given:
    """What a decision about a case would know now."""
    return Given(subject=CASE, now=case.now, cause=CASE, origin=Origin.COMMAND, facts=case.facts)


def test_who_was_handed_around_too_often_goes_to_a_supervisor_only() -> None:
    case = Case()
    turn = Turn(case.state, given(case), HOUSE)
    for number in range(1, HOUSE.charter.max_handoffs + 1):
        assert owners.hand_off(turn, owners.agent(f"agent-0{number}"), "first_line", "colleague") is None
    refusal = owners.hand_off(turn, owners.agent("agent-05"), "first_line", "colleague")
    assert refusal is not None
    assert refusal.code == "too_many_handoffs"
    assert owners.hand_off(turn, owners.agent("agent-07"), "first_line", "colleague") is None
    assert turn.state.handed_off == HOUSE.charter.max_handoffs + 1
