"""One message to a customer: what it says, in no language yet, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from ciclo_schemas.routing import ComplaintOutcome, PromiseKind
from ciclo_schemas.values import Language, Money, Party, RemedyKind, Window
from ciclo_schemas.warranty import CannotCancel, ServicePointOption, Withheld
from services.chassis.decider import Message


class Template(StrEnum):
    """Every message there is; each has its words in every language."""

    # who has the case, and until when
    RECEIPT = "receipt"
    PROGRESS = "progress"
    APOLOGY = "apology"
    AT_RISK = "at_risk"
    REVISED = "revised"
    UNKNOWN = "unknown"
    TRAINING = "training"
    LINKED = "linked"
    REOPENED = "reopened"
    # urgent: waits for no other message
    SAFETY = "safety"
    CONTAINMENT = "containment"
    # what was decided
    COVERAGE = "coverage"
    OUT_OF_GUARANTEE = "out_of_guarantee"
    REPLACEMENT = "replacement"
    SHIPPED = "shipped"
    LOST = "lost"
    REPAIR = "repair"
    RESCHEDULED = "rescheduled"
    REFUND = "refund"
    REFUND_PAID = "refund_paid"
    QUOTE_REQUESTED = "quote_requested"
    CANCELLATION = "cancellation"
    COMPENSATION = "compensation"
    COMPENSATION_DECLINED = "compensation_declined"
    # complaints
    COMPLAINT = "complaint"
    COMPLAINT_ANSWERED = "complaint_answered"
    # what we ask
    INFORMATION = "information"
    REMEDY_CHOICE = "remedy_choice"
    QUOTE = "quote"
    SOLVED = "solved"
    REMINDER = "reminder"
    # the end
    CLOSED = "closed"
    CLOSED_UNCONFIRMED = "closed_unconfirmed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


URGENT = frozenset({Template.SAFETY, Template.CONTAINMENT})
"""Told at once, in an order of their own."""


class Topic(StrEnum):
    """What the customer is asked, as the case's page names the place to answer."""

    SOLVED = "solved"
    REMEDY = "remedy"
    QUOTE = "quote"
    INFORMATION = "information"
    SURVEY = "survey"


class Told(Message):
    """What a message says: codes, dates and numbers; never a name or a customer's word.

    Each template uses those that its event knows. `due` is when the next step will have happened, `deadline`
    until when we wait for the customer, `again` whether the case had this message before, `news` what
    happened meanwhile and has no message of its own, `has_words` whether a person wrote something that
    stands on the case's page.
    """

    owner: Party | None = None
    due: datetime | None = None
    was_due: datetime | None = None
    deadline: datetime | None = None
    until: date | None = None
    promised: PromiseKind | None = None
    reasons: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    window: Window | None = None
    asked_for: RemedyKind | None = None
    remedies: tuple[RemedyKind, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    service_points: tuple[ServicePointOption, ...] = ()
    missing: tuple[str, ...] = ()
    about: Topic | None = None
    reminder: int | None = None
    product_unit: str | None = None
    service_point: str | None = None
    official: bool | None = None
    repair_no: str | None = None
    shipment: str | None = None
    work: tuple[str, ...] = ()
    price: Money | None = None
    reference: str | None = None
    paid: bool | None = None
    partial: bool = False
    instead_of: RemedyKind | None = None
    taken_back: tuple[str, ...] = ()
    cannot: tuple[CannotCancel, ...] = ()
    profile: str | None = None
    outcome: ComplaintOutcome | None = None
    hazard: str | None = None
    advice: str | None = None
    denied: bool = False
    again: bool = False
    has_words: bool = False


class SendMessage(Message):
    """The effect: tell this customer; `cause` is the event that the message tells about."""

    template: Template
    cause: UUID
    message_id: UUID
    case_no: str
    customer_ref: str
    language: Language
    jurisdiction: str
    told: Told


class MessageResult(Message):
    """What became of a message when it was to be sent."""

    template: Template
    cause: UUID
    language: Language


class MessageSent(MessageResult):
    """The mail server took the message."""

    sent_at: datetime


class MessageFailed(MessageResult):
    """The message will not be sent any more; a person must reach the customer another way."""

    reason: str
    attempts: int


class MessageSuppressed(MessageResult):
    """The message was not sent on purpose: the customer's contact data were erased."""

    reason: str


class Arrival(StrEnum):
    """What a mail provider reports about a message it took."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"


class ReportDelivery(Message):
    """A mail provider reports what became of a message it took; `reason` is its own code for a bounce."""

    message_id: UUID
    kind: Arrival
    at: datetime
    reason: str | None = None


class Status(StrEnum):
    """What became of a message."""

    OWED = "owed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """The record of one message; holds no personal data. `at` is the moment of its status."""

    case_id: UUID
    cause: UUID
    template: str
    message_id: UUID
    status: str
    language: str
    reason: str | None
    at: datetime


def message_id(case_id: UUID, cause: UUID, template: str) -> UUID:
    """The id of a message: the same at every attempt, and in every report about it."""
    return uuid5(case_id, f"message/{cause}/{template}")
