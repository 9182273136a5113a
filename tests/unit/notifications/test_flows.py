"""The longer flows: what a decision means reaches the customer in one message, with reason, step and date."""

from datetime import timedelta

import pytest

from ciclo_schemas.events import Event
from ciclo_schemas.routing import (
    CaseCancelled,
    CaseDivertedToTraining,
    CaseHandedOff,
    CaseRejected,
    CaseUnknownResolved,
    ClosedAs,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
)
from ciclo_schemas.values import Category, RemedyKind, WaitName, Window
from ciclo_schemas.warranty import (
    CompensationDeclined,
    CompensationGranted,
    QuoteRefused,
    QuoteRequested,
    RepairCompleted,
    RepairRefused,
    ReplacementLost,
)
from services.notifications.domain.message import Template, Topic
from tests.support.deciders import NOW
from tests.unit.notifications import events as on
from tests.unit.notifications.events import Customer, told

LATEST = on.LATER + timedelta(days=5)


def customer(*events: Event) -> Customer:
    person = Customer()
    person.hears(on.opened(), on.promised(PromiseKind.FIRST_ANSWER), *events)
    return person


def test_a_refund_instead_of_the_new_unit_is_told_once_and_says_what_it_replaces() -> None:
    person = customer(on.replacement())
    [news] = person.hears(
        on.withdrawn("superseded"),
        on.refund(supersedes=1),
        on.promised(PromiseKind.REFUND, no=2, due=on.LATER),
    )
    assert (news.template, news.told.instead_of) == (Template.REFUND, RemedyKind.REPLACEMENT)
    assert (news.told.due, news.told.news) == (on.LATER, ())


def test_money_paid_is_told_with_the_question_whether_it_is_solved() -> None:
    person = customer(on.refund())
    assert person.hears(on.refund_paid()) == []
    [question] = person.hears(on.proposed(reason="refund.paid"), on.held())
    assert question.template is Template.SOLVED
    assert (question.told.price, question.told.reference) == (on.EUROS, "PAY-1")


def test_money_paid_after_the_end_is_told_at_once() -> None:
    person = customer(on.refund(), on.closed(ClosedAs.UNCONFIRMED))
    [news] = person.hears(on.refund_paid())
    assert (news.template, news.told.reference) == (Template.REFUND_PAID, "PAY-1")


def test_a_finished_repair_is_told_with_what_was_done_and_how_long_it_is_answered_for() -> None:
    done = RepairCompleted(
        remedy_no=1,
        repair_no="R-1001",
        completed_at=NOW,
        work=("tested",),
        repair_guarantee_until=on.LATER.date(),
    )
    [question] = customer(on.repair()).hears(done, on.proposed(), on.held())
    assert (question.told.work, question.told.until) == (("tested",), on.LATER.date())


def test_a_lost_parcel_is_told_once_with_the_date_that_stands() -> None:
    person = customer(on.replacement())
    lost = ReplacementLost(remedy_no=1, shipment="ENV-77", lost_at=NOW)
    [news] = person.hears(lost, on.at_risk("parcel_lost"))
    assert (news.template, news.told.due) == (Template.LOST, on.LATER)
    assert told(person.hears(on.at_risk("time_running_out"))) == ["at_risk"]


def test_a_new_date_for_the_repair_is_told_once_with_its_reason() -> None:
    person = customer(on.repair())
    [news] = person.hears(on.rescheduled(LATEST), on.revised(LATEST))
    assert (news.template, news.told.was_due, news.told.due) == (Template.RESCHEDULED, on.LATER, LATEST)
    assert news.told.reasons == ("waiting_for_part",)


def test_a_delay_that_keeps_the_date_is_told_as_a_risk() -> None:
    person = customer(on.repair())
    assert person.hears(on.rescheduled(on.LATER)) == []
    assert told(person.hears(on.at_risk("waiting_for_part"))) == ["at_risk"]


def test_another_date_that_nothing_else_told_is_told() -> None:
    [news] = customer().hears(on.revised(LATEST, PromiseKind.UPDATE))
    assert (news.template, news.told.was_due, news.told.due) == (Template.REVISED, on.LATER, LATEST)


def test_a_workshop_that_refuses_is_told_with_what_happens_now() -> None:
    person = customer(on.repair(), on.promised(PromiseKind.REPAIR, no=2, due=on.LATER))
    refused = RepairRefused(remedy_no=1, repair_no="R-1001", refused_at=NOW, reason="no_capacity")
    [news] = person.hears(
        refused,
        PromiseBroken(promise_no=2, kind=PromiseKind.REPAIR, due=on.LATER),
        on.assigned("repair.refused"),
        on.promised(PromiseKind.NEXT_STEP, no=3, owner=on.AGENT),
    )
    assert (news.template, news.told.promised) == (Template.APOLOGY, PromiseKind.REPAIR)
    assert news.told.reasons == ("repair.refused",)
    assert news.told.news == ("no_capacity",)


def test_a_repair_called_off_is_told_with_the_choice_that_follows() -> None:
    person = customer(on.repair())
    [choice] = person.hears(
        on.repair_cancelled("workshop_overdue"), on.assessed(Window.GUARANTEE), on.asked("remedy"), on.held()
    )
    assert choice.template is Template.REMEDY_CHOICE
    assert choice.told.news == ("repair.cancelled", "workshop_overdue")


def test_a_quote_is_asked_for_told_and_decided_about_in_one_message_each() -> None:
    person = customer(on.assessed(Window.OUT, remedies_allowed=("quote",)))
    requested = QuoteRequested(
        quote_no="Q-1", service_point="taller-rio", product_unit="TV-55-0001", assessment_no=1, due=on.SOON
    )
    [news] = person.hears(requested, on.promised(PromiseKind.QUOTE, no=2))
    assert (news.template, news.told.due) == (Template.QUOTE_REQUESTED, on.SOON)
    [offer] = person.hears(on.quoted(), on.asked("quote"), on.held())
    assert (offer.template, offer.told.about) == (Template.QUOTE, Topic.QUOTE)
    assert (offer.told.price, offer.told.deadline) == (on.EUROS, on.LATER)
    [accepted] = person.hears(on.paid_repair())
    assert (accepted.template, accepted.told.paid) == (Template.REPAIR, True)


def test_a_quote_that_was_answered_before_routing_knew_of_it_is_not_asked_about_again() -> None:
    person = customer(on.assessed(Window.OUT, remedies_allowed=("quote",)), on.quoted(), on.paid_repair())
    assert person.hears(on.asked("quote"), on.held()) == []


@pytest.mark.parametrize(("reason", "news"), [("customer_refused", ()), ("not_repairable", None)])
def test_the_end_of_a_quote_is_told_with_the_question_whether_the_case_is_finished(
    reason: str, news: tuple[str, ...] | None
) -> None:
    refused = QuoteRefused(quote_no="Q-1", reason=reason)
    [question] = customer(on.quoted()).hears(refused, on.proposed(reason="quote_refused"), on.held())
    assert question.template is Template.SOLVED
    assert question.told.news == (("quote.refused", reason) if news is None else news)


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ((on.assessed(Window.GUARANTEE), on.asked("remedy")), Topic.REMEDY),
        ((on.asked("purchase"),), Topic.INFORMATION),
        ((on.proposed(), on.held()), Topic.SOLVED),
        ((on.quoted(), on.asked("quote")), Topic.QUOTE),
    ],
)
def test_a_reminder_asks_the_same_question_again_with_its_deadline(
    question: tuple[Event, ...], about: Topic
) -> None:
    person = customer()
    [asked] = person.hears(*question)
    [reminder] = person.hears(on.reminded(2))
    assert (reminder.template, reminder.told.reminder, reminder.told.about) == (Template.REMINDER, 2, about)
    assert reminder.told.deadline == on.LATER
    for what in ("remedies", "missing", "reasons", "price", "work"):
        assert getattr(reminder.told, what) == getattr(asked.told, what)
    [end] = person.hears(on.closed(ClosedAs.UNCONFIRMED))
    assert (end.template, end.told.about) == (Template.CLOSED_UNCONFIRMED, about)


def test_what_nobody_knows_is_said_once_with_who_finds_out_and_when_the_customer_hears_again() -> None:
    update = on.promised(PromiseKind.UPDATE, no=2, owner=on.AGENT, due=on.LATER)
    [honest] = customer().hears(on.assigned("abstained"), on.unknown(), update)
    assert (honest.template, honest.told.owner) == (Template.UNKNOWN, on.AGENT)
    assert honest.told.due == on.LATER


def test_not_knowing_longer_than_promised_is_one_message_that_apologises() -> None:
    person = customer(on.unknown(), on.promised(PromiseKind.UPDATE, no=2, due=on.LATER))
    [again] = person.hears(
        PromiseBroken(promise_no=2, kind=PromiseKind.UPDATE, due=on.LATER),
        on.assigned("promise_broken"),
        on.unknown(2),
        on.promised(PromiseKind.UPDATE, no=3, due=LATEST),
    )
    assert (again.template, again.told.again, again.told.was_due) == (Template.UNKNOWN, True, on.LATER)


def test_what_is_known_now_is_told_with_the_next_date() -> None:
    person = customer(on.unknown())
    [news] = person.hears(
        CaseUnknownResolved(unknown_no=1, reason="case.classified"),
        on.promised(PromiseKind.DECISION, no=3, due=on.LATER),
    )
    assert (news.template, news.told.news) == (Template.PROGRESS, ("unknown_resolved",))
    assert news.told.due == on.LATER


def test_training_is_told_when_it_is_asked_for_and_when_somebody_has_taken_over() -> None:
    person = customer(on.assigned("classified", on.FIRST_LINE))
    asked = CaseDivertedToTraining(queue="education", due=on.SOON)
    [news] = person.hears(asked, on.promised(PromiseKind.TRAINING, no=2), on.held(WaitName.EDUCATION))
    assert (news.template, news.told.due) == (Template.TRAINING, on.SOON)
    assert news.told.owner == on.FIRST_LINE, "nobody lets go before the education area confirmed"
    confirmed = CaseHandedOff(
        by=on.FIRST_LINE, to=on.AGENT, queue="education", reason="training_confirmed", handoff_no=1
    )
    [progress] = person.hears(
        confirmed,
        PromiseKept(promise_no=2, kind=PromiseKind.TRAINING, kept_by="case.handed_off"),
        on.promised(PromiseKind.NEXT_STEP, no=3, owner=on.AGENT),
    )
    assert (progress.template, progress.told.reasons) == (Template.PROGRESS, ("training_confirmed",))


def test_two_cases_about_one_matter_are_told_once_and_ask_once() -> None:
    person = customer()
    [news] = person.hears(on.linked(), on.held(WaitName.LINKED_CASE))
    assert (news.template, news.told.deadline) == (Template.LINKED, on.LATER)
    same_end = (on.proposed(), on.held(), on.reminded(), on.closed(ClosedAs.CONFIRMED))
    assert person.hears(*same_end) == [], "the other case asks and says so"
    assert told(person.hears(on.added(True))) == ["safety"]


def test_a_case_that_goes_on_alone_speaks_again() -> None:
    person = customer(on.linked(), on.held(WaitName.LINKED_CASE))
    freed = on.assigned("survives"), on.promised(PromiseKind.NEXT_STEP, no=2, owner=on.AGENT)
    assert told(person.hears(*freed, on.proposed(), on.held())) == ["progress", "solved"]


def test_a_complaint_is_acknowledged_with_who_answers_by_when_under_which_rule() -> None:
    person = customer()
    [receipt] = person.hears(
        on.complaint(), on.promised(PromiseKind.COMPLAINT_ANSWER, no=2, owner=on.AGENT, due=on.LATER)
    )
    assert (receipt.template, receipt.told.profile) == (Template.COMPLAINT, "es.ley_10_2025")
    assert (receipt.told.owner, receipt.told.due) == (on.AGENT, on.LATER)


def test_the_answer_to_a_complaint_names_what_is_promised_about_the_matter_itself() -> None:
    person = customer(on.repair(), on.promised(PromiseKind.REPAIR, no=2, due=on.LATER), on.complaint())
    person.hears(on.promised(PromiseKind.COMPLAINT_ANSWER, no=3, owner=on.AGENT, due=LATEST))
    [answer] = person.hears(on.complaint_answered())
    assert (answer.template, answer.told.due) == (Template.COMPLAINT_ANSWERED, on.LATER)


def test_where_the_complaint_is_all_its_answer_and_the_question_are_one_message() -> None:
    person = customer(on.classified(Category.COMPLAINT), on.complaint())
    answered = on.complaint_answered()
    [answer] = person.hears(answered, on.proposed(reason="complaint.answered"), on.held())
    assert (answer.template, answer.told.about) == (Template.COMPLAINT_ANSWERED, Topic.SOLVED)
    assert (answer.told.outcome, answer.told.deadline) == (answered.outcome, on.LATER)


def test_the_answer_to_a_complaint_is_never_swallowed() -> None:
    person = customer(on.classified(Category.COMPLAINT), on.complaint(), on.complaint_answered())
    assert told(person.hears(on.closed(ClosedAs.CONFIRMED))) == ["complaint_answered", "closed"]


def test_a_compensation_is_told_with_its_amount_and_one_that_is_declined_with_its_reason() -> None:
    granted = CompensationGranted(
        cause="promise", cause_no=1, amount=on.EUROS, policy=on.POLICY, reasons=("standard_amount",)
    )
    [news] = customer().hears(granted)
    assert (news.template, news.told.price) == (Template.COMPENSATION, on.EUROS)
    declined = CompensationDeclined(cause="promise", cause_no=1, reason="above_limit")
    [news] = customer().hears(declined)
    assert (news.template, news.told.reasons) == (Template.COMPENSATION_DECLINED, ("above_limit",))


def test_a_cancellation_that_succeeds_is_told_once_at_the_end() -> None:
    person = customer(on.repair())
    [end] = person.hears(
        on.wants_to_cancel(),
        on.promised(PromiseKind.CANCELLATION, no=2),
        on.repair_cancelled("cancelled"),
        on.cancellation(),
        CaseCancelled(reason="customer_cancelled", taken_back=("repair",)),
    )
    assert (end.template, end.told.taken_back) == (Template.CANCELLED, ("repair",))
    assert end.told.news == ()


def test_what_a_cancellation_cannot_undo_is_told_with_the_date_that_still_stands() -> None:
    person = customer(on.replacement(), on.promised(PromiseKind.REPLACEMENT, no=2, due=on.LATER))
    person.hears(on.wants_to_cancel(), on.promised(PromiseKind.CANCELLATION, no=3))
    [news] = person.hears(on.cancellation("replacement"))
    assert (news.template, news.told.due) == (Template.CANCELLATION, on.LATER)
    assert [one.what for one in news.told.cannot] == ["replacement"]


def test_a_message_taken_for_spam_is_told_with_the_way_to_object() -> None:
    [news] = customer().hears(CaseRejected(reason="spam", objection_until=on.LATER))
    assert (news.template, news.told.deadline) == (Template.REJECTED, on.LATER)


def test_a_containment_is_told_at_once_with_what_to_do_now() -> None:
    person = customer()
    [effect] = person.decides(on.containment()).effects
    [news] = person.hears(on.containment())
    assert (news.template, news.told.advice, news.told.hazard) == (
        Template.CONTAINMENT,
        "stop_using",
        "overheats",
    )
    assert effect.order, "it waits for no other message"


def test_a_persons_question_names_the_person_and_points_to_the_words() -> None:
    asked = on.asked("purchase").model_copy(update={"asked_by": on.AGENT, "text_ref": "txt_" + "b" * 32})
    [question] = customer().hears(asked)
    assert (question.told.owner, question.told.has_words) == (on.AGENT, True)
