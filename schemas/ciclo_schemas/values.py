"""Values that several events share: enumerations, references and small records.

Enumerations that may grow are *open*: a reader that meets a value of a newer release gets the enumeration's
fallback instead of an error. Writers never write a fallback; `Event.write` refuses it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema


class OpenEnum(StrEnum):
    """An enumeration whose readers survive values they do not know yet.

    The fallback they get is `UNKNOWN`, or `UNRECOGNISED` where "unknown" is itself something to say.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.fallback() if isinstance(value, str) else None

    @classmethod
    def fallback(cls) -> Self:
        """What a reader sees instead of a value of a newer release."""
        members = cls.__members__
        return members.get("UNRECOGNISED") or members["UNKNOWN"]

    @classmethod
    def written(cls) -> tuple[Self, ...]:
        """Every value that may travel in an event of this release."""
        return tuple(member for member in cls if member is not cls.fallback())


class Record(BaseModel):
    """A value object: immutable; extra fields are refused when written (`Event.read` ignores them)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def known_of(enumeration: type[OpenEnum]) -> WithJsonSchema:
    """Describe a field that takes every value of an open enumeration but its readers' fallback."""
    return WithJsonSchema({"type": "string", "enum": [member.value for member in enumeration.written()]})


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset():
        raise ValueError("a moment is given in UTC (offset +00:00 or Z)")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Day = date
Number = Annotated[int, Field(ge=1, le=2_147_483_647)]
"""Counts from 1 within its case (assessments, remedies, promises) or unit (defects)."""
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{1,59}$")]
"""A stable machine-readable code."""
Codes = Annotated[tuple[Code, ...], Field(max_length=100)]
CustomerRef = Annotated[str, Field(pattern=r"^cus_[0-9a-f]{32}$")]
"""A customer; opaque, minted by intake alone."""
TextRef = Annotated[str, Field(pattern=r"^txt_[0-9a-f]{32}$")]
"""A text in intake's vault."""
AttachmentRef = Annotated[str, Field(pattern=r"^att_[0-9a-f]{32}$")]
"""A photo or a proof of purchase in intake's vault."""
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
ProductUnit = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{3,39}$")]
"""Serial number of one product unit."""
Jurisdiction = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""


class Language(OpenEnum):
    """Language of the conversation with the customer (ISO 639-1)."""

    ES = "es"
    EN = "en"
    PT = "pt"
    UNKNOWN = "unknown"


class Channel(OpenEnum):
    """How the customer's word arrived."""

    WEB = "web"
    PHONE = "phone"
    EMAIL = "email"
    SHOP = "shop"
    PARTNER = "partner"
    UNKNOWN = "unknown"


class Category(OpenEnum):
    """What a case is about; `abstained` classifications carry the best guess."""

    CARE = "care"
    ONLINE_SUPPORT = "online_support"
    TECHNICAL_FAULT = "technical_fault"
    TRAINING = "training"
    COMPLAINT = "complaint"
    WARRANTY_QUERY = "warranty_query"
    REPLACEMENT_REQUEST = "replacement_request"
    SPAM_OR_UNCLEAR = "spam_or_unclear"
    UNKNOWN = "unknown"


class Urgency(OpenEnum):
    """How soon a person must look at the case."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    UNKNOWN = "unknown"


class DecidedBy(OpenEnum):
    """Who classified or assessed."""

    RULES = "rules"
    MODEL = "model"
    AGENT = "agent"
    UNKNOWN = "unknown"


class Buyer(OpenEnum):
    """Consumer law protects consumers; a business buyer has the seller's own policy."""

    CONSUMER = "consumer"
    BUSINESS = "business"
    UNKNOWN = "unknown"


class Window(OpenEnum):
    """The warranty window a report falls into (periodo de prueba, garantía, fuera de garantía).

    `unknown` is an assessment ("not determinable now"), so the reader's fallback has a name of its own.
    """

    UNKNOWN = "unknown"
    TRIAL = "trial"
    GUARANTEE = "guarantee"
    OUT = "out"
    UNRECOGNISED = "unrecognised"


class RemedyKind(OpenEnum):
    """What puts a defect right, or what the customer asks for."""

    REPLACEMENT = "replacement"
    REPAIR = "repair"
    REFUND = "refund"
    PRICE_REDUCTION = "price_reduction"
    QUOTE = "quote"
    UNKNOWN = "unknown"


class WaitName(OpenEnum):
    """Who or what an open case waits for."""

    CUSTOMER = "customer"
    FIRST_LINE = "first_line"
    WORKSHOP = "workshop"
    PART = "part"
    LOGISTICS = "logistics"
    EDUCATION = "education"
    REFUND = "refund"
    LINKED_CASE = "linked_case"
    UNKNOWN = "unknown"


class PartyKind(OpenEnum):
    """What kind of owner answers for a case or a promise."""

    AGENT = "agent"
    QUEUE = "queue"
    SERVICE_POINT = "service_point"
    SERVICE = "service"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Party(Record):
    """Who answers for something: a person by staff number, a queue, a service point. Never a name."""

    kind: PartyKind
    """What kind of owner it is."""
    id: Identifier
    """Staff number, queue, service point or service."""


class Policy(Record):
    """The dated rule a decision rests on."""

    id: Identifier
    """Which law pack or seller's policy."""
    version: Identifier
    """Which edition of it."""


class Money(Record):
    """An amount of money in the smallest unit of its currency, so that no cent is rounded away."""

    amount_minor: Annotated[int, Field(ge=0, le=1_000_000_000_000)]
    """How many of the smallest units (cents)."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """ISO 4217."""


class Facts(Record):
    """What the customer states in structured form; decisions about goods and money rest on these alone."""

    product_unit: ProductUnit | None = None
    """Serial number of the unit that fails."""
    purchase_ref: Identifier | None = None
    """Number of the order or receipt."""
    purchased_on: Day | None = None
    """Day of the contract of sale."""
    delivered_on: Day | None = None
    """Day the customer got the unit; most rights count from it."""
    buyer: Buyer | None = None
    """Consumer or business."""
    area: Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{2,12}$")] | None = None
    """Postcode area, to find a workshop near by; never an address."""
    symptom_code: Code | None = None
    """The defect that the customer declares."""
    proof_ref: AttachmentRef | None = None
    """A proof of purchase in intake's vault."""


def assert_known(value: object) -> None:
    """Refuse to write an open enumeration's fallback, at any depth: it stands for a newer release's value.

    Raises ValueError.
    """
    if isinstance(value, OpenEnum):
        if value is value.fallback():
            raise ValueError(f"{type(value).__name__}.{value.name} is what readers see; it is never written")
    elif isinstance(value, BaseModel):
        for held in value.__dict__.values():
            assert_known(held)
    elif isinstance(value, tuple):
        for held in value:
            assert_known(held)
