"""Rights and remedies, published by warranty on `ciclo.warranty.v1`."""

from typing import ClassVar
from uuid import UUID

from ciclo_schemas.events import Event
from ciclo_schemas.routing import CompensationCause
from ciclo_schemas.values import (
    Code,
    Codes,
    Day,
    DecidedBy,
    Identifier,
    Moment,
    Money,
    Number,
    OpenEnum,
    Party,
    Policy,
    ProductUnit,
    Record,
    RemedyKind,
    TextRef,
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


class ServicePointOption(Record):
    """A workshop that may repair the unit."""

    service_point: Identifier
    """The workshop."""
    official: bool
    """Whether the maker authorised it (SAT oficial de marca, CAST); others are at the customer's own risk."""


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
    service_points: tuple[ServicePointOption, ...] = ()
    """Who may repair it out of guarantee, official ones first; the customer is free to take any other."""
    assessor: Party | None = None
    """The person, when assessed by hand."""
    text_ref: TextRef | None = None
    """That person's reason in words, in intake's vault."""


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
    supersedes: Number | None = None
    """The earlier remedy of this case that it takes the place of."""
    quote_no: Identifier | None = None
    """The accepted quote that a paid repair rests on."""


class ReplacementLost(RemedyEvent):
    """The parcel was lost on its way: another one is shipped under the same approval."""

    event_type: ClassVar[str] = "ciclo.replacement.lost.v1"
    shipment: Identifier
    """The carrier's number."""
    lost_at: Moment
    """When the carrier gave it up."""


class ReplacementWithdrawn(RemedyEvent):
    """An approved replacement is taken back before it was shipped."""

    event_type: ClassVar[str] = "ciclo.replacement.withdrawn.v1"
    reason: Code
    """Why: the customer cancelled, or chose another remedy."""


class RefundApproved(RemedyEvent):
    """The customer gets the price back, or part of it (resolución del contrato, rebaja del precio)."""

    event_type: ClassVar[str] = "ciclo.refund.approved.v1"
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
    partial: bool = False
    """A price reduction: the customer keeps the unit."""
    promised_by: Moment
    """Until when the money is promised."""
    supersedes: Number | None = None
    """The earlier remedy of this case that it takes the place of."""


class RefundPaid(RemedyEvent):
    """The money is on its way to the customer, as the ERP or staff report."""

    event_type: ClassVar[str] = "ciclo.refund.paid.v1"
    reference: Identifier
    """The number of the payment."""
    paid_at: Moment
    """When it was paid."""
    amount: Money | None = None
    """How much."""


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


class RepairRefused(RemedyEvent):
    """The workshop does not take the repair, with its reason; a person looks at it."""

    event_type: ClassVar[str] = "ciclo.repair.refused.v1"
    repair_no: Identifier
    """The repair."""
    refused_at: Moment
    """When the workshop refused."""
    reason: Code
    """Why."""


class RepairCancelled(RemedyEvent):
    """A repair is called off."""

    event_type: ClassVar[str] = "ciclo.repair.cancelled.v1"
    repair_no: Identifier
    """The repair."""
    reason: Code
    """Why: the customer cancelled, chose another remedy, or the workshop is overdue."""


class RepairRescheduled(RemedyEvent):
    """A repair gets another date; `waiting_for_part` names the part as what the case waits for."""

    event_type: ClassVar[str] = "ciclo.repair.rescheduled.v1"
    repair_no: Identifier
    """The repair."""
    was_due: Moment
    """The date before."""
    due: Moment
    """The date now."""
    reason: Code
    """Why."""


class QuoteEvent(WarrantyEvent):
    """A step of one quote (presupuesto) for a paid repair."""

    quote_no: Identifier
    """The quote."""


class QuoteRequested(QuoteEvent):
    """A workshop is asked what the repair would cost (RD 58/1988 art. 3)."""

    event_type: ClassVar[str] = "ciclo.quote.requested.v1"
    service_point: Identifier
    """The workshop."""
    product_unit: ProductUnit
    """The faulty unit."""
    assessment_no: Number
    """The assessment that says it is out of guarantee."""
    due: Moment
    """Until when the quote is due."""


class QuoteIssued(QuoteEvent):
    """The workshop's offer; the customer decides."""

    event_type: ClassVar[str] = "ciclo.quote.issued.v1"
    revision: Number
    """Counts the revisions of the quote."""
    service_point: Identifier
    """The workshop."""
    price: Money
    """What the repair costs, taxes included."""
    valid_until: Moment
    """Until when the offer stands."""
    work: Codes
    """What would be done."""


class QuoteAccepted(QuoteEvent):
    """The customer wants it carried out; repair.authorized follows."""

    event_type: ClassVar[str] = "ciclo.quote.accepted.v1"
    revision: Number
    """The revision that was accepted."""


class QuoteRefused(QuoteEvent):
    """There will be no repair under this quote."""

    event_type: ClassVar[str] = "ciclo.quote.refused.v1"
    reason: Code
    """Why: the customer refused it, or the workshop will not offer one."""


class QuoteExpired(QuoteEvent):
    """Nobody answered the quote in time."""

    event_type: ClassVar[str] = "ciclo.quote.expired.v1"
    valid_until: Moment
    """Until when the offer stood."""


class CannotCancel(Record):
    """What cannot be taken back, and why."""

    what: Code
    """The remedy or quote."""
    reason: Code
    """Why not: it is shipped, repaired, paid."""


class CancellationAssessed(WarrantyEvent):
    """What a cancellation takes back, and what it cannot; always answered, after any withdrawal."""

    event_type: ClassVar[str] = "ciclo.cancellation.assessed.v1"
    taken_back: Codes
    """What was taken back now."""
    cannot: tuple[CannotCancel, ...] = ()
    """What cannot be taken back."""


class CompensationEvent(WarrantyEvent):
    """The answer to a proposed compensation."""

    cause: CompensationCause
    """A broken promise or a complaint."""
    cause_no: Number
    """The number of that promise or complaint."""


class CompensationGranted(CompensationEvent):
    """The customer gets something for our fault; it never takes the place of what the law gives."""

    event_type: ClassVar[str] = "ciclo.compensation.granted.v1"
    amount: Money
    """How much, as credit with the seller."""
    policy: Policy
    """The dated rule that limits it."""
    reasons: Codes
    """Why, as codes."""


class CompensationDeclined(CompensationEvent):
    """No compensation, and why."""

    event_type: ClassVar[str] = "ciclo.compensation.declined.v1"
    reason: Code
    """Why not."""


class ContainmentEvent(WarrantyEvent):
    """A step of holding back a model or lot."""

    containment: Identifier
    """The containment."""


class ContainmentStarted(ContainmentEvent):
    """A model or lot is held back (contención); its open cases are told."""

    event_type: ClassVar[str] = "ciclo.containment.started.v1"
    model: Identifier
    """The maker's model."""
    lot: Identifier | None = None
    """The lot; every lot when absent."""
    cause: Code
    """What is wrong."""
    advice: Code
    """What customers should do, such as `stop_using`."""


class ContainmentNotified(ContainmentEvent):
    """A case concerned by a containment is told."""

    event_type: ClassVar[str] = "ciclo.containment.notified.v1"
    product_unit: ProductUnit
    """The unit of the case."""
    cause: Code
    """What is wrong."""
    advice: Code
    """What the customer should do."""


class ContainmentLifted(ContainmentEvent):
    """The model or lot is free again."""

    event_type: ClassVar[str] = "ciclo.containment.lifted.v1"
    reason: Code
    """Why."""
