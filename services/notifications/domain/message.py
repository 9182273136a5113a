"""One message to a customer: what it says, in no language yet, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ciclo_schemas.values import Language, Party, RemedyKind, Window
from ciclo_schemas.warranty import Withheld
from services.chassis.decider import Message


class Template(StrEnum):
    """Every message there is; each has its words in every language."""

    RECEIPT = "receipt"
    SAFETY = "safety"
    PROGRESS = "progress"
    APOLOGY = "apology"
    COVERAGE = "coverage"
    OUT_OF_GUARANTEE = "out_of_guarantee"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    SHIPPED = "shipped"
    INFORMATION = "information"
    REMEDY_CHOICE = "remedy_choice"
    SOLVED = "solved"
    CLOSED = "closed"
    CLOSED_UNCONFIRMED = "closed_unconfirmed"


class Told(Message):
    """What a message says: codes, dates and numbers; never a name or a customer's word.

    Each template uses those that its event knows. `due` is when the next step will have happened, `deadline`
    until when we wait for the customer, `again` whether the case had this message before.
    """

    owner: Party | None = None
    due: datetime | None = None
    was_due: datetime | None = None
    deadline: datetime | None = None
    until: date | None = None
    reasons: tuple[str, ...] = ()
    window: Window | None = None
    asked_for: RemedyKind | None = None
    remedies: tuple[RemedyKind, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    missing: tuple[str, ...] = ()
    product_unit: str | None = None
    service_point: str | None = None
    repair_no: str | None = None
    shipment: str | None = None
    paid: bool | None = None
    denied: bool = False
    again: bool = False


class SendMessage(Message):
    """The effect: tell this customer; `cause` is the event that the message tells about."""

    template: Template
    cause: UUID
    case_no: str
    customer_ref: str
    language: Language
    jurisdiction: str
    told: Told


class MessageSent(Message):
    """The mail server took the message."""

    template: Template
    cause: UUID
    language: Language
    sent_at: datetime


class MessageFailed(Message):
    """The message will not be sent any more; a person must reach the customer another way."""

    template: Template
    cause: UUID
    language: Language
    reason: str
    attempts: int


class Status(StrEnum):
    """What became of a message."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """The record of one message; holds no personal data. `at` is the moment of its status."""

    case_id: UUID
    cause: UUID
    template: str
    status: str
    language: str
    reason: str | None
    at: datetime
