"""Rights and remedies, published by warranty on `ciclo.warranty.v1`."""

from typing import ClassVar
from uuid import UUID

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Code,
    Day,
    DecidedBy,
    Identifier,
    Moment,
    OpenEnum,
    Policy,
    ProductUnit,
    Record,
    RemedyKind,
    Window,
)

TOPIC = "ciclo.warranty.v1"


class WarrantyEvent(Event):
    """Something that happened to the rights or the remedies of a case."""

    topic: ClassVar[str] = TOPIC


class CoverageDates(Record):
    """Last days, included, in the customer's calendar; empty where not determinable or not applicable."""

    clock_start: Day | None = None
    trial_until: Day | None = None
    guarantee_until: Day | None = None


class Withheld(Record):
    """A remedy the law knows but does not give here, and why."""

    remedy: RemedyKind
    reason: Code


class CoverageAssessed(WarrantyEvent):
    """Which window the report falls into, by which rule, and what the customer may choose."""

    event_type: ClassVar[str] = "ciclo.coverage.assessed.v1"
    assessment_no: int
    window: Window
    basis: Code
    remedies_allowed: tuple[RemedyKind, ...]
    withheld: tuple[Withheld, ...] = ()
    dates: CoverageDates
    policy: Policy | None = None
    reasons: tuple[Code, ...]
    missing: tuple[Code, ...] = ()
    assessed_by: DecidedBy
    product_unit: ProductUnit | None = None


class RemedyEvent(WarrantyEvent):
    """A step of one remedy of the case."""

    remedy_no: int


class ReplacementApproved(RemedyEvent):
    """A new unit for the customer (unidad nueva), without the workshop."""

    event_type: ClassVar[str] = "ciclo.replacement.approved.v1"
    product_unit: ProductUnit
    defect_no: int
    assessment_no: int
    window: Window
    policy: Policy
    reasons: tuple[Code, ...]
    promised_by: Moment
    supersedes: int | None = None


class ReplacementShipped(RemedyEvent):
    """The new unit is on its way."""

    event_type: ClassVar[str] = "ciclo.replacement.shipped.v1"
    shipment: Identifier
    shipped_at: Moment


class ReplacementDelivered(RemedyEvent):
    """The new unit is with the customer."""

    event_type: ClassVar[str] = "ciclo.replacement.delivered.v1"
    shipment: Identifier
    delivered_at: Moment


class RepairAuthorized(RemedyEvent):
    """A workshop (SAT, or CAST when the maker authorised it) may repair the unit."""

    event_type: ClassVar[str] = "ciclo.repair.authorized.v1"
    repair_no: Identifier
    product_unit: ProductUnit
    defect_no: int
    assessment_no: int
    service_point: Identifier
    due: Moment
    paid: bool
    policy: Policy
    reasons: tuple[Code, ...]


class Place(OpenEnum):
    """Where the faulty unit was handed over."""

    WORKSHOP = "workshop"
    WAREHOUSE = "warehouse"
    UNKNOWN = "unknown"


class ItemReceived(RemedyEvent):
    """The faulty unit arrived; at a workshop this suspends the guarantee's clock."""

    event_type: ClassVar[str] = "ciclo.item.received.v1"
    at: Place
    received_at: Moment
    repair_no: Identifier | None = None


class ItemReturned(RemedyEvent):
    """The unit was given back to the customer; the guarantee's clock runs again."""

    event_type: ClassVar[str] = "ciclo.item.returned.v1"
    repair_no: Identifier
    returned_at: Moment


class RepairCompleted(RemedyEvent):
    """The workshop repaired the unit; the repair guarantee starts."""

    event_type: ClassVar[str] = "ciclo.repair.completed.v1"
    repair_no: Identifier
    completed_at: Moment
    work: tuple[Code, ...]
    repair_guarantee_until: Day


class RepairFailed(RemedyEvent):
    """The workshop could not repair the unit."""

    event_type: ClassVar[str] = "ciclo.repair.failed.v1"
    repair_no: Identifier
    failed_at: Moment
    reason: Code


class RemedyAlreadyInForce(WarrantyEvent):
    """A decision was blocked because the same defect already has a remedy."""

    event_type: ClassVar[str] = "ciclo.remedy.already_in_force.v1"
    product_unit: ProductUnit
    defect_no: int
    case: UUID
    remedy_no: int
