"""What CRM, telephony and shop systems publish for a customer becomes the same commands as at the door.

A refusal names fields of the record, never their values. What the customer wrote is kept in the vault alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from ciclo_schemas.inbound import InboundEvent, OpenCase, WordKind, WordSpoken
from ciclo_schemas.values import Facts, OpenEnum
from services.chassis.decider import Decision, Given, Lookup, Message, Refusal
from services.intake.domain import opening
from services.intake.domain.answers import ChooseRemedy, Confirm, Deny, choose_remedy, confirm, deny
from services.intake.domain.case import CaseState
from services.intake.domain.customer import known_customer, reference_of
from services.intake.domain.quotes import AnswerQuote, answer_quote
from services.intake.domain.records import Contact
from services.intake.domain.reference import case_no_of
from services.intake.domain.texts import Email, Name, Text
from services.intake.domain.words import (
    Inform,
    RaiseObjection,
    RequestCancellation,
    RequestHuman,
    Words,
    inform,
    raise_objection,
    request_cancellation,
    request_human,
)

PATIENCE = timedelta(days=1)
"""How long a word waits for what it speaks of, before it is rejected."""

_TEXT, _NAME, _EMAIL = TypeAdapter(Text), TypeAdapter(Name), TypeAdapter(Email)


def open_requested(state: CaseState | None, asked: OpenCase, given: Given) -> Decision[CaseState]:
    """Open the case as at the door, for a customer named by reference, by number or anew.

    Refused: `not_exactly_one` of customer and customer_ref, `invalid`; `unknown_customer` for a reference
    that intake never gave, or whose contact data were erased.
    """
    if (asked.customer is None) == (asked.customer_ref is None):
        return _rejected(state, "not_exactly_one", "customer", "customer_ref")
    if faults := tuple(_faults(asked)):
        return _rejected(state, "invalid", *faults)
    customer_ref, rows = _reference(asked, given)
    person = None
    if asked.customer is not None:
        person = opening.Person(name=asked.customer.name, email=asked.customer.email)
    command = opening.OpenCase(
        case_no=case_no_of(given.subject),
        customer_ref=customer_ref,
        person=person,
        text_ref=_minted("txt", asked, given),
        text=asked.text,
        facts=asked.facts,
        asked_for=asked.asked_for,
        channel=asked.channel,
        language=asked.language,
        jurisdiction=asked.jurisdiction,
        publisher=asked.publisher,
        external_ref=asked.external_ref,
    )
    decision = opening.open_case(state, command, given)
    if decision.refusal is not None:
        return _rejected(state, decision.refusal.code, "customer_ref")
    return replace(decision, rows=(*rows, *decision.rows))


def open_requested_needs(asked: OpenCase) -> Iterable[Lookup]:
    """The facts that `open_requested` surely asks for."""
    if asked.customer_ref is not None:
        yield Lookup.of(Contact, customer_ref=asked.customer_ref)
    elif asked.customer is not None and asked.customer.number is not None:
        yield known_customer(asked.publisher, asked.customer.number)


def word_spoken(state: CaseState | None, spoken: WordSpoken, given: Given) -> Decision[CaseState]:
    """Hear a word as at the door. What intake has not heard of yet is waited for, the case included.

    A word that comes too late for what it answers is rejected with the code of the door (`stale_proposal`).
    The customer's own words are never lost: where the answer has no room for them, or comes too late, they
    are heard as information, before the answer.
    Refused: `not_exactly_one` of case and external_ref, `missing` fields of this kind, `invalid`.
    """
    if (spoken.case is None) == (spoken.external_ref is None):
        return _rejected(state, "not_exactly_one", "case", "external_ref")
    if faults := tuple(_faults(spoken)):
        return _rejected(state, "invalid", *faults)
    if lacking := [name for name in _NEEDED.get(spoken.kind, ()) if getattr(spoken, name) is None]:
        return _rejected(state, "missing", *lacking)
    if state is None:
        by = "case" if spoken.external_ref is None else "external_ref"
        return _rejected(state, "unknown_case", by, wait=PATIENCE)
    words = None
    if spoken.text is not None:
        words = Words(text_ref=_minted("txt", spoken, given), text=spoken.text)
    handler, command = _command(spoken, words)
    decision = handler(state, command, given)
    refusal = decision.refusal
    if refusal is not None and refusal.code == "not_seen_yet":
        return _rejected(state, "not_seen_yet", *_fields(refusal), wait=PATIENCE)
    if words is None:
        return decision if refusal is None else _rejected(state, refusal.code, *_fields(refusal))
    informed = inform(state, Inform(facts=Facts(), words=words, channel=spoken.channel), given)
    if refusal is not None:
        return informed
    if "words" in type(command).model_fields:
        return decision
    return replace(
        decision, events=(*informed.events, *decision.events), rows=(*informed.rows, *decision.rows)
    )


_NEEDED = {
    WordKind.REMEDY_CHOICE: ("remedy", "assessment_no"),
    WordKind.QUOTE_ANSWER: ("quote_no", "revision", "accepted"),
    WordKind.CONFIRMATION: ("proposal_no",),
    WordKind.DENIAL: ("proposal_no", "reason"),
}
Handler = Callable[[CaseState | None, Any, Given], Decision[CaseState]]


def _command(spoken: WordSpoken, words: Words | None) -> tuple[Handler, Message]:
    """The command of the door that says the same, and what decides it."""
    match spoken.kind:
        case WordKind.REMEDY_CHOICE:
            choice = {"remedy": spoken.remedy, "assessment_no": spoken.assessment_no}
            return choose_remedy, ChooseRemedy.model_validate({**choice, "channel": spoken.channel})
        case WordKind.QUOTE_ANSWER:
            quote = {"quote_no": spoken.quote_no, "revision": spoken.revision, "accepted": spoken.accepted}
            return answer_quote, AnswerQuote.model_validate({**quote, "channel": spoken.channel})
        case WordKind.CONFIRMATION:
            return confirm, Confirm(proposal_no=spoken.proposal_no or 0, channel=spoken.channel)
        case WordKind.DENIAL:
            denial = {"proposal_no": spoken.proposal_no, "reason": spoken.reason, "words": words}
            return deny, Deny.model_validate({**denial, "channel": spoken.channel})
        case WordKind.HUMAN_REQUEST:
            return request_human, RequestHuman(words=words, channel=spoken.channel)
        case WordKind.CANCELLATION:
            return request_cancellation, RequestCancellation(
                reason=spoken.reason, words=words, channel=spoken.channel
            )
        case WordKind.OBJECTION:
            return raise_objection, RaiseObjection(words=words, channel=spoken.channel)
    return inform, Inform(facts=spoken.facts, words=words, channel=spoken.channel)


def _reference(asked: OpenCase, given: Given) -> tuple[str, tuple[Any, ...]]:
    """The customer's reference, and the row that gives it to him if it is new and he has a number."""
    if asked.customer_ref is not None:
        return asked.customer_ref, ()
    minted = _minted("cus", asked, given)
    if asked.customer is None or asked.customer.number is None:
        return minted, ()
    return reference_of(asked.publisher, asked.customer.number, minted, given.facts)


def _minted(prefix: str, record: InboundEvent, given: Given) -> str:
    """A reference that no other record can have: a publisher may repeat an id, but no business key."""
    natural = repr((prefix, str(given.cause), record.event_type, record.business_key()))
    return f"{prefix}_{sha256(natural.encode()).hexdigest()[:32]}"


def _faults(record: OpenCase | WordSpoken) -> Iterator[str]:
    """The fields whose values this release does not know, or does not let in."""
    yield from _unrecognised(record)
    if record.facts.proof_ref is not None:
        yield "facts.proof_ref"  # a file is handed in at the door, and proves nothing in another case
    if record.text is not None and not _fits(_TEXT, record.text):
        yield "text"
    if isinstance(record, OpenCase) and record.customer is not None:
        if not _fits(_NAME, record.customer.name):
            yield "customer.name"
        if not _fits(_EMAIL, record.customer.email):
            yield "customer.email"


def _unrecognised(record: BaseModel, prefix: str = "") -> Iterator[str]:
    for name, value in record:
        if isinstance(value, OpenEnum) and value is value.fallback():
            yield prefix + name
        elif isinstance(value, BaseModel):
            yield from _unrecognised(value, f"{prefix}{name}.")


def _fits(shape: TypeAdapter[str], value: str) -> bool:
    try:
        shape.validate_python(value)
    except ValidationError:
        return False
    return True


def _fields(refusal: Refusal) -> tuple[str, ...]:
    return tuple(location.removeprefix("body.") for location in refusal.locations)


def _rejected(
    state: CaseState | None, code: str, *fields: str, wait: timedelta | None = None
) -> Decision[CaseState]:
    return Decision(state, refusal=Refusal(code, "the record is refused", fields, wait=wait))
