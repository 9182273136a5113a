"""What other systems publish for Ciclo, and what Ciclo answers when it refuses.

Inbound records carry no sequence: each has a business key that makes it unique for ever.
"""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import Buyer, Code, Day, Identifier, Jurisdiction, Moment, OpenEnum, ProductUnit


class InboundEvent(Event):
    """A request or report of another system."""

    publisher: Identifier

    def business_key(self) -> tuple[str, ...]:
        """What makes this record unique for ever."""
        raise NotImplementedError


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
    repair_no: Identifier
    kind: WorkshopReportKind
    happened_at: Moment
    work: tuple[Code, ...] = ()
    reason: Code | None = None

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
    remedy_no: int
    shipment: Identifier
    kind: ScanKind
    happened_at: Moment

    def business_key(self) -> tuple[str, ...]:
        """Publisher, shipment and scan kind."""
        return ("logistics", self.publisher, self.shipment, self.kind)


class ProductRegistered(InboundEvent):
    """A product unit that was sold: to whom, when delivered, under which policy."""

    event_type: ClassVar[str] = "ciclo.product.registered.v1"
    topic: ClassVar[str] = "ciclo.inbound.products.v1"
    product_unit: ProductUnit
    revision: int = Field(ge=1)
    model: Identifier
    brand: Identifier
    seller: Identifier
    jurisdiction: Jurisdiction
    buyer: Buyer
    customer_ref: str | None = Field(default=None, pattern=r"^cus_[0-9a-f]{32}$")
    purchase_ref: Identifier | None = None
    purchased_on: Day
    delivered_on: Day | None = None

    def business_key(self) -> tuple[str, ...]:
        """Publisher, unit and revision."""
        return ("product", self.publisher, self.product_unit, str(self.revision))


class InputRejected(Event):
    """What an outside publisher sent was refused: its id, a code and the field's location, never the value."""

    event_type: ClassVar[str] = "ciclo.input.rejected.v1"
    topic: ClassVar[str] = "ciclo.rejections.v1"
    input_id: str = Field(max_length=128)
    input_type: str = Field(max_length=128)
    source_topic: str = Field(max_length=128)
    code: Code
    locations: tuple[str, ...] = ()
