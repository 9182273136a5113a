"""The rows that decisions rest on: units with their purchase, remedies, quotes, service points, stock."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from ciclo_schemas.values import RemedyKind


@dataclass(frozen=True, slots=True)
class Unit:
    """A product unit and its sale, as the seller registered it. Decisions about one unit wait for its row."""

    product_unit: str
    revision: int
    model: str
    brand: str
    seller: str
    jurisdiction: str
    buyer: str
    customer_ref: str | None
    purchase_ref: str | None
    purchased_on: date
    delivered_on: date | None
    lot: str | None = None

    def belongs_to(self, customer_ref: str, purchase_ref: str | None) -> bool:
        """Whether it was sold to this customer, or under the purchase that the customer names."""
        return customer_ref == self.customer_ref or (
            purchase_ref is not None and purchase_ref == self.purchase_ref
        )


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """What was assessed, and when: `body` is the published assessment as JSON."""

    case_id: UUID
    assessment_no: int
    assessed_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is not known to have ended, and the unit it names: news about the unit reach it."""

    case_id: UUID
    product_unit: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """A replacement, repair, refund or price reduction (`kind`) of one case, and how far it got.

    In force from its decision until it failed or was called off (withdrawn, refused by the workshop) or, for
    a repair, was completed. A replacement and a refund stay in force: the unit that was replaced or paid back
    has no further claim of its own. `quote_no`: a repair that the customer pays, or one that the guarantee of
    a paid repair gives. `lost_at`: the parcel
    `shipment` was given up by its carrier, and no other is on its way yet. `refused_for`: the reason for
    which the workshop did not take the repair.
    """

    case_id: UUID
    remedy_no: int
    product_unit: str
    defect_no: int
    symptom_code: str | None
    kind: str
    in_force: bool
    assessment_no: int
    coverage: str
    policy_id: str
    policy_version: str
    reported_at: datetime
    decided_at: datetime
    due: datetime
    supersedes: int | None = None
    repair_no: str | None = None
    service_point: str | None = None
    quote_no: str | None = None
    received_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    returned_at: datetime | None = None
    repair_guarantee_until: date | None = None
    shipment: str | None = None
    shipped_at: datetime | None = None
    lost_at: datetime | None = None
    delivered_at: datetime | None = None
    payment: str | None = None
    paid_at: datetime | None = None
    called_off_at: datetime | None = None
    refused_for: str | None = None

    @property
    def free_repair_tried(self) -> bool:
        """Whether it is a repair that the customer did not pay, and that was done, failed or came too late.

        Called off after its date, it was not done in time (RDL 1/2007 arts. 118.4 and 119; CRA s. 24(5)(c)).
        """
        late = self.refused_for is None and self.called_off_at is not None and self.called_off_at > self.due
        over = self.completed_at is not None or self.failed_at is not None or late
        return self.kind == RemedyKind.REPAIR and self.quote_no is None and over

    @property
    def ends_all_claims(self) -> bool:
        """Whether the unit has no other defect to put right while this remedy is in force."""
        return self.kind in {RemedyKind.REPLACEMENT, RemedyKind.REFUND}

    @property
    def left_the_house(self) -> bool:
        """Whether a new unit is on its way to the customer, or with him."""
        return self.delivered_at is not None or (self.shipped_at is not None and self.lost_at is None)


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote (presupuesto) for a paid repair, and how far it got.

    `revision` is 0 until the workshop offers something; then the offer's price is in the smallest unit of its
    currency, `work` is a JSON list of codes.
    """

    quote_no: str
    case_id: UUID
    product_unit: str
    symptom_code: str | None
    service_point: str
    assessment_no: int
    policy_id: str
    policy_version: str
    status: str
    due: datetime
    revision: int = 0
    price_minor: int | None = None
    currency: str | None = None
    valid_until: datetime | None = None
    work: str = "[]"


@dataclass(frozen=True, slots=True)
class Compensation:
    """What was granted for one fault of the house (`cause`, `cause_no`), in the currency's smallest unit."""

    case_id: UUID
    cause: str
    cause_no: int
    amount_minor: int
    currency: str
    policy_id: str
    policy_version: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Containment:
    """A model, or one lot of it, that is held back while `active`; what is wrong, and what to do."""

    id: str
    model: str
    lot: str | None
    cause: str
    advice: str
    active: bool
    started_at: datetime
    lifted_at: datetime | None = None
    lift_reason: str | None = None

    def holds_back(self, unit: Unit) -> bool:
        """Whether it concerns this unit now."""
        return self.active and self.model == unit.model and self.lot in {None, unit.lot}

    def says_the_same_as(self, other: "Containment") -> bool:
        """Whether both hold the same back, for the same cause and with the same advice."""
        return self == replace(other, active=self.active, started_at=self.started_at)

    def lifted(self, now: datetime, reason: str) -> "Containment":
        """The same, over."""
        return replace(self, active=False, lifted_at=now, lift_reason=reason)


@dataclass(frozen=True, slots=True)
class Stock:
    """How many new units of a model are at hand (None: not known), and when more are expected."""

    model: str
    available: int | None
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class ServicePoint:
    """A workshop. `official`: the maker authorised it (SAT oficial de marca, CAST; RD 58/1988 art. 2).

    `brands` and `jurisdictions` are JSON lists; `capacity` is how many repairs may be open there at once.
    """

    id: str
    official: bool
    active: bool
    brands: str
    jurisdictions: str
    capacity: int
    open_repairs: int

    def takes(self, unit: Unit) -> bool:
        """Whether it may repair this unit under guarantee now."""
        return self.official and self.active and self.open_repairs < self.capacity and _serves(self, unit)


@dataclass(frozen=True, slots=True)
class ListedPoint:
    """What is told to everybody of a service point: read without waiting for those who send repairs there."""

    id: str
    official: bool
    active: bool
    brands: str
    jurisdictions: str

    def serves(self, unit: Unit) -> bool:
        """Whether it repairs units of this brand in this country."""
        return _serves(self, unit)


def _serves(point: ServicePoint | ListedPoint, unit: Unit) -> bool:
    return unit.brand in json.loads(point.brands) and unit.jurisdiction in json.loads(point.jurisdictions)
