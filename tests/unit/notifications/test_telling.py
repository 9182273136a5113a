from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.events import Event
from ciclo_schemas.routing import CaseReopened, ClosedAs, PromiseBroken, PromiseKept, PromiseKind
from ciclo_schemas.values import Category, Facts, Party, PartyKind, RemedyKind, WaitName, Window
from services.chassis.decider import Effect
from services.notifications.domain.message import (
    CustomerMessage,
    MessageFailed,
    MessageSent,
    SendMessage,
    Template,
)
from services.notifications.handlers import CONVERSATIONS
from services.notifications.store import TABLES
from tests.support.deciders import NOW, FactsOf, Story
from tests.unit.notifications import events as on
from tests.unit.notifications.events import Customer, told


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


@pytest.mark.parametrize("words", [on.added, on.denied, on.wants_a_person])
def test_a_safety_word_at_any_time_is_answered_with_the_safety_notice(words: type) -> None:
    assert told(customer().hears(words(True))) == ["safety"]
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


def test_who_asks_about_the_guarantee_is_answered_from_the_assessment() -> None:
    person = customer(on.classified(Category.WARRANTY_QUERY))
    assert told(person.hears(on.assessed(Window.GUARANTEE))) == ["coverage"]


def test_out_of_guarantee_is_said_plainly_whatever_was_asked() -> None:
    for category in Category:
        person = customer(on.classified(category))
        assert told(person.hears(on.assessed(Window.OUT))) == ["out_of_guarantee"]


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


def test_an_assessment_names_the_date_of_the_promise_that_is_still_owed() -> None:
    kept = PromiseKept(promise_no=1, kind=PromiseKind.FIRST_ANSWER, kept_by="case.classified")
    person = customer(kept, on.promised(PromiseKind.DECISION, no=2, due=on.LATER))
    [news] = person.hears(on.assessed(Window.OUT))
    assert news.told.due == on.LATER


def test_silence_is_never_told_as_solved() -> None:
    assert told(customer().hears(on.closed(ClosedAs.CONFIRMED))) == ["closed"]
    assert told(customer().hears(on.closed(ClosedAs.UNCONFIRMED))) == ["closed_unconfirmed"]
    assert told(customer().hears(on.closed(ClosedAs.UNKNOWN))) == ["closed_unconfirmed"]


def test_a_reopened_case_is_told_with_the_next_promise() -> None:
    person = customer(on.closed(ClosedAs.CONFIRMED))
    reopened = CaseReopened(reason="late_confirmation", owner=on.AGENT)
    [news] = person.hears(reopened, on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT))
    assert news.told.reasons == ("late_confirmation",)


def test_a_serial_number_named_later_is_used_from_then_on() -> None:
    person = Customer()
    person.hears(on.opened(facts=Facts()))
    person.hears(on.added().model_copy(update={"facts": Facts(product_unit="TV-55-0002")}))
    [receipt] = person.hears(on.promised(PromiseKind.FIRST_ANSWER))
    assert receipt.told.product_unit == "TV-55-0002"


def test_a_case_whose_opening_was_never_heard_is_left_alone() -> None:
    assert Customer().hears(on.promised(PromiseKind.FIRST_ANSWER), on.closed(ClosedAs.CONFIRMED)) == []


@given(on.stories)
def test_one_event_never_leads_to_the_same_message_twice(story: tuple[Event, list[Event]]) -> None:
    person = Customer()
    person.hears(story[0], *story[1])
    messages = [(message.cause, message.template) for message in person.owed]
    assert len(messages) == len(set(messages))


@given(on.stories, st.sampled_from((on.added, on.denied, on.wants_a_person)))
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
        if isinstance(other.data, SendMessage) and other.data.template is not Template.SAFETY
    }
    assert effect.order not in others


def test_what_became_of_a_message_is_published_and_recorded() -> None:
    facts = FactsOf(TABLES)
    story = Story(CONVERSATIONS, facts)
    story.hears(on.opened())
    [effect] = story.hears(on.promised(PromiseKind.FIRST_ANSWER)).effects
    assert isinstance(effect.data, SendMessage)
    cause = effect.data.cause
    [row] = facts.find(CustomerMessage)
    assert (row.status, row.template, row.cause) == ("owed", "receipt", cause)

    story.hears(
        MessageSent(template=Template.RECEIPT, cause=cause, language=effect.data.language, sent_at=NOW)
    )
    [row] = facts.find(CustomerMessage)
    assert (row.status, row.at) == ("sent", NOW)

    story.hears(
        MessageFailed(
            template=Template.RECEIPT,
            cause=cause,
            language=effect.data.language,
            reason="no_address",
            attempts=1,
        )
    )
    [row] = facts.find(CustomerMessage)
    assert (row.status, row.reason) == ("failed", "no_address")
    assert story.said() == ["notification.sent", "notification.failed"]
