"""What customers ask for, answer to quotes and rate: heard at any time, and once however often it is said."""

from datetime import timedelta

import pytest

from ciclo_schemas import routing
from ciclo_schemas.cases import CaseCancellationRequested, CaseQuoteAnswered, CaseSurveyAnswered
from ciclo_schemas.events import Event
from ciclo_schemas.values import Channel, Facts, Money
from ciclo_schemas.warranty import CancellationAssessed, QuoteExpired, QuoteIssued
from services.chassis.decider import Decision, Message
from services.intake.domain.answers import Confirm, Deny
from services.intake.domain.case import CaseState
from services.intake.domain.quotes import AnswerQuote
from services.intake.domain.survey import AnswerSurvey
from services.intake.domain.words import Inform, RaiseObjection, RequestCancellation, RequestHuman
from tests.support.deciders import Story
from tests.unit.intake.door import NOON, QUEUE, new_story, open_story, proposed, words

CANCEL = RequestCancellation(reason="bought_another", words=None)
HUMAN = RequestHuman(words=None)
OBJECT = RaiseObjection(words=None)
CLOSED = routing.CaseClosed(
    closed_as=routing.ClosedAs.UNCONFIRMED, proposal_no=1, reason="silence_after_reminders"
)
CANCELLED = routing.CaseCancelled(reason="customer_cancelled")
REJECTED = routing.CaseRejected(reason="spam", objection_until=NOON + timedelta(days=14))
REOPENED = routing.CaseReopened(reason="customer_word", owner=QUEUE)


def code(decision: Decision[CaseState]) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


def quoted(quote_no: str = "Q-1", revision: int = 1) -> QuoteIssued:
    return QuoteIssued(
        quote_no=quote_no,
        revision=revision,
        service_point="taller-sol",
        price=Money(amount_minor=8_900, currency="EUR"),
        valid_until=NOON + timedelta(days=30),
        work=("pump_replaced",),
    )


def answer(accepted: bool = True, quote_no: str = "Q-1", revision: int = 1) -> AnswerQuote:
    return AnswerQuote(quote_no=quote_no, revision=revision, accepted=accepted, channel=Channel.PHONE)


@pytest.fixture
def story() -> Story:
    return open_story()


def test_a_quote_is_accepted_once_and_the_event_names_what_the_customer_saw(story: Story) -> None:
    story.hears(quoted())
    for _ in range(2):
        assert code(story.hears(answer())) is None
    assert story.said() == ["case.opened", "case.quote_answered"]
    answered = story.published[-1]
    assert isinstance(answered, CaseQuoteAnswered)
    assert (answered.quote_no, answered.revision, answered.accepted) == ("Q-1", 1, True)
    assert answered.channel is Channel.PHONE


def test_an_answered_quote_is_not_answered_the_other_way(story: Story) -> None:
    story.hears(quoted())
    story.hears(answer(accepted=False))
    assert code(story.hears(answer(accepted=True))) == "already_answered"


def test_a_quote_that_took_the_place_of_another_is_named(story: Story) -> None:
    story.hears(quoted())
    story.hears(quoted(revision=2))
    refusal = story.hears(answer(revision=1)).refusal
    assert refusal is not None
    assert (refusal.code, refusal.detail) == ("stale_quote", "quote Q-1, revision 2, took its place")
    story.hears(quoted("Q-2"))
    assert code(story.hears(answer(revision=2))) == "stale_quote"
    assert code(story.hears(answer(quote_no="Q-2"))) is None


def test_a_revision_may_be_answered_after_the_one_before_it_was(story: Story) -> None:
    story.hears(quoted())
    story.hears(answer(accepted=False))
    story.hears(quoted(revision=2))
    assert len(story.hears(answer(revision=2)).events) == 1


def test_a_quote_not_heard_of_yet_is_asked_to_come_again(story: Story) -> None:
    assert code(story.hears(answer())) == "not_seen_yet"
    story.hears(quoted())
    assert code(story.hears(answer(revision=2))) == "not_seen_yet"


def test_a_quote_whose_time_is_over_says_so(story: Story) -> None:
    story.hears(quoted())
    story.hears(QuoteExpired(quote_no="Q-1", valid_until=NOON + timedelta(days=30)))
    assert code(story.hears(answer())) == "quote_expired"
    late = open_story()
    late.hears(quoted())
    late.now = NOON + timedelta(days=31)
    assert code(late.hears(answer())) == "quote_expired"


@pytest.mark.parametrize("request_", [CANCEL, HUMAN, OBJECT])
def test_the_same_request_again_changes_nothing_until_the_case_moved(story: Story, request_: Message) -> None:
    assert len(story.hears(request_).events) == 1
    assert story.hears(request_).events == ()
    story.hears(routing.CaseAssigned(owner=QUEUE, queue="first_line", reason="human_requested"))
    assert len(story.hears(request_).events) == 1


def test_new_words_with_the_same_request_are_heard(story: Story) -> None:
    story.hears(CANCEL)
    again = RequestCancellation(reason=None, words=words("Ya no la quiero y echa humo", 3))
    assert len(story.hears(again).events) == 1
    requested = story.published[-1]
    assert isinstance(requested, CaseCancellationRequested)
    assert requested.safety_flag


def test_what_could_not_be_cancelled_may_be_asked_again(story: Story) -> None:
    story.hears(CANCEL)
    story.hears(CancellationAssessed(taken_back=()))
    assert len(story.hears(CANCEL).events) == 1


def test_asking_again_to_cancel_a_cancelled_case_does_not_open_it(story: Story) -> None:
    story.hears(CANCEL)
    story.hears(CANCELLED)
    assert story.hears(CANCEL).events == ()
    story.hears(REOPENED)
    assert len(story.hears(CANCEL).events) == 1


WORDS = [
    Inform(facts=Facts(), words=words("Sigue igual", 4)),
    Deny(proposal_no=1, reason="still_broken", words=None),
    Confirm(proposal_no=1),
    HUMAN,
    OBJECT,
    AnswerSurvey(score=4),
]


@pytest.mark.parametrize("end", [CLOSED, CANCELLED, REJECTED])
@pytest.mark.parametrize("word", WORDS)
def test_every_word_after_the_end_is_heard(story: Story, word: Message, end: Event) -> None:
    story.hears(proposed(1))
    story.hears(Deny(proposal_no=1, reason="still_broken", words=None))
    story.hears(HUMAN)
    story.hears(OBJECT)
    story.hears(end)
    assert len(story.hears(word).events) == 1


def test_a_score_counts_once_and_may_be_corrected(story: Story) -> None:
    for score in (5, 5, 2):
        story.hears(AnswerSurvey(score=score))
    scores = [event.score for event in story.published if isinstance(event, CaseSurveyAnswered)]
    assert scores == [5, 2]


@pytest.mark.parametrize("word", [CANCEL, OBJECT, AnswerSurvey(score=3), answer()])
def test_nobody_can_speak_about_a_case_that_does_not_exist(word: Message) -> None:
    assert code(new_story().hears(word)) == "unknown_case"


@pytest.mark.parametrize("event", [quoted(), CLOSED, CANCELLED, REJECTED, REOPENED])
def test_events_about_a_case_that_intake_never_opened_change_nothing(event: Event) -> None:
    assert new_story().hears(event).state is None
