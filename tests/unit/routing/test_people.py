"""When a customer gets a person: asked for, or because a promise was broken."""

from datetime import timedelta

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, PartyKind, Urgency
from services.routing.domain.first_line import (
    ClassifyByAgent,
    ProposeResolution,
    RecordStep,
    Take,
)
from services.routing.domain.promises import PromiseDue
from services.routing.domain.rows import PromiseRow
from services.routing.domain.stages import Purpose
from services.routing.domain.waits import WaitDue
from tests.support.deciders import CASE
from tests.unit.routing.beginnings import in_guarantee, in_repair, row, with_agent
from tests.unit.routing.world import (
    HOUSE,
    WORKSHOP,
    Case,
    human,
    information,
    not_delivered,
    opened,
    repair_completed,
    repair_failed,
)


def test_who_asks_for_a_person_gets_one_by_name_with_a_date() -> None:
    case = in_guarantee()
    case.hears(human())
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT
    assert case.last(PromiseMade).kind is PromiseKind.NEXT_STEP


def test_a_broken_promise_names_a_person_and_makes_a_new_promise_in_the_same_decision() -> None:
    case = Case()
    promise = case.state.promises[0]
    decision = case.at(promise.due, PromiseDue(promise_no=1))
    assert [type(event) for event in decision.events] == [PromiseBroken, CaseAssigned, PromiseMade]
    assert row(case).owner == HOUSE.charter.promises.first_answer.when_broken
    broken = case.facts.one(PromiseRow, case_id=CASE, promise_no=1)
    assert broken is not None
    assert broken.status == "broken"


def test_a_person_who_breaks_the_promise_hands_over_to_the_supervisor() -> None:
    case = with_agent()
    case.is_told(RecordStep(agent="agent-03", step="restart_router", helped=False))
    mine = case.state.promises[0]
    case.at(mine.due, PromiseDue(promise_no=mine.no))
    assert row(case).owner == HOUSE.charter.promises.next_step.when_broken


def test_a_late_workshop_gives_the_case_to_a_person_and_the_repair_may_still_come() -> None:
    case = in_repair()
    repair = case.state.promised(PromiseKind.REPAIR)[0]
    case.at(repair.due, PromiseDue(promise_no=repair.no))
    assert case.state.has_person
    assert row(case).technicians == f"technicians.{WORKSHOP}"
    case.hears(repair_completed())
    assert case.last(ResolutionProposed).reason == "repair.completed"
    assert case.last(PromiseKept).kind is PromiseKind.NEXT_STEP


def test_a_promise_is_never_called_kept_after_its_date() -> None:
    case = in_repair()
    case.now = case.state.promised(PromiseKind.REPAIR)[0].due + timedelta(hours=1)
    case.hears(repair_completed())
    assert case.count(PromiseBroken) == 1
    assert PromiseKind.REPAIR not in {
        event.kind for event in case.published if isinstance(event, PromiseKept)
    }


def test_a_message_that_did_not_arrive_is_replaced_by_a_person_and_never_by_silence() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    deadline = case.state.wait.deadline
    case.hears(not_delivered())
    assert case.last(CaseAssigned).reason == "notification_failed"
    case.at(deadline, WaitDue(wait_no=1))
    assert not case.state.is_closed


def test_changes_of_hands_are_counted_and_taking_from_the_queue_is_none() -> None:
    case = in_repair()
    assert case.state.handoffs == 1
    case.hears(repair_failed())
    assert case.state.handoffs == 2


def test_a_command_for_a_case_not_heard_of_yet_is_asked_to_come_again() -> None:
    case = Case()
    case.state = None
    refusal = case.is_told(Take(agent="agent-03")).refusal
    assert refusal is not None
    assert refusal.code == "not_seen_yet"


def test_urgent_words_stay_urgent_when_a_person_classifies() -> None:
    case = Case(opened(safety=True))
    case.is_told(Take(agent="agent-03"))
    case.is_told(ClassifyByAgent(agent="agent-03", category=Category.CARE))
    assert case.last(CaseClassified).urgency is Urgency.HIGH


def test_who_writes_while_his_unit_is_repaired_is_read_by_a_person_and_the_repair_goes_on() -> None:
    case = in_repair()
    case.hears(information(text=2))
    assert case.last(CaseAssigned).reason == "information_received"
    assert row(case).queue == "first_line"
    assert case.state.promised(PromiseKind.NEXT_STEP)
    assert case.state.waits_for(Purpose.WORKSHOP)
    assert row(case).technicians == f"technicians.{WORKSHOP}"
