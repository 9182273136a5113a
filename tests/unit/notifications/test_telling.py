from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.cases import TOPIC as CASES
from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.events import Event
from ciclo_schemas.registry import EVENTS
from ciclo_schemas.routing import ClosedAs, PromiseBroken, PromiseKind
from ciclo_schemas.values import Category, Facts, Party, PartyKind, RemedyKind, WaitName, Window
from ciclo_schemas.warranty import ServicePointOption
from services.chassis.decider import Effect
from services.notifications.domain.message import URGENT, SendMessage, Template, Topic
from services.notifications.handlers import CONVERSATIONS
from tests.support.deciders import NOW
from tests.unit.notifications import events as on
from tests.unit.notifications.events import Customer, told
from tests.unit.notifications.stories import stories

CASE_EVENTS = [event for event in EVENTS.values() if event.topic == CASES]


def customer(*events: Event) -> Customer:
    person = Customer()
    person.hears(on.opened(), on.promised(PromiseKind.FIRST_ANSWER), *events)
    return person


def test_the_receipt_follows_the_first_promise_and_names_owner_and_date() -> None:
    person = Customer()
    assert person.hears(on.opened()) == []
    [receipt] = person.hears(on.promised(PromiseKind.FIRST_ANSWER))
    assert receipt.template is Template.RECEIPT
    assert receipt.told.owner == on.FIRST_LINE
    assert receipt.told.due == on.SOON
    assert receipt.told.asked_for is RemedyKind.REPAIR


WORDS = (on.added, on.denied, on.wants_a_person, on.wants_to_cancel, on.objects)


def test_every_event_that_carries_a_safety_word_is_heard() -> None:
    flagged = {event for event in CASE_EVENTS if "safety_flag" in event.model_fields}
    assert flagged == {CaseOpened, *(type(words()) for words in WORDS)}
    assert flagged <= set(CONVERSATIONS.on)


@pytest.mark.parametrize("words", WORDS)
def test_a_safety_word_at_any_time_is_answered_with_the_safety_notice(words: type) -> None:
    assert told(customer().hears(words(True))) == ["safety"]
    assert told(customer(on.closed(ClosedAs.CONFIRMED)).hears(words(True))) == ["safety"]
    assert told(customer().hears(words(False))) == []


def test_a_defect_in_the_trial_period_is_told_once_with_the_decision_and_its_reasons() -> None:
    person = customer(on.classified(Category.TECHNICAL_FAULT))
    [decision] = person.hears(on.assessed(Window.TRIAL), on.replacement())
    assert decision.template is Template.REPLACEMENT
    assert decision.told.reasons == ("reported_in_trial",)
    assert decision.told.due == on.LATER


def test_a_defect_in_the_guarantee_is_told_with_the_question_what_the_customer_chooses() -> None:
    person = customer(on.classified(Category.TECHNICAL_FAULT))
    [question] = person.hears(on.assessed(Window.GUARANTEE), on.asked("remedy"), on.held())
    assert question.template is Template.REMEDY_CHOICE
    assert question.told.remedies == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)
    assert question.told.deadline == on.LATER
    assert question.told.reasons == ("reported_in_guarantee",)


def test_who_asks_about_the_guarantee_is_told_it_and_asked_whether_that_answers_it_in_one_message() -> None:
    person = customer(on.classified(Category.WARRANTY_QUERY))
    assert person.hears(on.assessed(Window.GUARANTEE)) == []
    [answer] = person.hears(on.proposed(reason="warranty_answered"), on.held())
    assert (answer.template, answer.told.deadline) == (Template.COVERAGE, on.LATER)
    assert answer.told.reasons == ("reported_in_guarantee",)
    assert answer.told.about is Topic.SOLVED


def test_an_answer_about_the_guarantee_that_changes_is_told_again_at_once() -> None:
    person = customer(on.classified(Category.WARRANTY_QUERY), on.assessed(Window.GUARANTEE))
    person.hears(on.proposed(reason="warranty_answered"), on.held())
    assert person.hears(on.assessed(Window.GUARANTEE, assessment_no=2)) == [], "nothing new"
    [news] = person.hears(on.assessed(Window.OUT, assessment_no=3))
    assert (news.template, news.told.deadline) == (Template.OUT_OF_GUARANTEE, on.LATER)


def test_out_of_guarantee_is_told_once_with_the_workshops_and_the_question_for_a_quote() -> None:
    point = ServicePointOption(service_point="cast-norte", official=True)
    person = customer(on.classified(Category.TECHNICAL_FAULT))
    out = on.assessed(Window.OUT, remedies_allowed=("quote",), service_points=(point,))
    [options] = person.hears(out, on.asked("remedy"), on.held())
    assert (options.template, options.told.about) == (Template.OUT_OF_GUARANTEE, Topic.REMEDY)
    assert options.told.service_points == (point,)
    assert options.told.deadline == on.LATER


def test_where_no_workshop_can_be_offered_a_person_explains_and_it_is_said_as_plainly() -> None:
    person = customer(on.classified(Category.TECHNICAL_FAULT))
    [options] = person.hears(
        on.assessed(Window.OUT, remedies_allowed=()),
        on.assigned("window_out"),
        on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT, due=on.LATER),
    )
    assert (options.template, options.told.owner) == (Template.OUT_OF_GUARANTEE, on.AGENT)
    assert options.told.due == on.LATER


def test_an_unknown_window_is_not_told_but_what_is_missing_is_asked() -> None:
    person = customer(on.classified(Category.WARRANTY_QUERY))
    [question] = person.hears(on.assessed(Window.UNKNOWN, product_unit=None), on.asked("product_unit"))
    assert question.template is Template.INFORMATION
    assert question.told.missing == ("product_unit",)


def test_a_repair_is_told_with_the_workshop_the_number_and_the_date_and_not_told_twice() -> None:
    [decision] = customer().hears(on.repair(), on.promised(PromiseKind.REPAIR, no=2, due=on.LATER))
    assert decision.template is Template.REPAIR
    assert decision.told.owner == Party(kind=PartyKind.SERVICE_POINT, id="SAT-MADRID-01")
    assert (decision.told.repair_no, decision.told.due) == ("R-1001", on.LATER)


def test_a_new_unit_on_its_way_is_told_with_the_date_promised_before() -> None:
    [news] = customer(on.replacement()).hears(on.shipped())
    assert (news.template, news.told.due, news.told.shipment) == (Template.SHIPPED, on.LATER, "ENV-77")


def test_the_customer_is_asked_whether_it_is_solved_with_the_deadline_for_the_answer() -> None:
    person = customer()
    assert person.hears(on.proposed()) == []
    proposal = UUID(int=person.heard)
    assert person.hears(on.held(WaitName.WORKSHOP)) == []
    [question] = person.hears(on.held())
    assert (question.template, question.told.deadline) == (Template.SOLVED, on.LATER)
    assert question.cause == proposal, "the message tells about the proposal, not about the wait"
    assert person.hears(on.held()) == [], "another wait for the customer asks nothing again"


def test_a_second_proposal_has_other_words_than_the_first() -> None:
    person = customer()
    [first] = person.hears(on.proposed(1), on.held())
    [second] = person.hears(on.denied(), on.proposed(2), on.held())
    assert (first.told.again, second.told.again) == (False, True)


def test_a_denied_resolution_is_answered_with_regret_and_the_next_date() -> None:
    person = customer(on.proposed(), on.held())
    [answer] = person.hears(
        on.denied(),
        on.assigned("resolution_denied"),
        on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT),
    )
    assert (answer.template, answer.told.denied) == (Template.PROGRESS, True)
    assert (answer.told.owner, answer.told.due) == (on.AGENT, on.SOON)
    [next_one] = person.hears(on.assigned("human_requested"), on.promised(PromiseKind.NEXT_STEP, no=3))
    assert not next_one.told.denied, "we regret it once"


def test_the_same_progress_is_not_told_twice() -> None:
    person = customer(on.assigned("taken"))
    assert told(person.hears(on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT))) == ["progress"]
    assert told(person.hears(on.promised(PromiseKind.NEXT_STEP, no=3, owner=on.AGENT))) == []
    assert told(person.hears(on.promised(PromiseKind.NEXT_STEP, no=4, owner=on.FIRST_LINE))) == ["progress"]


def test_a_broken_promise_is_apologised_for_with_the_new_date() -> None:
    person = customer()
    missed = NOW - timedelta(hours=1)
    [apology] = person.hears(
        PromiseBroken(promise_no=1, kind=PromiseKind.FIRST_ANSWER, due=missed),
        on.assigned("promise_broken"),
        on.promised(PromiseKind.NEXT_STEP, no=2, due=on.LATER, owner=on.AGENT),
    )
    assert apology.template is Template.APOLOGY
    assert (apology.told.was_due, apology.told.due) == (missed, on.LATER)
    assert told(person.hears(on.promised(PromiseKind.NEXT_STEP, no=3))) == ["progress"]


def test_silence_is_never_told_as_solved() -> None:
    assert told(customer().hears(on.closed(ClosedAs.CONFIRMED))) == ["closed"]
    assert told(customer().hears(on.closed(ClosedAs.UNCONFIRMED))) == ["closed_unconfirmed"]
    assert told(customer().hears(on.closed(ClosedAs.UNKNOWN))) == ["closed_unconfirmed"]


def test_a_reopened_case_is_told_with_the_next_promise() -> None:
    person = customer(on.closed(ClosedAs.CONFIRMED))
    [news] = person.hears(
        on.reopened("information_received"), on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT)
    )
    assert (news.template, news.told.owner, news.told.due) == (Template.REOPENED, on.AGENT, on.SOON)
    assert news.told.reasons == ("information_received",)


def test_a_late_yes_is_thanked_for_not_told_as_a_reopening() -> None:
    person = customer(on.proposed(), on.held(), on.closed(ClosedAs.UNCONFIRMED))
    late = on.reopened("late_confirmation"), on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT)
    assert told(person.hears(*late, on.closed(ClosedAs.CONFIRMED))) == ["closed"]


def test_a_serial_number_named_later_is_used_from_then_on() -> None:
    person = Customer()
    person.hears(on.opened(facts=Facts()))
    person.hears(on.added().model_copy(update={"facts": Facts(product_unit="TV-55-0002")}))
    [receipt] = person.hears(on.promised(PromiseKind.FIRST_ANSWER))
    assert receipt.told.product_unit == "TV-55-0002"


def test_a_case_whose_opening_was_never_heard_is_left_alone() -> None:
    assert Customer().hears(on.promised(PromiseKind.FIRST_ANSWER), on.closed(ClosedAs.CONFIRMED)) == []


@given(stories)
def test_one_event_never_leads_to_the_same_message_twice(story: tuple[Event, list[Event]]) -> None:
    person = Customer()
    person.hears(story[0], *story[1])
    messages = [(message.cause, message.template) for message in person.owed]
    assert len(messages) == len(set(messages))
    assert len({message.message_id for message in person.owed}) == len(messages)


@given(stories, st.sampled_from(WORDS))
def test_the_safety_notice_never_waits_for_another_message(
    story: tuple[Event, list[Event]], words: type
) -> None:
    person = Customer()
    person.hears(story[0], *story[1])
    [effect] = person.decides(words(True)).effects
    assert isinstance(effect, Effect)
    assert isinstance(effect.data, SendMessage)
    assert effect.data.template is Template.SAFETY
    others = {
        other.order
        for event in story[1]
        for other in person.decides(event).effects
        if isinstance(other.data, SendMessage) and other.data.template not in URGENT
    }
    assert effect.order not in others
