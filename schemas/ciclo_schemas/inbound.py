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
    Code,
    Codes,
    CustomerRef,
    Day,
    Identifier,
    Jurisdiction,
    Moment,
    Number,
    OpenEnum,
    ProductUnit,
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
    """Why it failed (failed)."""

    def business_key(self) -> tuple[str, ...]:
        """Repair number and report kind: a workshop that reports twice has reported once."""
        return ("workshop", self.repair_no, self.kind)


class ScanKind(OpenEnum):
    """The steps logistics reports of a shipment."""

    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RECEIVED = "received"
    UNKNOWN = "unknown"


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
