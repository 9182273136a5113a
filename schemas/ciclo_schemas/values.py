"""Values that several events share: enumerations, references and small records.

Enumerations that may grow are *open*: a reader that meets a value of a newer release gets `unknown` instead
of an error. Writers never write `unknown`; the models refuse it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class OpenEnum(StrEnum):
    """An enumeration whose readers survive values they do not know yet."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN") if isinstance(value, str) else None


class Record(BaseModel):
    """A value object: immutable; extra fields are refused when written (readers relax this, see `registry`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset():
        raise ValueError("a moment is given in UTC (offset +00:00 or Z)")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Day = date
CaseId = UUID
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{1,59}$", description="a stable machine-readable code")]
CustomerRef = Annotated[str, Field(pattern=r"^cus_[0-9a-f]{32}$", description="opaque; minted by intake alone")]
TextRef = Annotated[str, Field(pattern=r"^txt_[0-9a-f]{32}$", description="a text in intake's vault")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{1,63}$")]
ProductUnit = Annotated[
    str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{3,39}$", description="serial number of one product unit")
]
Jurisdiction = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]


class Language(OpenEnum):
    """Language of the conversation with the customer (ISO 639-1)."""

    ES = "es"
    EN = "en"
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
    """The warranty window a report falls into (periodo de prueba, garantía, fuera de garantía)."""

    UNKNOWN = "unknown"
    TRIAL = "trial"
    GUARANTEE = "guarantee"
    OUT = "out"


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
    id: Identifier


class Policy(Record):
    """The dated rule a decision rests on."""

    id: Identifier
    version: Identifier


class Facts(Record):
    """What the customer states in structured form; decisions about goods and money rest on these alone."""

    product_unit: ProductUnit | None = None
    purchase_ref: Identifier | None = None
    purchased_on: Day | None = None
    delivered_on: Day | None = None
    buyer: Buyer | None = None
    area: Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{2,12}$")] | None = None
    symptom_code: Code | None = None
    proof_ref: TextRef | None = None


def assert_known(value: Any) -> Any:
    """Refuse to write an open enumeration's `unknown` that stands for 'a newer release's value'."""
    if isinstance(value, OpenEnum) and value == "unknown" and not isinstance(value, Window):
        raise ValueError(f"{type(value).__name__}.unknown is what readers see; it is never written")
    return value
