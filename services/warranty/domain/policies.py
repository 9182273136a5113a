"""What a law or a seller's policy says, as data: the shape of the files in `packs/`.

The engine takes any pack of this shape. A pack is dated by contract (`valid_from`, `valid_to`, included) and
names its source, its articles and the day on which somebody last compared it with the source.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ciclo_schemas.values import Buyer, Code, Identifier, Jurisdiction, Policy, RemedyKind
from services.warranty.domain.calendar import Calendars
from services.warranty.domain.records import Unit


def _known(value: StrEnum) -> StrEnum:
    if value == "unknown":
        raise ValueError("not one of the values that Ciclo knows")
    return value


KnownRemedy = Annotated[RemedyKind, AfterValidator(_known)]
KnownBuyer = Annotated[Buyer, AfterValidator(_known)]
Remedies = Annotated[tuple[KnownRemedy, ...], Field(min_length=1)]
Text = Annotated[str, Field(min_length=3, max_length=2000)]


class PackModel(BaseModel):
    """A part of a pack: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClockStart(StrEnum):
    """The day from which the periods of a pack are counted."""

    DELIVERY = "delivery"
    PURCHASE = "purchase"


class TrialRule(PackModel):
    """A period after the sale in which a defect is put right at once, without the workshop.

    `days` begin on the day after the clock's start. `basis` says whether a statute or the seller gives it.
    """

    basis: Code
    days: int = Field(ge=1, le=366)
    remedies: Remedies
    article: Text


class GuaranteeRule(PackModel):
    """The period in which the seller answers for defects, and the remedies that the customer may choose.

    `after_repair` are the remedies that come on top once a repair was tried. `presumption_months`: so long
    the seller must prove that a defect was not there from the beginning.
    """

    basis: Code
    months: int = Field(ge=1, le=240)
    presumption_months: int = Field(ge=0, le=240)
    suspended_by_repair: bool
    remedies: Remedies
    after_repair: tuple[KnownRemedy, ...] = ()
    article: Text


class RepairRule(PackModel):
    """How long a workshop may take, in days, and for how many months the repair itself is guaranteed."""

    days: int = Field(15, ge=1, le=90)
    guarantee_months: int = Field(ge=0, le=60)
    article: Text


class Pack(PackModel):
    """One version of one law or policy.

    A law names `jurisdictions` and no `sellers`; a seller's policy names the sellers that subscribed to it
    and, if it holds in some places only, `jurisdictions`.
    """

    id: Identifier
    version: Identifier
    title: Text
    jurisdictions: tuple[Jurisdiction, ...] = ()
    sellers: tuple[Identifier, ...] = ()
    buyers: tuple[KnownBuyer, ...] = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    clock_start: ClockStart
    trial: TrialRule | None = None
    guarantee: GuaranteeRule | None = None
    repair: RepairRule | None = None
    replacement_days: int = Field(5, ge=1, le=60, description="a replacement is promised within so many days")
    source: Text
    verified_on: date
    note: Text | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.jurisdictions and not self.sellers:
            raise ValueError("names neither jurisdictions (a law) nor sellers (a seller's policy)")
        if self.trial is None and self.guarantee is None:
            raise ValueError("gives neither a trial nor a guarantee")
        offered = () if self.guarantee is None else self.guarantee.remedies + self.guarantee.after_repair
        if RemedyKind.REPAIR in offered and self.repair is None:
            raise ValueError("offers repair but has no `repair` rule")
        if self.trial is not None and RemedyKind.REPAIR in self.trial.remedies:
            raise ValueError("trial.remedies holds repair: in a trial nothing goes to the workshop")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    @property
    def policy(self) -> Policy:
        """How decisions name this pack."""
        return Policy(id=self.id, version=self.version)

    @property
    def is_law(self) -> bool:
        """Whether it is a law, not a seller's policy."""
        return not self.sellers

    def applies_to(self, unit: Unit) -> bool:
        """Whether it governs the sale of this unit: place, seller, kind of buyer and day of the contract."""
        return (
            (not self.jurisdictions or unit.jurisdiction in self.jurisdictions)
            and (not self.sellers or unit.seller in self.sellers)
            and unit.buyer in self.buyers
            and self.valid_from <= unit.purchased_on
            and (self.valid_to is None or unit.purchased_on <= self.valid_to)
        )

    def overlaps(self, other: "Pack") -> bool:
        """Whether two laws would govern the same sale."""
        return (
            self.is_law
            and other.is_law
            and not set(self.jurisdictions).isdisjoint(other.jurisdictions)
            and not set(self.buyers).isdisjoint(other.buyers)
            and self.valid_from <= (other.valid_to or date.max)
            and other.valid_from <= (self.valid_to or date.max)
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """Every pack, laws first, and the calendars in which their days are counted.

    Raises ValueError when two laws would govern the same sale, or a version is given twice.
    """

    packs: tuple[Pack, ...]
    calendars: Calendars

    def __post_init__(self) -> None:
        for one, other in combinations(self.packs, 2):
            if one.policy == other.policy:
                raise ValueError(f"{one.id} {one.version} is given twice")
            if one.overlaps(other):
                raise ValueError(
                    f"{one.id} {one.version} and {other.id} {other.version} govern the same sales"
                )

    def governing(self, unit: Unit) -> tuple[Pack, ...]:
        """The law and the seller's policies that govern the sale of a unit, the law first."""
        return tuple(
            sorted((p for p in self.packs if p.applies_to(unit)), key=lambda p: (not p.is_law, p.id))
        )

    def named(self, policy_id: str, version: str) -> Pack:
        """The pack that an earlier decision named. Raises LookupError when it was taken away."""
        for pack in self.packs:
            if (pack.id, pack.version) == (policy_id, version):
                return pack
        raise LookupError(f"policy {policy_id} {version} is not among the packs; decisions rest on it")
