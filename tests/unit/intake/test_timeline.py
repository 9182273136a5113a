"""The timeline: every event becomes a sentence in the customer's language, and the case a headline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas import cases, notifications, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.publish import examples_of
from ciclo_schemas.registry import EVENTS
from ciclo_schemas.values import (
    Category,
    Channel,
    Facts,
    Language,
    Money,
    Party,
    PartyKind,
    RemedyKind,
    WaitName,
    Window,
)
from services.chassis.decider import Published
from services.intake.domain.headline import Headline, Status, headline
from services.intake.domain.sentences import placeholders, sentence, short_name, spoken
from services.intake.domain.situation import situation
from services.intake.domain.timeline import project, read_back
from services.intake.domain.wording import OTHER, VARIANTS, wording
from tests.unit.intake.door import NOON, QUEUE, assessed, happened, proposed

TOPICS = {cases.TOPIC, routing.TOPIC, warranty.TOPIC, notifications.TOPIC}
KNOWN = [model for model in EVENTS.values() if model.topic in TOPICS]
EXAMPLES = [(model, text) for model in KNOWN for text in examples_of(model.event_type).values()]
CODE = r"[a-z]{1,10}_[a-z0-9_.]{1,30}"
LATER = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)


def told(*events: Event, language: Language = Language.EN) -> Headline:
    return headline(situation(happened(*events)), language)


def asked(*missing: str) -> routing.InformationRequested:
    return routing.InformationRequested(missing=missing, deadline=LATER)


def promise(promise_no: int, due: datetime) -> routing.PromiseMade:
    return routing.PromiseMade(
        promise_no=promise_no, kind=routing.PromiseKind.FIRST_ANSWER, owner=QUEUE, due=due
    )


LANGUAGES = (Language.ES, Language.EN, Language.PT)


@pytest.mark.parametrize("model", KNOWN, ids=short_name)
def test_every_event_has_its_sentence_in_every_language(model: type[Event]) -> None:
    english = wording(Language.EN).sentences
    variants = [key for key in english if key.partition(":")[0] == short_name(model)]
    assert short_name(model) in variants
    assert len(variants) == 1 or short_name(model) in VARIANTS
    for key in variants:
        assert placeholders(english[key]) <= set(model.model_fields)


@pytest.mark.parametrize("part", ["sentences", "names", "headlines"])
def test_all_languages_say_the_same_things_and_each_in_its_own_words(part: str) -> None:
    spanish, english, portuguese = (getattr(wording(language), part) for language in LANGUAGES)
    assert list(spanish) == list(english) == list(portuguese)
    for key, said in english.items():
        assert placeholders(spanish[key]) == placeholders(said) == placeholders(portuguese[key]), key
        assert said not in (spanish[key], portuguese[key])


def test_every_value_that_may_be_said_has_a_name() -> None:
    names = wording(Language.EN).names
    for kinds in (Category, RemedyKind, WaitName, PartyKind, routing.PromiseKind):
        assert {f"{kinds.__name__}.{member}" for member in kinds} <= set(names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("model", "text"), EXAMPLES, ids=lambda value: getattr(value, "event_type", ""))
def test_every_example_reads_as_a_sentence(model: type[Event], text: str, language: Language) -> None:
    said = sentence(model.read(text), language)
    assert said[0].isupper()
    assert said.endswith((".", "?"))
    for raw in ("{", "None", "_", "ciclo.", ": .", ", ,"):
        assert raw not in said, said


def test_every_event_of_the_registry_is_told_even_if_it_has_no_sentence_of_its_own() -> None:
    for model in EVENTS.values():
        for text in examples_of(model.event_type).values():
            assert sentence(model.read(text), Language.PT)
    assert sentence(None, Language.PT) == "Há novidades no seu caso."


@given(reason=st.from_regex(CODE, fullmatch=True))
def test_whatever_the_reason_is_there_is_a_sentence(reason: str) -> None:
    for model, text in EXAMPLES:
        event = model.read(text)
        given_codes: dict[str, Any] = {
            name: reason for name in ("reason", "advice", "about") if name in model.model_fields
        }
        told_anyway = sentence(event.model_copy(update=given_codes), Language.ES)
        assert "{" not in told_anyway
        assert reason not in told_anyway, "codes are for machines"


def test_an_event_of_a_newer_release_is_a_neutral_line_in_its_place() -> None:
    [row] = project(
        Published(
            id=UUID(int=1),
            source="routing",
            sequence=1,
            type="ciclo.case.assigned.v1",
            subject=UUID(int=2),
            time=NOON,
            clock={},
            data=routing.CaseAssigned(owner=QUEUE, queue="first_line", reason="new_case"),
            traceparent=None,
        )
    )
    [newer] = read_back([replace(row, type="ciclo.case.teleported.v1")])
    assert (newer.event, newer.type) == (None, "ciclo.case.teleported.v1")
    assert sentence(newer.event, Language.EN) == wording(Language.EN).sentences[OTHER]
    assert headline(situation([newer]), Language.EN).text == "We have received your case and are reading it."


def test_amounts_are_said_with_their_currency() -> None:
    assert spoken(Money(amount_minor=8_950, currency="EUR"), Language.PT) == "89,50 EUR"
    assert spoken(Money(amount_minor=8_905, currency="GBP"), Language.EN) == "89.05 GBP"
    assert spoken(Money(amount_minor=8_950, currency="JPY"), Language.ES) == "8950 JPY"


def test_dates_and_codes_are_said_as_people_say_them() -> None:
    assert spoken(LATER, Language.ES) == "5 de diciembre de 2026"
    assert spoken(LATER, Language.EN) == "5 December 2026"
    assert spoken(("product_unit", "something_new"), Language.EN, "missing") == (
        "the serial number, further information"
    )
    assert spoken(Party(kind=PartyKind.SERVICE_POINT, id="cast-madrid"), Language.ES) == (
        "el servicio técnico cast-madrid"
    )


def test_an_assessment_that_allows_nothing_yet_lists_nothing() -> None:
    assert sentence(assessed(1, window=Window.TRIAL), Language.EN) == "We have assessed your rights."


def test_the_timeline_is_told_in_the_order_in_which_things_happened() -> None:
    def published(source: str, sequence: int, minute: int, **clock: int) -> Published:
        return Published(
            id=UUID(int=100 * minute + sequence),
            source=source,
            sequence=sequence,
            type=routing.CaseAssigned.event_type,
            subject=UUID(int=1),
            time=NOON + timedelta(minutes=minute),
            clock=clock,
            data=routing.CaseAssigned(owner=QUEUE, queue="first_line", reason="new_case"),
            traceparent=None,
        )

    # The clocks of these services differ by minutes; what each had seen does not lie.
    heard = [
        published("warranty", 1, 1, routing=2),
        published("routing", 2, 1),
        published("routing", 1, 2),
        published("intake", 1, 9),
    ]
    rows = [row for one in heard for row in project(one)]
    assert [(entry.source, entry.sequence) for entry in read_back(rows)] == [
        ("routing", 1),
        ("routing", 2),
        ("warranty", 1),
        ("intake", 1),
    ]


def test_a_new_case_is_being_read_and_the_first_answer_has_a_date() -> None:
    head = told(promise(1, NOON + timedelta(days=1)))
    assert head == Headline(
        Status.ACKNOWLEDGED,
        "We have received your case and are reading it.",
        "our team",
        NOON + timedelta(days=1),
    )


def test_a_customer_who_must_choose_is_told_what_until_when() -> None:
    head = told(assessed(1, RemedyKind.REPAIR, RemedyKind.REPLACEMENT), asked("remedy"), language=Language.ES)
    assert head == Headline(Status.PENDING, "Le toca elegir: reparación, unidad nueva.", "usted", LATER)


def test_a_customer_who_is_asked_for_facts_is_told_which() -> None:
    head = told(asked("product_unit", "purchase"))
    assert head.text == "We need from you: the serial number, the purchase (invoice or order)."


@pytest.mark.parametrize(
    ("missing", "status"), [("remedy", Status.PENDING), ("purchase", Status.ACKNOWLEDGED)]
)
def test_information_answers_a_question_for_facts_but_not_the_choice(missing: str, status: Status) -> None:
    informed = cases.CaseInformationReceived(
        channel=Channel.WEB, reported_at=NOON, facts=Facts(purchase_ref="F-1"), safety_flag=False
    )
    assert told(assessed(1, RemedyKind.REPAIR), asked(missing), informed).status is status


def test_after_the_choice_the_workshop_has_the_case() -> None:
    chosen = cases.CaseRemedyChosen(
        channel=Channel.WEB, reported_at=NOON, remedy=RemedyKind.REPAIR, assessment_no=1
    )
    point = Party(kind=PartyKind.SERVICE_POINT, id="cast-madrid")
    held = routing.CaseHeld(wait=WaitName.WORKSHOP, owner=point, deadline=LATER)
    received = warranty.ItemReceived(remedy_no=1, at=warranty.Place.WORKSHOP, received_at=NOON)
    head = told(assessed(1, RemedyKind.REPAIR), asked("remedy"), chosen, held, received)
    assert head == Headline(
        Status.HELD, "Your unit is at the workshop.", "the technical service cast-madrid", LATER
    )


def test_the_open_question_comes_before_everything_else_until_it_is_answered() -> None:
    assert told(promise(1, LATER), proposed(1)).status is Status.RESOLVED
    denied = cases.CaseResolutionDenied(
        channel=Channel.WEB, reported_at=NOON, proposal_no=1, reason="still_broken", safety_flag=False
    )
    assigned = routing.CaseAssigned(owner=QUEUE, queue="first_line", reason="denied")
    assert told(proposed(1), denied, assigned).status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("closed_as", "said"),
    [
        (routing.ClosedAs.CONFIRMED, "Solved: you confirmed it. Thank you."),
        (
            routing.ClosedAs.UNCONFIRMED,
            "Closed without your confirmation. If it is not solved, tell us.",
        ),
    ],
)
def test_a_closed_case_says_how_it_ended(closed_as: routing.ClosedAs, said: str) -> None:
    head = told(proposed(1), routing.CaseClosed(closed_as=closed_as, proposal_no=1, reason="the_end"))
    assert (head.status, head.text, head.next_date) == (Status.CLOSED, said, None)


def test_promises_and_facts_are_kept_up_to_date() -> None:
    opened = EVENTS["ciclo.case.opened.v1"].read(next(iter(examples_of("ciclo.case.opened.v1").values())))
    informed = cases.CaseInformationReceived(
        channel=Channel.WEB, reported_at=NOON, facts=Facts(symptom_code="no_picture"), safety_flag=False
    )
    kind = routing.PromiseKind.FIRST_ANSWER
    now = situation(
        happened(
            opened,
            informed,
            promise(1, NOON),
            promise(2, LATER),
            routing.PromiseBroken(promise_no=1, kind=kind, due=NOON),
            routing.PromiseKept(promise_no=2, kind=kind, kept_by="answered"),
        )
    )
    assert now.facts.symptom_code == "no_picture"
    assert isinstance(opened, cases.CaseOpened)
    assert now.facts.product_unit == opened.facts.product_unit
    assert [one.state for one in now.promises.values()] == ["broken", "kept"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_happens_there_is_a_headline(language: Language) -> None:
    timeline: list[Event] = []
    for model, text in EXAMPLES:
        timeline.append(model.read(text))
        head = told(*timeline, language=language)
        assert "{" not in head.text
        assert head.who


def cancelling() -> cases.CaseCancellationRequested:
    return cases.CaseCancellationRequested(channel=Channel.WEB, reported_at=NOON)


def quoted() -> warranty.QuoteIssued:
    return warranty.QuoteIssued(
        quote_no="Q-1",
        revision=1,
        service_point="taller-sol",
        price=Money(amount_minor=8_950, currency="EUR"),
        valid_until=LATER,
        work=("pump_replaced",),
    )


REFUND = EVENTS["ciclo.refund.approved.v1"].read(next(iter(examples_of("ciclo.refund.approved.v1").values())))
CONTAINED = warranty.ContainmentNotified(
    containment="CT-1", product_unit="FR-2040-118", cause="overheats", advice="stop_using"
)
COMPLAINT = routing.ComplaintRegistered(
    complaint_no=1, profile="charter", ack_due=NOON, answer_due=LATER, owner=QUEUE
)
UNKNOWN = routing.CaseUnknownDeclared(owner=QUEUE, next_update_at=LATER, reason="abstained", unknown_no=1)
TRAINING = routing.CaseDivertedToTraining(queue="education", due=LATER)
LINKED = routing.CaseLinked(survivor=UUID(int=9), reason="same_unit_reported_before")
REMINDED = routing.CustomerReminded(wait=WaitName.CUSTOMER, about="quote", n=1, deadline=LATER)
REJECTED = routing.CaseRejected(reason="spam", objection_until=LATER)
REOPENED = routing.CaseReopened(reason="case.objection_raised", owner=QUEUE)


@pytest.mark.parametrize(
    ("events", "status", "said"),
    [
        ([REFUND], Status.IN_PROGRESS, "You get your money back; the payment is under way."),
        (
            [quoted(), asked("quote")],
            Status.PENDING,
            "You have a quote of 89.50 EUR. Please tell us whether you accept it.",
        ),
        (
            [quoted(), asked("quote"), REMINDED],
            Status.PENDING,
            "We are still waiting for your answer. You have a quote of 89.50 EUR. "
            "Please tell us whether you accept it.",
        ),
        ([TRAINING], Status.IN_PROGRESS, "Our training team takes care of your case."),
        ([UNKNOWN], Status.IN_PROGRESS, "We do not know the answer yet and are looking for it."),
        ([COMPLAINT], Status.IN_PROGRESS, "We have your complaint and will answer it with reasons."),
        ([cancelling()], Status.IN_PROGRESS, "You asked to cancel: we are looking at what can be undone."),
        (
            [cancelling(), routing.CaseCancelled(reason="customer_cancelled")],
            Status.CANCELLED,
            "Cancelled, as you asked. If you change your mind, tell us.",
        ),
        (
            [REJECTED],
            Status.REJECTED,
            "We took your message for spam. If it was not, tell us and we reopen the case.",
        ),
        ([REJECTED, REOPENED], Status.IN_PROGRESS, "We are working on your case."),
        (
            [LINKED],
            Status.HELD,
            "We go on with this case together with another one of yours about the same matter.",
        ),
        (
            [CONTAINED, proposed(1)],
            Status.RESOLVED,
            "For your safety: stop using the product and unplug it. "
            "We believe that it is solved. Is it? Please tell us yes or no.",
        ),
    ],
)
def test_every_stage_has_its_headline(events: list[Event], status: Status, said: str) -> None:
    head = told(*events)
    assert (head.status, head.text) == (status, said)


def test_a_case_opened_again_does_not_wait_for_what_it_waited_for_before() -> None:
    held = routing.CaseHeld(wait=WaitName.WORKSHOP, owner=QUEUE, deadline=LATER)
    closed = routing.CaseClosed(closed_as=routing.ClosedAs.UNCONFIRMED, reason="no_answer")
    head = told(held, closed, REOPENED)
    assert (head.status, head.who, head.next_date) == (Status.IN_PROGRESS, "our team", None)
