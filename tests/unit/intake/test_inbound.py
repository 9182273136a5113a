"""What CRM, telephony and shop systems publish: heard as at the door, refused without repeating a value."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.cases import CaseInformationReceived, CaseOpened, CaseResolutionConfirmed
from ciclo_schemas.inbound import NewCustomer, OpenCase, WordKind, WordSpoken
from ciclo_schemas.values import Buyer, Channel, Facts, Language, RemedyKind
from services.chassis.decider import Decision
from services.intake.domain.case import CaseState
from services.intake.domain.records import Contact, KnownCustomer, VaultText
from services.intake.handlers import CASES, INBOUND
from services.intake.store import TABLES
from tests.support.deciders import CASE, FactsOf, decide
from tests.unit.intake.door import CUSTOMER, assessed, new_story, open_story, proposed

MARTA = NewCustomer(number="K-7", name="Marta Ibáñez", email="marta@example.com")


def asked(**but: Any) -> OpenCase:
    values: dict[str, Any] = {
        "publisher": "crm",
        "external_ref": "CRM-1",
        "customer": MARTA,
        "text": "La nevera no enfría",
        "channel": Channel.PHONE,
        "language": Language.PT,
        "jurisdiction": "PT",
    }
    return OpenCase(**(values | but))


def spoken(kind: WordKind = WordKind.INFORMATION, **but: Any) -> WordSpoken:
    values: dict[str, Any] = {
        "publisher": "telephony",
        "word_ref": "W-1",
        "case": CASE,
        "kind": kind,
        "channel": Channel.PHONE,
    }
    return WordSpoken(**(values | but))


def refused(decision: Decision[CaseState]) -> tuple[str, tuple[str, ...]] | None:
    refusal = decision.refusal
    return None if refusal is None else (refusal.code, refusal.locations)


def opened_by(decision: Decision[CaseState]) -> CaseOpened:
    [event] = decision.events
    assert isinstance(event, CaseOpened)
    return event


def test_a_crm_opens_a_case_and_the_event_says_which_and_whose() -> None:
    story = new_story()
    assert refused(story.hears(asked())) is None
    [opened] = story.published
    assert isinstance(opened, CaseOpened)
    assert (opened.publisher, opened.external_ref) == ("crm", "CRM-1")
    assert (opened.channel, opened.language) == (Channel.PHONE, Language.PT)
    [contact] = story.facts.find(Contact, customer_ref=opened.customer_ref)
    assert contact.name == "Marta Ibáñez"
    [text] = story.facts.find(VaultText, text_ref=opened.text_ref)
    assert (text.text, text.author) == ("La nevera no enfría", "customer")


def test_the_same_number_is_the_same_customer_and_another_publishers_is_not() -> None:
    facts = FactsOf(TABLES)
    refs = []
    for number, (publisher, ref) in enumerate([("crm", "1"), ("crm", "2"), ("shop", "1")]):
        asked_again = asked(publisher=publisher, external_ref=ref)
        decision = decide(CASES, None, asked_again, facts=facts, subject=UUID(int=number + 1))
        refs.append(opened_by(decision).customer_ref)
    assert refs[0] == refs[1] != refs[2]
    assert facts.find(KnownCustomer, publisher="crm", number="K-7")[0].customer_ref == refs[0]


def test_a_customer_without_a_number_is_nobody_else() -> None:
    anonymous = MARTA.model_copy(update={"number": None})
    refs = {
        opened_by(
            decide(CASES, None, asked(external_ref=ref, customer=anonymous), facts=FactsOf(TABLES))
        ).customer_ref
        for ref in ("1", "2")
    }
    assert len(refs) == 2


@pytest.mark.parametrize(
    ("but", "code", "locations"),
    [
        ({"customer_ref": CUSTOMER}, "not_exactly_one", ("customer", "customer_ref")),
        ({"customer": None}, "not_exactly_one", ("customer", "customer_ref")),
        ({"customer": None, "customer_ref": CUSTOMER}, "unknown_customer", ("customer_ref",)),
        ({"language": Language.UNKNOWN}, "invalid", ("language",)),
        ({"channel": Channel.UNKNOWN}, "invalid", ("channel",)),
        ({"facts": Facts(buyer=Buyer.UNKNOWN)}, "invalid", ("facts.buyer",)),
        ({"facts": Facts(proof_ref="att_" + "0" * 32)}, "invalid", ("facts.proof_ref",)),
        ({"text": " \n "}, "invalid", ("text",)),
        ({"text": "uno\0dos"}, "invalid", ("text",)),
        (
            {"customer": NewCustomer(name="a\r\nBcc: x", email="<b>@b.c")},
            "invalid",
            ("customer.name", "customer.email"),
        ),
    ],
)
def test_what_cannot_be_opened_names_the_fields_and_no_value(
    but: dict[str, Any], code: str, locations: tuple[str, ...]
) -> None:
    decision = new_story().hears(asked(**but))
    assert refused(decision) == (code, locations)
    assert decision.refusal is not None
    assert decision.refusal.detail == "the record is refused"
    assert decision.refusal.wait is None


def test_a_customer_named_by_his_reference_needs_no_contact_data() -> None:
    story = new_story()
    story.facts.apply([Contact(CUSTOMER, "Marta", "marta@example.com", "pt")])
    story.hears(asked(customer=None, customer_ref=CUSTOMER))
    assert isinstance(story.published[0], CaseOpened)
    assert story.published[0].customer_ref == CUSTOMER


def test_a_word_finds_its_case_by_our_number_or_by_the_publishers() -> None:
    case_of = INBOUND[WordSpoken]
    assert case_of(spoken()) == CASE
    mine = spoken(case=None, publisher="crm", external_ref="CRM-1")
    assert case_of(mine) == INBOUND[OpenCase](asked())
    assert case_of(mine.model_copy(update={"publisher": "other"})) != case_of(mine)


def test_a_word_about_a_case_that_is_not_there_yet_waits_a_day() -> None:
    for word, location in [(spoken(), "case"), (spoken(case=None, external_ref="X"), "external_ref")]:
        decision = new_story().hears(word)
        assert refused(decision) == ("unknown_case", (location,))
        assert decision.refusal is not None
        assert decision.refusal.wait == timedelta(days=1)


def test_an_answer_to_what_intake_has_not_heard_of_yet_waits_a_day() -> None:
    decision = open_story().hears(spoken(WordKind.CONFIRMATION, proposal_no=1))
    assert refused(decision) == ("not_seen_yet", ("proposal_no",))
    assert decision.refusal is not None
    assert decision.refusal.wait == timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "said", "event"),
    [
        (WordKind.INFORMATION, {"facts": Facts(symptom_code="no_cold")}, "case.information_received"),
        (WordKind.REMEDY_CHOICE, {"remedy": "repair", "assessment_no": 1}, "case.remedy_chosen"),
        (WordKind.CONFIRMATION, {"proposal_no": 1}, "case.resolution_confirmed"),
        (WordKind.DENIAL, {"proposal_no": 1, "reason": "still_broken"}, "case.resolution_denied"),
        (WordKind.HUMAN_REQUEST, {}, "case.human_requested"),
        (WordKind.CANCELLATION, {"reason": "bought_another"}, "case.cancellation_requested"),
        (WordKind.OBJECTION, {}, "case.objection_raised"),
    ],
)
def test_every_kind_of_word_is_heard_as_at_the_door(kind: WordKind, said: dict[str, Any], event: str) -> None:
    story = open_story()
    story.hears(assessed(1, RemedyKind.REPAIR))
    story.hears(proposed(1))
    text = None if kind is WordKind.REMEDY_CHOICE else "me dio calambre"
    assert refused(story.hears(spoken(kind, text=text, **said))) is None
    assert story.said()[-1] == event
    assert getattr(story.published[-1], "channel", None) is Channel.PHONE
    assert getattr(story.published[-1], "safety_flag", True)


@pytest.mark.parametrize(
    ("word", "code", "locations"),
    [
        (spoken(external_ref="X"), "not_exactly_one", ("case", "external_ref")),
        (spoken(case=None), "not_exactly_one", ("case", "external_ref")),
        (spoken(WordKind.UNKNOWN), "invalid", ("kind",)),
        (spoken(WordKind.REMEDY_CHOICE, remedy="repair"), "missing", ("assessment_no",)),
        (spoken(WordKind.QUOTE_ANSWER, quote_no="Q"), "missing", ("revision", "accepted")),
        (spoken(WordKind.DENIAL), "missing", ("proposal_no", "reason")),
    ],
)
def test_a_word_that_says_too_little_is_refused_with_its_fields(
    word: WordSpoken, code: str, locations: tuple[str, ...]
) -> None:
    assert refused(open_story().hears(word)) == (code, locations)


def test_words_that_come_too_late_for_their_question_are_heard_all_the_same() -> None:
    story = open_story()
    story.hears(proposed(1))
    story.hears(proposed(2))
    late: dict[str, Any] = {"proposal_no": 1, "reason": "still_broken"}
    assert refused(story.hears(spoken(WordKind.DENIAL, **late))) == ("stale_proposal", ("proposal_no",))
    assert refused(story.hears(spoken(WordKind.DENIAL, text="sale humo", **late))) is None
    heard = story.published[-1]
    assert isinstance(heard, CaseInformationReceived)
    assert heard.safety_flag
    assert story.facts.one(VaultText, text_ref=heard.text_ref) is not None


def test_words_said_with_an_answer_that_has_no_room_for_them_are_heard_before_it() -> None:
    story = open_story()
    story.hears(proposed(1))
    said = spoken(WordKind.CONFIRMATION, proposal_no=1, text="sí, pero sale humo")
    assert refused(story.hears(said)) is None
    heard, confirmed = story.published[-2:]
    assert isinstance(heard, CaseInformationReceived)
    assert isinstance(confirmed, CaseResolutionConfirmed)
    assert heard.safety_flag
    assert story.facts.one(VaultText, text_ref=heard.text_ref) is not None


def test_two_words_that_a_publisher_gave_one_id_do_not_overwrite_each_other() -> None:
    story = open_story()
    for number in "12":
        story.hears(spoken(word_ref=number, text=f"palabra {number}"))
    refs = {one.text_ref for one in story.published if isinstance(one, CaseInformationReceived)}
    assert len(refs) == 2


CANARY = "pío pío dijo el canario"
TEXTS = st.none() | st.sampled_from([CANARY, CANARY + "\0", " "])


@given(
    kind=st.sampled_from(WordKind),
    text=TEXTS,
    numbers=st.none() | st.integers(1, 3),
    reason=st.none() | st.just("still_broken"),
    remedy=st.none() | st.sampled_from(RemedyKind),
    quote_no=st.none() | st.just("Q-1"),
    accepted=st.none() | st.booleans(),
    known=st.booleans(),
)
def test_whatever_is_said_no_word_travels_and_nothing_is_both_refused_and_heard(
    known: bool, numbers: int | None, **said: Any
) -> None:
    story = open_story() if known else new_story()
    if known:
        story.hears(assessed(2, RemedyKind.REPAIR))
        story.hears(proposed(2))
    before = len(story.published)
    word = spoken(assessment_no=numbers, proposal_no=numbers, revision=numbers, **said)
    decision = story.hears(word)
    assert CANARY not in str(decision.refusal)
    assert all(CANARY not in event.model_dump_json() for event in story.published)
    if decision.refusal is None:
        assert len(story.published) - before <= 1 + (word.text is not None)
        assert len(decision.rows) == (word.text is not None)
