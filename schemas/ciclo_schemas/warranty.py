"""Rights and remedies, published by warranty on `ciclo.warranty.v1`."""

from typing import ClassVar
from uuid import UUID

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Code,
    Codes,
    Day,
    DecidedBy,
    Identifier,
    Moment,
    Number,
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
    """The day the periods count from."""
    trial_until: Day | None = None
    """Last day of the trial period (periodo de prueba)."""
    guarantee_until: Day | None = None
    """Last day of the guarantee (garantía)."""


class Withheld(Record):
    """A remedy the law knows but does not give here, and why."""

    remedy: RemedyKind
    """The remedy."""
    reason: Code
    """Why it is not given."""


class CoverageAssessed(WarrantyEvent):
    """Which window the report falls into, by which rule, and what the customer may choose."""

    event_type: ClassVar[str] = "ciclo.coverage.assessed.v1"
    assessment_no: Number
    """Counts the assessments of the case; remedies and escalations name the one they rest on."""
    window: Window
    """The window; `unknown` when it cannot be determined now."""
    basis: Code
    """Which law or policy gives the window."""
    remedies_allowed: tuple[RemedyKind, ...]
    """What the customer may choose."""
    withheld: tuple[Withheld, ...] = ()
    """What the law knows but does not give here."""
    dates: CoverageDates
    """The periods."""
    policy: Policy | None = None
    """The dated rule; absent when none could be found."""
    reasons: Codes
    """Why, as codes."""
    missing: Codes = ()
    """What is needed to say more."""
    assessed_by: DecidedBy
    """Rules or an agent."""
    product_unit: ProductUnit | None = None
    """The unit, if it is known."""


class RemedyEvent(WarrantyEvent):
    """A step of one remedy of the case."""

    remedy_no: Number
    """Counts the remedies of the case."""


class ReplacementApproved(RemedyEvent):
    """A new unit for the customer (unidad nueva), without the workshop."""

    event_type: ClassVar[str] = "ciclo.replacement.approved.v1"
    product_unit: ProductUnit
    """The faulty unit."""
    defect_no: Number
    """The defect of that unit which the remedy puts right; one remedy in force per defect."""
    assessment_no: Number
    """The assessment that the remedy rests on."""
    window: Window
    """The window of that assessment."""
    policy: Policy
    """The dated rule."""
    reasons: Codes
    """Why, as codes."""
    promised_by: Moment
    """Until when the new unit is promised."""
    supersedes: Number | None = None
    """The earlier remedy of this case that it takes the place of."""


class ReplacementShipped(RemedyEvent):
    """The new unit is on its way."""

    event_type: ClassVar[str] = "ciclo.replacement.shipped.v1"
    shipment: Identifier
    """The carrier's number."""
    shipped_at: Moment
    """When it left."""


class ReplacementDelivered(RemedyEvent):
    """The new unit is with the customer."""

    event_type: ClassVar[str] = "ciclo.replacement.delivered.v1"
    shipment: Identifier
    """The carrier's number."""
    delivered_at: Moment
    """When the customer got it."""


class RepairAuthorized(RemedyEvent):
    """A workshop (SAT, or CAST when the maker authorised it) may repair the unit."""

    event_type: ClassVar[str] = "ciclo.repair.authorized.v1"
    repair_no: Identifier
    """The number the workshop reports under."""
    product_unit: ProductUnit
    """The faulty unit."""
    defect_no: Number
    """The defect of that unit which the remedy puts right; one remedy in force per defect."""
    assessment_no: Number
    """The assessment that the remedy rests on."""
    service_point: Identifier
    """The workshop."""
    due: Moment
    """Until when the repair is due."""
    paid: bool
    """Whether the customer pays (out of guarantee)."""
    policy: Policy
    """The dated rule."""
    reasons: Codes
    """Why, as codes."""


class Place(OpenEnum):
    """Where the faulty unit was handed over."""

    WORKSHOP = "workshop"
    WAREHOUSE = "warehouse"
    UNKNOWN = "unknown"


class ItemReceived(RemedyEvent):
    """The faulty unit arrived; at a workshop this suspends the guarantee's clock."""

    event_type: ClassVar[str] = "ciclo.item.received.v1"
    at: Place
    """Where it arrived."""
    received_at: Moment
    """When it arrived."""
    repair_no: Identifier | None = None
    """The repair, when it arrived at a workshop."""


class ItemReturned(RemedyEvent):
    """The unit was given back to the customer; the guarantee's clock runs again."""

    event_type: ClassVar[str] = "ciclo.item.returned.v1"
    repair_no: Identifier
    """The repair."""
    returned_at: Moment
    """When the customer got it back."""


class RepairCompleted(RemedyEvent):
    """The workshop repaired the unit; the repair guarantee starts."""

    event_type: ClassVar[str] = "ciclo.repair.completed.v1"
    repair_no: Identifier
    """The repair."""
    completed_at: Moment
    """When the workshop finished."""
    work: Codes
    """What was done."""
    repair_guarantee_until: Day
    """Last day of the guarantee on this repair."""


class RepairFailed(RemedyEvent):
    """The workshop could not repair the unit."""

    event_type: ClassVar[str] = "ciclo.repair.failed.v1"
    repair_no: Identifier
    """The repair."""
    failed_at: Moment
    """When the workshop gave up."""
    reason: Code
    """Why."""


class RemedyAlreadyInForce(WarrantyEvent):
    """A decision was blocked because the same defect already has a remedy."""

    event_type: ClassVar[str] = "ciclo.remedy.already_in_force.v1"
    product_unit: ProductUnit
    """The faulty unit."""
    defect_no: Number
    """Its defect."""
    case: UUID
    """The case that bears the remedy in force."""
    remedy_no: Number
    """That remedy."""
