"""Further words about a case: the customer's information, requests and objections, a colleague's note."""

from pydantic import Field

from ciclo_schemas.cases import (
    CaseCancellationRequested,
    CaseEvent,
    CaseHumanRequested,
    CaseInformationReceived,
    CaseObjectionRaised,
)
from ciclo_schemas.values import Channel, Code, Facts, TextRef
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import CaseState, Heard, unknown_case
from services.intake.domain.records import CUSTOMER, VaultText
from services.intake.domain.safety import speaks_of_danger
from services.intake.domain.texts import Text

HUMAN, CANCELLATION, OBJECTION = "human_request", "cancellation", "objection"


class Words(Message):
    """What somebody wrote, and the reference under which the vault keeps it."""

    text_ref: TextRef
    text: Text = Field(repr=False)


class Inform(Message):
    """The customer adds facts, words, or both (aportación de información)."""

    facts: Facts
    words: Words | None
    channel: Channel = Channel.WEB


class RequestHuman(Message):
    """The customer wants to speak to a person."""

    words: Words | None
    channel: Channel = Channel.WEB


class RequestCancellation(Message):
    """The customer wants to withdraw the case (cancelación)."""

    reason: Code | None
    words: Words | None
    channel: Channel = Channel.WEB


class RaiseObjection(Message):
    """The customer objects: a message taken for spam was meant, an answer is not accepted (objeción)."""

    words: Words | None
    channel: Channel = Channel.WEB


class KeepText(Message):
    """A colleague or a workshop writes something that another event will refer to; `author` holds the key."""

    words: Words
    author: str


def inform(state: CaseState | None, word: Inform, given: Given) -> Decision[CaseState]:
    """Publish case.information_received, its words kept in the vault."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(word.words, given)
    received = CaseInformationReceived(
        channel=word.channel,
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
        channel=word.channel, reported_at=given.now, safety_flag=unsafe(word.words), text_ref=text_ref
    )
    return _request(state, HUMAN, requested, rows, given)


def request_cancellation(
    state: CaseState | None, word: RequestCancellation, given: Given
) -> Decision[CaseState]:
    """Publish case.cancellation_requested, its words kept in the vault; warranty says what is possible."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(word.words, given)
    requested = CaseCancellationRequested(
        channel=word.channel,
        reported_at=given.now,
        reason=word.reason,
        safety_flag=unsafe(word.words),
        text_ref=text_ref,
    )
    return _request(state, CANCELLATION, requested, rows, given)


def raise_objection(state: CaseState | None, word: RaiseObjection, given: Given) -> Decision[CaseState]:
    """Publish case.objection_raised, its words kept in the vault. Nothing need be rejected to object."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(word.words, given)
    raised = CaseObjectionRaised(
        channel=word.channel, reported_at=given.now, safety_flag=unsafe(word.words), text_ref=text_ref
    )
    return _request(state, OBJECTION, raised, rows, given)


def _request(
    state: CaseState, request: str, event: CaseEvent, rows: tuple[VaultText, ...], given: Given
) -> Decision[CaseState]:
    """Publish a request, unless it was made since the case last moved and nothing new is written with it."""
    if request in state.said and not rows:
        return Decision(state, reply=Heard(case_id=given.subject))
    said = state.model_copy(update={"said": (*(one for one in state.said if one != request), request)})
    text_ref = rows[0].text_ref if rows else None
    return Decision(said, events=(event,), rows=rows, reply=Heard(case_id=given.subject, text_ref=text_ref))


def keep_text(state: CaseState | None, note: KeepText, given: Given) -> Decision[CaseState]:
    """Keep the words; the service whose event refers to them says the rest."""
    if state is None:
        return unknown_case()
    text_ref, rows = kept(note.words, given, note.author)
    return Decision(state, rows=rows, reply=Heard(case_id=given.subject, text_ref=text_ref))


def kept(
    words: Words | None, given: Given, author: str = CUSTOMER
) -> tuple[str | None, tuple[VaultText, ...]]:
    """The reference of words and their row of the vault; nothing for no words."""
    if words is None:
        return None, ()
    return words.text_ref, (VaultText(words.text_ref, given.subject, words.text, given.now, author),)


def unsafe(words: Words | None) -> bool:
    """Whether words speak of a danger."""
    return words is not None and speaks_of_danger(words.text)
