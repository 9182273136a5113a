"""What customers answer: a choice among what the law gives, and whether it is solved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.cases import (
    CaseInformationReceived,
    CaseRemedyChosen,
    CaseResolutionConfirmed,
    CaseResolutionDenied,
)
from ciclo_schemas.events import Event
from ciclo_schemas.values import Facts, RemedyKind
from services.chassis.decider import Decision, Message
from services.intake.domain.answers import ChooseRemedy, Confirm, Deny
from services.intake.domain.case import CaseState
from services.intake.domain.records import VaultText
from services.intake.domain.words import Inform, KeepText, RequestHuman
from tests.support.deciders import Story
from tests.unit.intake.door import assessed, new_story, open_story, proposed, text_ref, words

REPAIR, REPLACEMENT, REFUND = RemedyKind.REPAIR, RemedyKind.REPLACEMENT, RemedyKind.REFUND


def code(decision: Decision[CaseState]) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


def choose(remedy: RemedyKind, assessment_no: int = 1) -> ChooseRemedy:
    return ChooseRemedy(remedy=remedy, assessment_no=assessment_no)


@pytest.fixture
def story() -> Story:
    """A case whose first assessment allows repair and replacement."""
    opened = open_story()
    opened.hears(assessed(1, REPAIR, REPLACEMENT))
    return opened


def test_the_customer_chooses_among_the_remedies_allowed(story: Story) -> None:
    assert code(story.hears(choose(REPAIR))) is None
    chosen = story.published[-1]
    assert isinstance(chosen, CaseRemedyChosen)
    assert (chosen.remedy, chosen.assessment_no) == (REPAIR, 1)


def test_the_same_choice_twice_is_one_choice(story: Story) -> None:
    story.hears(choose(REPAIR))
    assert story.hears(choose(REPAIR)).events == ()


def test_the_customer_may_change_his_mind(story: Story) -> None:
    story.hears(choose(REPAIR))
    story.hears(choose(REPLACEMENT))
    assert story.said() == ["case.opened", "case.remedy_chosen", "case.remedy_chosen"]


def test_a_remedy_that_was_not_offered_is_refused_and_the_offer_named(story: Story) -> None:
    decision = story.hears(choose(REFUND))
    assert decision.refusal is not None
    assert decision.refusal.code == "remedy_not_offered"
    assert "repair, replacement" in decision.refusal.detail
    assert decision.refusal.locations == ("body.remedy",)


def test_a_choice_on_an_older_assessment_is_told_what_changed(story: Story) -> None:
    story.hears(assessed(2, REFUND))
    decision = story.hears(choose(REPAIR))
    assert decision.refusal is not None
    assert decision.refusal.code == "stale_assessment"
    assert decision.refusal.detail == "the case was assessed again: assessment 2 allows refund"


def test_a_choice_that_comes_before_the_assessment_is_asked_to_come_again(story: Story) -> None:
    assert code(open_story().hears(choose(REPAIR))) == "not_seen_yet"
    assert code(story.hears(choose(REPAIR, assessment_no=2))) == "not_seen_yet"


def test_a_new_assessment_asks_anew(story: Story) -> None:
    story.hears(choose(REPAIR))
    story.hears(assessed(2, REPAIR, REFUND))
    assert len(story.hears(choose(REPAIR, assessment_no=2)).events) == 1


def test_a_confirmation_counts_once_however_often_it_is_said() -> None:
    story = open_story()
    story.hears(proposed(1))
    for _ in range(3):
        assert code(story.hears(Confirm(proposal_no=1))) is None
    assert story.said() == ["case.opened", "case.resolution_confirmed"]


def test_only_the_open_proposal_is_answered() -> None:
    story = open_story()
    assert code(story.hears(Confirm(proposal_no=1))) == "not_seen_yet"
    story.hears(proposed(1))
    story.hears(proposed(2))
    assert code(story.hears(Confirm(proposal_no=1))) == "stale_proposal"
    assert code(story.hears(Deny(proposal_no=1, reason="still_broken", words=None))) == "stale_proposal"
    assert code(story.hears(Confirm(proposal_no=2))) is None


def test_who_said_yes_may_still_say_no_but_who_said_no_is_asked_again() -> None:
    yes, no = Confirm(proposal_no=1), Deny(proposal_no=1, reason="still_broken", words=None)
    story = open_story()
    story.hears(proposed(1))
    assert code(story.hears(yes)) is None
    assert code(story.hears(no)) is None
    assert code(story.hears(yes)) == "already_denied"
    assert story.said()[1:] == ["case.resolution_confirmed", "case.resolution_denied"]


def test_a_denial_carries_its_reason_and_keeps_its_words_in_the_vault() -> None:
    story = open_story()
    story.hears(proposed(1))
    story.hears(Deny(proposal_no=1, reason="still_broken", words=words("Ahora salen chispas")))
    denied = story.published[-1]
    assert isinstance(denied, CaseResolutionDenied)
    assert (denied.reason, denied.safety_flag, denied.text_ref) == ("still_broken", True, text_ref(2))
    [kept] = story.facts.find(VaultText, text_ref=text_ref(2))
    assert kept.text == "Ahora salen chispas"


def test_nothing_written_with_a_second_denial_is_lost() -> None:
    story = open_story()
    story.hears(proposed(1))
    story.hears(Deny(proposal_no=1, reason="still_broken", words=None))
    assert story.hears(Deny(proposal_no=1, reason="still_broken", words=None)).events == ()
    story.hears(Deny(proposal_no=1, reason="still_broken", words=words("y hace ruido", 3)))
    assert isinstance(story.published[-1], CaseInformationReceived)
    assert story.facts.one(VaultText, text_ref=text_ref(3)) is not None


def test_information_brings_facts_and_flags_dangers() -> None:
    story = open_story()
    story.hears(Inform(facts=Facts(symptom_code="no_heat"), words=words("huele a quemado")))
    received = story.published[-1]
    assert isinstance(received, CaseInformationReceived)
    assert (received.facts.symptom_code, received.safety_flag) == ("no_heat", True)


def test_a_colleagues_note_is_kept_without_an_event() -> None:
    story = open_story()
    decision = story.hears(KeepText(words=words("Viene el viernes"), author="agent/agent-03"))
    assert decision.events == ()
    kept = story.facts.one(VaultText, text_ref=text_ref(2))
    assert kept is not None
    assert kept.author == "agent/agent-03"


@pytest.mark.parametrize(
    "word",
    [
        choose(REPAIR),
        Confirm(proposal_no=1),
        Deny(proposal_no=1, reason="still_broken", words=None),
        Inform(facts=Facts(), words=None),
        RequestHuman(words=None),
        KeepText(words=words("nota"), author="agent/agent-03"),
    ],
)
def test_nobody_can_speak_about_a_case_that_does_not_exist(word: Message) -> None:
    refusal = new_story().hears(word).refusal
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("unknown_case", 404)


def test_events_about_a_case_that_intake_never_opened_change_nothing() -> None:
    for event in (assessed(1, REPAIR), proposed(1)):
        assert new_story().hears(event).state is None


STEPS = st.sampled_from(
    [
        assessed(1, REPAIR),
        assessed(2, REPLACEMENT, REFUND),
        proposed(1),
        proposed(2),
        choose(REPAIR),
        choose(REFUND, 2),
        choose(REPAIR, 2),
        Confirm(proposal_no=1),
        Confirm(proposal_no=2),
        Deny(proposal_no=1, reason="still_broken", words=None),
        Deny(proposal_no=2, reason="still_broken", words=None),
    ]
)


@given(st.lists(STEPS, max_size=12))
def test_whatever_happens_only_what_is_on_offer_is_chosen_and_no_answer_is_published_twice(
    steps: list[Event | Message],
) -> None:
    story = open_story()
    offered: tuple[int, tuple[RemedyKind, ...]] = (0, ())
    answers: dict[int, type[Event]] = {}
    asked = 0
    for step in steps:
        decision = story.hears(step)
        if isinstance(step, type(assessed(1))):
            offered = (step.assessment_no, step.remedies_allowed)
        if isinstance(step, type(proposed(1))):
            asked = step.proposal_no
            answers.pop(asked, None)
        for event in decision.events:
            if isinstance(event, CaseRemedyChosen):
                assert event.assessment_no == offered[0]
                assert event.remedy in offered[1]
            elif (number := getattr(event, "proposal_no", None)) is not None:
                assert number == asked
                said_before = answers.get(number)
                assert said_before is None or (said_before, type(event)) == (
                    CaseResolutionConfirmed,
                    CaseResolutionDenied,
                )
                answers[number] = type(event)
