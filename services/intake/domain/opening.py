"""A customer reports something: the case begins (apertura del caso)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.values import (
    Channel,
    CustomerRef,
    Facts,
    Identifier,
    Jurisdiction,
    Language,
    RemedyKind,
    TextRef,
)
from services.chassis.decider import Decision, Given, Lookup, Message
from services.intake.domain.case import CaseState, refused
from services.intake.domain.records import CaseRow, Contact, VaultText
from services.intake.domain.reference import case_no_of
from services.intake.domain.safety import speaks_of_danger
from services.intake.domain.texts import Email, Name, Text

_ATTEMPTS = 8


class Person(Message):
    """Name and e-mail address as given at the door."""

    name: Name = Field(repr=False)
    email: Email = Field(repr=False)


class OpenCase(Message):
    """A report at the door. `person` is None for a customer whom another system names by reference.

    `publisher` and `external_ref` say which system opens it, and that system's own number of the case.
    """

    case_no: Identifier
    customer_ref: CustomerRef
    person: Person | None
    text_ref: TextRef
    text: Text = Field(repr=False)
    facts: Facts
    asked_for: RemedyKind | None
    channel: Channel
    language: Language
    jurisdiction: Jurisdiction
    publisher: Identifier | None = None
    external_ref: Identifier | None = None


class Opened(BaseModel):
    """The reply: what the customer needs to come back."""

    case_id: UUID
    case_no: str
    customer_ref: str
    opened_at: datetime


def open_case(state: CaseState | None, command: OpenCase, given: Given) -> Decision[CaseState]:
    """Keep the words and the contact in the vault and publish case.opened, reported now.

    Refused: `unknown_customer` for a reference that intake never gave; `already_open`.
    """
    if state is not None:
        return refused(state, "already_open", "this case is already open")
    if command.person is None and given.facts.one(Contact, customer_ref=command.customer_ref) is None:
        detail = "no customer has this reference"
        return refused(state, "unknown_customer", detail, "customer.customer_ref")
    case_no = _free_case_no(command.case_no, given)
    opened = CaseOpened(
        channel=command.channel,
        reported_at=given.now,
        case_no=case_no,
        customer_ref=command.customer_ref,
        facts=command.facts,
        asked_for=command.asked_for,
        language=command.language,
        jurisdiction=command.jurisdiction,
        safety_flag=speaks_of_danger(command.text),
        text_ref=command.text_ref,
        publisher=command.publisher,
        external_ref=command.external_ref,
    )
    return Decision(
        CaseState(),
        events=(opened,),
        rows=_rows(command, case_no, given),
        reply=Opened(
            case_id=given.subject,
            case_no=case_no,
            customer_ref=command.customer_ref,
            opened_at=given.now,
        ),
    )


def _free_case_no(minted: str, given: Given) -> str:
    """The number minted at the door, or another one if a case has it already."""
    for attempt in range(_ATTEMPTS):
        case_no = case_no_of(given.subject, attempt) if attempt else minted
        if given.facts.one(CaseRow, case_no=case_no) is None:
            return case_no
    raise RuntimeError(f"{_ATTEMPTS} case numbers in a row are taken")


def _rows(command: OpenCase, case_no: str, given: Given) -> tuple[Any, ...]:
    language = command.language.value
    rows: list[Any] = [
        CaseRow(given.subject, case_no, command.customer_ref, language, given.now),
        VaultText(command.text_ref, given.subject, command.text, given.now),
    ]
    if command.person is not None:
        rows.append(Contact(command.customer_ref, command.person.name, command.person.email, language))
    return tuple(rows)


def opening_needs(command: OpenCase) -> Iterable[Lookup]:
    """The facts that `open_case` asks for."""
    yield Lookup.of(CaseRow, case_no=command.case_no)
    if command.person is None:
        yield Lookup.of(Contact, customer_ref=command.customer_ref)
