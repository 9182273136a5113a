"""Further words about a case: the customer's information and wish for a person, a colleague's note."""

from typing import Any

from pydantic import Field

from ciclo_schemas.cases import CaseHumanRequested, CaseInformationReceived
from ciclo_schemas.values import Channel, Facts, TextRef
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import CaseState, Heard, unknown_case
from services.intake.domain.records import VaultText
from services.intake.domain.safety import speaks_of_danger


class Words(Message):
    """What somebody wrote, and the reference under which the vault keeps it."""

    text_ref: TextRef
    text: str = Field(repr=False)


class Inform(Message):
    """The customer adds facts, words, or both (aportación de información)."""

    facts: Facts
    words: Words | None


class RequestHuman(Message):
    """The customer wants to speak to a person."""

    words: Words | None


class KeepText(Message):
    """A colleague or a workshop writes something that another event will refer to."""

    words: Words


def inform(state: CaseState | None, word: Inform, given: Given) -> Decision[CaseState]:
    """Publish case.information_received, its words kept in the vault."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(word.words, given)
    received = CaseInformationReceived(
        channel=Channel.WEB,
        reported_at=given.now,
        facts=word.facts,
        safety_flag=unsafe(word.words),
        text_ref=text_ref,
    )
    return Decision(
        state, events=(received,), rows=rows, reply=Heard(case_id=given.subject, text_ref=text_ref)
    )


def request_human(state: CaseState | None, word: RequestHuman, given: Given) -> Decision[CaseState]:
    """Publish case.human_requested, its words kept in the vault."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(word.words, given)
    requested = CaseHumanRequested(
        channel=Channel.WEB, reported_at=given.now, safety_flag=unsafe(word.words), text_ref=text_ref
    )
    return Decision(
        state, events=(requested,), rows=rows, reply=Heard(case_id=given.subject, text_ref=text_ref)
    )


def keep_text(state: CaseState | None, note: KeepText, given: Given) -> Decision[CaseState]:
    """Keep the words; the service whose event refers to them says the rest."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(note.words, given)
    return Decision(state, rows=rows, reply=Heard(case_id=given.subject, text_ref=text_ref))


def kept(words: Words | None, given: Given) -> tuple[str | None, tuple[Any, ...]]:
    """The reference of words and their row of the vault; nothing for no words."""
    if words is None:
        return None, ()
    return words.text_ref, (VaultText(words.text_ref, given.subject, words.text, given.now),)


def unsafe(words: Words | None) -> bool:
    """Whether words speak of a danger."""
    return words is not None and speaks_of_danger(words.text)
