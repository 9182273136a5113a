"""What a customer gets from trial and guarantee, and how he is asked for what is missing."""

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseEscalated,
    CaseHeld,
    ClosedAs,
    InformationRequested,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, Facts, PartyKind, RemedyKind, WaitName, Window
from services.routing.domain.first_line import (
    AcceptEscalation,
    ClassifyByAgent,
    RecordStep,
)
from services.routing.domain.stages import Purpose, Stage
from services.routing.domain.waits import WaitDue
from tests.unit.routing.beginnings import FAULT, in_guarantee, in_repair, row, with_agent
from tests.unit.routing.world import (
    WORKSHOP,
    Case,
    assessed,
    chosen,
    confirmed,
    in_force_elsewhere,
    information,
    opened,
    repair_authorized,
    repair_completed,
    repair_failed,
    replacement_approved,
    replacement_delivered,
)


def test_a_defect_in_the_trial_period_is_replaced_without_a_workshop() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL))
    assert case.state.stage is Stage.IN_ASSESSMENT
    case.hears(replacement_approved())
    assert case.last(CaseHeld).wait is WaitName.LOGISTICS
    case.hears(replacement_delivered())
    case.hears(confirmed())
    assert case.said() == [
        "promise.made",
        "case.classified",
        "promise.made",
        "promise.kept",
        "promise.kept",
        "promise.made",
        "case.held",
        "case.resumed",
        "promise.kept",
        "resolution.proposed",
        "case.held",
        "case.closed",
    ]
    assert case.last(CaseClosed).closed_as is ClosedAs.CONFIRMED


def test_a_trial_defect_told_only_in_words_asks_an_agent_and_not_the_customer() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL, missing=("symptom_code",)))
    assert case.count(InformationRequested) == 0
    assigned = case.last(CaseAssigned)
    assert assigned.owner.kind is PartyKind.AGENT
    case.is_told(ClassifyByAgent(agent=assigned.owner.id, category=FAULT, symptom_code="no_power"))
    assert case.last(CaseClassified).symptom_code == "no_power"
    assert case.state.promised(PromiseKind.DECISION)


def test_a_trial_case_is_never_escalated_before_its_replacement() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL))
    case.hears(repair_authorized())
    assert case.count(CaseEscalated) == 0
    assert case.last(CaseAssigned).reason == "trial_needs_replacement"


def test_who_may_have_his_money_back_in_the_trial_is_called_by_a_person() -> None:
    case = Case(opened(asked_for=RemedyKind.REFUND))
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL, allowed=(), reasons=("choice_for_staff",)))
    assert case.state.has_person
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_in_the_guarantee_the_customer_chooses_and_the_technicians_learn_what_was_tried() -> None:
    case = with_agent()
    case.is_told(RecordStep(agent="agent-03", step="restart_router", helped=False))
    case.is_told(ClassifyByAgent(agent="agent-03", category=FAULT, symptom_code="no_power"))
    case.hears(assessed(Window.GUARANTEE))
    assert case.last(InformationRequested).missing == ("remedy",)
    assert case.state.waits_for(Purpose.REMEDY)
    case.hears(chosen(RemedyKind.REPAIR))
    assert case.state.promised(PromiseKind.DECISION)
    case.hears(repair_authorized())
    escalated = case.last(CaseEscalated)
    assert escalated.queue == f"technicians.{WORKSHOP}"
    assert escalated.steps_tried == ("restart_router",)
    assert row(case).tmf_status == "held"
    case.hears(repair_completed())
    assert case.last(PromiseKept).kept_by == "repair.completed"
    assert case.last(ResolutionProposed).reason == "repair.completed"


def test_a_technician_accepts_once_and_no_other_takes_it_from_him() -> None:
    case = in_repair()
    assert case.is_told(AcceptEscalation(agent="tech-21")).refusal is None
    assert row(case).owner == "tech-21"
    refusal = case.is_told(AcceptEscalation(agent="tech-22")).refusal
    assert refusal is not None
    assert refusal.code == "already_taken"


def test_a_failed_repair_breaks_its_promise_and_a_person_goes_on() -> None:
    case = in_repair()
    decision = case.hears(repair_failed())
    assert isinstance(decision.events[0], PromiseBroken)
    assert row(case).queue == "first_line"
    assert case.state.promised(PromiseKind.NEXT_STEP)
    case.hears(assessed(Window.GUARANTEE, 2, allowed=(RemedyKind.REPLACEMENT, RemedyKind.REFUND)))
    assert case.count(InformationRequested) == 2


def test_the_same_choice_is_not_asked_twice() -> None:
    case = in_guarantee()
    case.hears(assessed(Window.GUARANTEE, 2))
    assert case.count(InformationRequested) == 1
    assert case.state.offered == 2


def test_a_superseded_remedy_moves_the_case_no_longer() -> None:
    case = in_repair()
    case.hears(replacement_approved(remedy_no=2))
    case.hears(repair_completed(remedy_no=1))
    assert case.count(ResolutionProposed) == 0
    case.hears(replacement_delivered(remedy_no=2))
    assert case.count(ResolutionProposed) == 1


def test_all_that_is_missing_is_asked_once_and_what_is_known_never() -> None:
    case = Case(opened(Facts(purchase_ref="T-1")))
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit", "purchase", "delivered_on")))
    assert case.last(InformationRequested).missing == ("product_unit", "delivered_on")
    case.hears(information(Facts(product_unit="TV-0001")))
    assert case.state.promised(PromiseKind.DECISION)
    case.hears(assessed(Window.UNKNOWN, 2, missing=("purchase",)))
    assert case.count(InformationRequested) == 1
    assert case.last(CaseAssigned).reason == "cannot_assess"


def test_who_does_not_say_what_is_missing_gets_a_person_who_assesses_by_hand() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit", "purchase")))
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.said()[-3:] == ["case.resumed", "case.assigned", "promise.made"]
    assert case.state.has_person
    case.hears(assessed(Window.GUARANTEE, 2))
    assert case.last(InformationRequested).missing == ("remedy",)


def test_words_without_the_facts_that_were_asked_for_are_read_by_a_person() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit",)))
    case.hears(information(text=2))
    assert case.state.has_person
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_a_question_about_the_guarantee_is_answered_from_the_assessment() -> None:
    case = Case()
    case.is_found(Category.WARRANTY_QUERY)
    case.hears(assessed(Window.TRIAL))
    assert case.last(ResolutionProposed).reason == "warranty_answered"
    case.hears(confirmed())
    assert case.state.is_closed


@pytest.mark.parametrize("window", [Window.OUT, Window.UNKNOWN])
def test_where_nothing_can_be_offered_a_person_explains(window: Window) -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(window))
    assert case.last(CaseAssigned).owner.kind is PartyKind.AGENT
    assert case.state.promised(PromiseKind.NEXT_STEP)


def test_a_defect_that_another_case_puts_right_is_explained_by_a_person_once() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.TRIAL, allowed=(), reasons=("remedy_in_force",)))
    case.hears(in_force_elsewhere())
    assert [event.reason for event in case.published if isinstance(event, CaseAssigned)] == [
        "remedy.already_in_force"
    ]
