"""What a customer gets from routing, from the first word to the end, path by path."""

from datetime import timedelta

import pytest

from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseEscalated,
    CaseHeld,
    CaseReopened,
    ClosedAs,
    InformationRequested,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    ResolutionProposed,
)
from ciclo_schemas.values import Category, DecidedBy, Facts, PartyKind, RemedyKind, Urgency, WaitName, Window
from services.chassis.decider import Origin
from services.routing.domain.case import Purpose, Stage
from services.routing.domain.first_line import (
    AcceptEscalation,
    ClassifyByAgent,
    ProposeResolution,
    RecordStep,
    Take,
)
from services.routing.domain.promises import PromiseDue
from services.routing.domain.rows import CaseRow, PromiseRow
from services.routing.domain.waits import ConfirmationDue, WaitDue
from tests.support.deciders import CASE, NOW
from tests.unit.routing.world import (
    HOUSE,
    WORKSHOP,
    Case,
    assessed,
    calls,
    chosen,
    confirmed,
    denied,
    found,
    human,
    in_force_elsewhere,
    information,
    not_delivered,
    opened,
    repair_authorized,
    repair_completed,
    repair_failed,
    replacement_approved,
    replacement_delivered,
    text_ref,
)

FAULT = Category.TECHNICAL_FAULT
ONLINE = Category.ONLINE_SUPPORT


def in_guarantee() -> Case:
    """A broken television within the guarantee; the customer is asked which remedy he wants."""
    case = Case(opened(Facts(product_unit="TV-0001", symptom_code="no_power")))
    case.is_found(FAULT)
    case.hears(assessed(Window.GUARANTEE))
    return case


def in_repair() -> Case:
    case = in_guarantee()
    case.hears(chosen(RemedyKind.REPAIR))
    case.hears(repair_authorized())
    return case


def with_agent(category: Category = ONLINE) -> Case:
    case = Case()
    case.is_found(category, reasons=("no_connection",))
    case.is_told(Take(agent="agent-03"))
    return case


def row(case: Case) -> CaseRow:
    found = case.facts.one(CaseRow, case_id=CASE)
    assert found is not None
    return found


# ---- the beginning


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


# ---- classification


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


# ---- trial


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


# ---- guarantee


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


# ---- what is missing


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


def test_a_customer_who_does_not_answer_a_question_gets_a_person_and_a_new_promise() -> None:
    case = in_guarantee()
    wait = case.state.wait
    case.at(wait.deadline, WaitDue(wait_no=wait.no))
    assert case.said()[-3:] == ["case.resumed", "case.assigned", "promise.made"]
    assert case.state.has_person


def test_words_without_the_facts_that_were_asked_for_are_read_by_a_person() -> None:
    case = Case()
    case.is_found(FAULT)
    case.hears(assessed(Window.UNKNOWN, missing=("product_unit",)))
    case.hears(information(text=2))
    assert case.state.has_person
    assert case.state.promised(PromiseKind.NEXT_STEP)


# ---- answers without goods


def test_a_question_about_the_guarantee_is_answered_from_the_assessment() -> None:
    case = Case()
    case.is_found(Category.WARRANTY_QUERY)
    case.hears(assessed(Window.TRIAL))
    assert case.last(ResolutionProposed).reason == "coverage.assessed"
    case.hears(confirmed())
    assert case.state.is_closed


@pytest.mark.parametrize("window", [Window.OUT, Window.UNKNOWN])
def test_out_of_guarantee_a_person_explains(window: Window) -> None:
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


# ---- the first line


def test_online_support_goes_to_the_first_line_with_the_playbook_for_its_trouble() -> None:
    case = Case()
    case.is_found(ONLINE, reasons=("streaming_app", "no_connection"))
    assigned = case.last(CaseAssigned)
    assert (assigned.queue, assigned.playbook) == ("first_line", "network")


def test_the_first_line_takes_tries_proposes_and_the_customer_confirms() -> None:
    case = with_agent()
    reply = case.is_told(RecordStep(agent="agent-03", step="restart_router", helped=True)).reply
    assert reply is not None
    assert reply.model_dump()["next_step"] == "restart_device"
    case.is_told(ProposeResolution(agent="agent-03", reason="network_restarted", text_ref=text_ref(9)))
    assert case.last(ResolutionProposed).text_ref == text_ref(9)
    case.hears(confirmed())
    assert row(case).tmf_status == "closed"
    assert row(case).handoffs == 0
    assert case.count(CaseEscalated) == 0


def test_no_customer_goes_through_the_same_step_twice() -> None:
    case = with_agent()
    step = RecordStep(agent="agent-03", step="restart_router", helped=False)
    case.is_told(step)
    refusal = case.is_told(step).refusal
    assert refusal is not None
    assert refusal.code == "already_tried"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Take(agent="agent-04"), "already_taken"),
        (ProposeResolution(agent="agent-04", reason="solved"), "already_taken"),
        (RecordStep(agent="agent-03", step="dance", helped=True), "unknown_step"),
        (AcceptEscalation(agent="tech-21"), "not_escalated"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_code(command: Take, code: str) -> None:
    refusal = with_agent().is_told(command).refusal
    assert refusal is not None
    assert refusal.code == code


def test_a_case_with_the_technicians_is_not_in_the_first_line() -> None:
    refusal = in_repair().is_told(Take(agent="agent-03")).refusal
    assert refusal is not None
    assert refusal.code == "not_in_first_line"


def test_who_works_on_a_case_has_taken_it() -> None:
    case = Case()
    case.is_found(ONLINE)
    refusal = case.is_told(ProposeResolution(agent="agent-03", reason="solved")).refusal
    assert refusal is not None
    assert refusal.code == "not_taken"


def test_a_second_proposal_waits_for_the_answer_to_the_first() -> None:
    case = with_agent()
    case.is_told(ProposeResolution(agent="agent-03", reason="solved"))
    refusal = case.is_told(ProposeResolution(agent="agent-03", reason="solved")).refusal
    assert refusal is not None
    assert refusal.code == "already_proposed"


# ---- denial, silence, reopening


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


# ---- people and broken promises


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
    case.at(deadline, ConfirmationDue(proposal_no=1))
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
