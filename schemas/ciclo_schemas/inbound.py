"""What other systems publish for Ciclo, and what Ciclo answers when it refuses.

Inbound records carry no sequence: each has a business key that makes it unique for ever.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Buyer,
    Channel,
    Code,
    Codes,
    CustomerRef,
    Day,
    Facts,
    Identifier,
    Jurisdiction,
    Language,
    Moment,
    Money,
    Number,
    OpenEnum,
    ProductUnit,
    Record,
    RemedyKind,
)

ShortText = Annotated[str, Field(max_length=128)]


class InboundEvent(Event):
    """A request or report of another system."""

    publisher: Identifier
    """The system that publishes it."""

    @abstractmethod
    def business_key(self) -> tuple[str, ...]:
        """What makes this record unique for ever."""


class WorkshopReportKind(OpenEnum):
    """The steps a workshop reports; `completed` implies `received`."""

    RECEIVED = "received"
    COMPLETED = "completed"
    FAILED = "failed"
    RETURNED = "returned"
    REFUSED = "refused"
    """The workshop does not take the repair."""
    DELAYED = "delayed"
    """It will take longer: `reason` and `expected_at` say why and until when."""
    UNKNOWN = "unknown"


class WorkshopReported(InboundEvent):
    """A workshop reports a step of a repair that warranty authorised."""

    event_type: ClassVar[str] = "ciclo.workshop.reported.v1"
    topic: ClassVar[str] = "ciclo.inbound.workshops.v1"
    case: UUID
    """The case."""
    repair_no: Identifier
    """The number of repair.authorized."""
    kind: WorkshopReportKind
    """The step."""
    happened_at: Moment
    """When it happened at the workshop."""
    work: Codes = ()
    """What was done (completed)."""
    reason: Code | None = None
    """Why it failed, was refused or takes longer (failed, refused, delayed)."""
    expected_at: Moment | None = None
    """When the repair will be ready (delayed)."""

    def business_key(self) -> tuple[str, ...]:
        """Repair number and report kind: a workshop that reports twice has reported once.

        A repair may be delayed more than once: each date that is expected then is a report of its own.
        """
        key = ("workshop", self.repair_no, self.kind)
        return key if self.expected_at is None else (*key, self.expected_at.isoformat())


class ScanKind(OpenEnum):
    """The steps logistics reports of a shipment."""

    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RECEIVED = "received"
    LOST = "lost"
    UNKNOWN = "unknown"


class WorkshopQuoted(InboundEvent):
    """A workshop offers a paid repair (presupuesto), or takes part in none."""

    event_type: ClassVar[str] = "ciclo.workshop.quoted.v1"
    topic: ClassVar[str] = "ciclo.inbound.workshops.v1"
    case: UUID
    """The case."""
    quote_no: Identifier
    """The number of quote.requested."""
    revision: Number
    """Counts the revisions of the quote; a correction carries the next number."""
    price: Money
    """What the repair costs, taxes included."""
    valid_until: Moment
    """Until when the offer stands; the law may give the customer longer (RD 58/1988 art. 3)."""
    work: Codes = ()
    """What would be done."""

    def business_key(self) -> tuple[str, ...]:
        """Quote number and revision."""
        return ("quote", self.quote_no, str(self.revision))


class LogisticsScanned(InboundEvent):
    """A scan of a parcel: the replacement on its way out, or the faulty unit on its way back."""

    event_type: ClassVar[str] = "ciclo.logistics.scanned.v1"
    topic: ClassVar[str] = "ciclo.inbound.logistics.v1"
    case: UUID
    """The case."""
    remedy_no: Number
    """The number of replacement.approved."""
    shipment: Identifier
    """The carrier's number."""
    kind: ScanKind
    """The step."""
    happened_at: Moment
    """When it was scanned."""

    def business_key(self) -> tuple[str, ...]:
        """Publisher, shipment and scan kind."""
        return ("logistics", self.publisher, self.shipment, self.kind)


class ProductRegistered(InboundEvent):
    """A product unit that was sold: to whom, when delivered, under which policy."""

    event_type: ClassVar[str] = "ciclo.product.registered.v1"
    topic: ClassVar[str] = "ciclo.inbound.products.v1"
    product_unit: ProductUnit
    """Serial number."""
    revision: Number
    """Counts the registrations of this unit; a correction carries the next number."""
    model: Identifier
    """The maker's model."""
    brand: Identifier
    """The brand, which decides the workshops."""
    lot: Identifier | None = None
    """The maker's lot."""
    seller: Identifier
    """The seller, whose policy may give more than the law."""
    jurisdiction: Jurisdiction
    """Country whose law applies to the sale (ISO 3166-1 alpha-2)."""
    buyer: Buyer
    """Consumer or business."""
    customer_ref: CustomerRef | None = None
    """The buyer, as minted by intake."""
    purchase_ref: Identifier | None = None
    """Number of the order or receipt; the unit is the customer's if this or `customer_ref` matches."""
    purchased_on: Day
    """Day of the contract of sale."""
    delivered_on: Day | None = None
    """Day the customer got the unit."""

    def business_key(self) -> tuple[str, ...]:
        """Publisher, unit and revision."""
        return ("product", self.publisher, self.product_unit, str(self.revision))


class RefundReported(InboundEvent):
    """The ERP reports that a refund was paid."""

    event_type: ClassVar[str] = "ciclo.refund.reported.v1"
    topic: ClassVar[str] = "ciclo.inbound.products.v1"
    case: UUID
    """The case."""
    remedy_no: Number
    """The number of refund.approved."""
    reference: Identifier
    """The number of the payment."""
    paid_at: Moment
    """When it was paid."""
    amount: Money
    """How much."""

    def business_key(self) -> tuple[str, ...]:
        """Publisher and number of the payment."""
        return ("refund", self.publisher, self.reference)


MAX_TEXT = 4000
"""The longest text of a customer, in characters."""

Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
"""A customer's words: personal data by nature, read by intake alone and kept in its vault."""


class NewCustomer(Record):
    """Name and address of a customer, for intake's vault alone."""

    number: Identifier | None = None
    """The publisher's number of the customer: the same number is the same customer."""
    name: str = Field(min_length=1, max_length=200, repr=False)
    """As the customer is to be addressed."""
    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", repr=False)
    """Where messages go."""


class OpenCase(InboundEvent):
    """A CRM or telephony system opens a case on the customer's behalf; personal data by nature."""

    event_type: ClassVar[str] = "ciclo.case.open_requested.v1"
    topic: ClassVar[str] = "ciclo.inbound.cases.v1"
    external_ref: Identifier
    """The publisher's own number of the case."""
    customer_ref: CustomerRef | None = None
    """The customer, as minted by intake before; either this or `customer`."""
    customer: NewCustomer | None = None
    """The customer, for intake to mint a reference."""
    text: Words = Field(repr=False)
    """What the customer said."""
    facts: Facts = Facts()
    """What the customer states in structured form."""
    asked_for: RemedyKind | None = None
    """The remedy that the customer wishes, if any was named."""
    channel: Channel
    """The door by which it came in."""
    language: Language
    """Language of the conversation."""
    jurisdiction: Jurisdiction
    """Country whose law protects the customer (ISO 3166-1 alpha-2)."""

    def business_key(self) -> tuple[str, ...]:
        """Publisher and its number of the case."""
        return ("case", self.publisher, self.external_ref)


class WordKind(OpenEnum):
    """What the customer says in a case that is open already, or was."""

    INFORMATION = "information"
    REMEDY_CHOICE = "remedy_choice"
    QUOTE_ANSWER = "quote_answer"
    HUMAN_REQUEST = "human_request"
    CONFIRMATION = "confirmation"
    DENIAL = "denial"
    CANCELLATION = "cancellation"
    OBJECTION = "objection"
    UNKNOWN = "unknown"


class WordSpoken(InboundEvent):
    """A channel system passes on what the customer says in an existing case; personal data by nature."""

    event_type: ClassVar[str] = "ciclo.case.word_spoken.v1"
    topic: ClassVar[str] = "ciclo.inbound.cases.v1"
    word_ref: Identifier
    """The publisher's own number of this word."""
    case: UUID | None = None
    """The case; either this or `external_ref`."""
    external_ref: Identifier | None = None
    """The publisher's own number of a case that it opened."""
    kind: WordKind
    """What is said."""
    channel: Channel
    """The door by which it came in."""
    text: Words | None = Field(default=None, repr=False)
    """The customer's words."""
    facts: Facts = Facts()
    """What the customer now states in structured form (information)."""
    remedy: RemedyKind | None = None
    """What the customer chooses (remedy_choice)."""
    assessment_no: Number | None = None
    """The assessment that offers it (remedy_choice)."""
    quote_no: Identifier | None = None
    """The quote that is answered (quote_answer)."""
    revision: Number | None = None
    """The revision of the quote that the customer heard (quote_answer)."""
    accepted: bool | None = None
    """Whether the quote is accepted (quote_answer)."""
    proposal_no: Number | None = None
    """The proposal that is answered (confirmation, denial)."""
    reason: Code | None = None
    """Why (denial, cancellation)."""

    def business_key(self) -> tuple[str, ...]:
        """Publisher and its number of the word."""
        return ("word", self.publisher, self.word_ref)


class InputRejected(Event):
    """What an outside publisher sent was refused: its id, a code, the field's location; never the value."""

    event_type: ClassVar[str] = "ciclo.input.rejected.v1"
    topic: ClassVar[str] = "ciclo.rejections.v1"
    input_id: ShortText
    """The CloudEvents id of what was refused."""
    input_type: ShortText
    """Its CloudEvents type."""
    source_topic: ShortText
    """The topic it came on."""
    code: Code
    """Why it was refused."""
    locations: tuple[str, ...] = ()
    """The fields at fault."""
