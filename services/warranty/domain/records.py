"""The rows that decisions rest on: units with their purchase, remedies, service points."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


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
class UnsettledCase:
    """A case whose coverage is unknown: it is assessed again when its unit is registered."""

    case_id: UUID
    product_unit: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """A replacement or a repair (`kind`) of one case, and how far it got.

    In force from its decision until it failed or, for a repair, was completed. A replacement stays in force:
    the unit that it replaced has no further claim of its own.
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
    decided_at: datetime
    due: datetime
    supersedes: int | None = None
    repair_no: str | None = None
    service_point: str | None = None
    received_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    returned_at: datetime | None = None
    repair_guarantee_until: date | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


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
        return (
            self.official
            and self.active
            and self.open_repairs < self.capacity
            and unit.brand in json.loads(self.brands)
            and unit.jurisdiction in json.loads(self.jurisdictions)
        )
