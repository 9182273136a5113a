"""What a law or a seller's policy says, as data: the shape of the files in `packs/`.

The engine takes any pack of this shape. A pack is dated (`valid_from`, `valid_to`, included) and names its
source, its articles and the day on which somebody last compared it with the source.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ciclo_schemas.values import Buyer, Code, Identifier, Jurisdiction, Policy, RemedyKind, known_of
from services.warranty.domain.records import Unit


def _known(value: StrEnum) -> StrEnum:
    if value == "unknown":
        raise ValueError("not one of the values that Ciclo knows")
    return value


KnownRemedy = Annotated[RemedyKind, AfterValidator(_known)]
KnownBuyer = Annotated[Buyer, AfterValidator(_known), known_of(Buyer)]
Remedies = Annotated[tuple[KnownRemedy, ...], Field(min_length=1)]
Text = Annotated[str, Field(min_length=3, max_length=2000)]


class PackModel(BaseModel):
    """A part of a pack: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClockStart(StrEnum):
    """The day from which the periods of a pack are counted."""

    DELIVERY = "delivery"
    PURCHASE = "purchase"


class Suspension(StrEnum):
    """How long a repair stops the guarantee's clock, always until the unit is given back."""

    NONE = "none"
    AT_WORKSHOP = "at_workshop"
    """From handing over (RDL 1/2007 art. 122.2)."""
    SINCE_REPORT = "since_report"
    """From the report, if the unit was then handed over (DL 84/2021 art. 12.4)."""


class TrialRule(PackModel):
    """A period after the sale in which a defect is put right at once, without the workshop.

    `days` begin on the day after the clock's start. `basis` says whether a statute or the seller gives it.
    `exercised_in_time`: a refund must be asked for within the days, not only the defect be reported.
    """

    basis: Code
    days: int = Field(ge=1, le=366)
    remedies: Remedies
    exercised_in_time: bool = False
    article: Text


class DefaultChoice(PackModel):
    """What is done for a customer who chose nothing within so many days of the offer.

    Only for policies that say so: the laws that we know leave the choice to the consumer. It comes before
    anybody else's deadline for the choice (14 days).
    """

    remedy: Literal[RemedyKind.REPAIR, RemedyKind.REPLACEMENT]
    after_days: int = Field(ge=1, le=13)
    article: Text


class GuaranteeRule(PackModel):
    """The period in which the seller answers for defects, and the remedies that the customer may choose.

    `after_repair` are the remedies that come on top once a repair was tried. `presumption_months`: so long
    the seller must prove that a defect was not there from the beginning; `presumption_suspended`: a repair
    stops that clock, too.
    """

    basis: Code
    months: int = Field(ge=1, le=240)
    presumption_months: int = Field(ge=0, le=240)
    suspension: Suspension
    presumption_suspended: bool = False
    remedies: Remedies
    after_repair: tuple[KnownRemedy, ...] = ()
    default_choice: DefaultChoice | None = None
    article: Text


class RepairRule(PackModel):
    """How many days a repair may take, and for how many months the repair itself is guaranteed.

    Each completed repair, up to `extra_times` of them, makes the guarantee of the unit `extra_months` longer.
    """

    days: int = Field(15, ge=1, le=90)
    guarantee_months: int = Field(ge=0, le=60)
    extra_months: int = Field(0, ge=0, le=24)
    extra_times: int = Field(0, ge=0, le=10)
    article: Text


class Dated(PackModel):
    """What every pack has: its name, its days, its source."""

    id: Identifier
    version: Identifier
    title: Text
    valid_from: date
    valid_to: date | None = None
    source: Text
    verified_on: date
    note: Text | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    @property
    def policy(self) -> Policy:
        """How decisions name this pack."""
        return Policy(id=self.id, version=self.version)

    def valid_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def valid_with(self, other: "Dated") -> bool:
        """Whether both are in force on some day."""
        return self.valid_from <= (other.valid_to or date.max) and other.valid_from <= (
            self.valid_to or date.max
        )


class Pack(Dated):
    """One version of one law or policy about a sale; the day of the contract decides whether it applies.

    A law names `jurisdictions` and no `sellers`; a seller's policy names the sellers that subscribed to it
    and, if it holds in some places only, `jurisdictions`.
    """

    jurisdictions: tuple[Jurisdiction, ...] = ()
    sellers: tuple[Identifier, ...] = ()
    buyers: tuple[KnownBuyer, ...] = Field(min_length=1)
    clock_start: ClockStart
    trial: TrialRule | None = None
    guarantee: GuaranteeRule | None = None
    repair: RepairRule | None = None
    replacement_days: int = Field(5, ge=1, le=60, description="a replacement is promised within so many days")
    refund_days: int = Field(14, ge=1, le=60, description="a refund is promised within so many days")

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
        default = None if self.guarantee is None else self.guarantee.default_choice
        if default is not None and default.remedy not in offered:
            raise ValueError("guarantee.default_choice.remedy is not among the remedies offered")
        return self

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
            and self.valid_on(unit.purchased_on)
        )

    def overlaps(self, other: "Pack") -> bool:
        """Whether two laws would govern the same sale."""
        return (
            self.is_law
            and other.is_law
            and not set(self.jurisdictions).isdisjoint(other.jurisdictions)
            and not set(self.buyers).isdisjoint(other.buyers)
            and self.valid_with(other)
        )

    def days_for(self, kind: RemedyKind) -> int:
        """Within how many days a remedy is promised."""
        if kind is RemedyKind.REPAIR and self.repair is not None:
            return self.repair.days
        return self.replacement_days if kind is RemedyKind.REPLACEMENT else self.refund_days


class PaidRepairPack(Dated):
    """The terms of quotes and of repairs that the customer pays (presupuesto, reparación de pago).

    The day of the request decides whether it applies. Without `jurisdictions` it holds where no other does.
    """

    jurisdictions: tuple[Jurisdiction, ...] = ()
    quote_working_days: int = Field(5, ge=1, le=30, description="the workshop quotes within so many days")
    quote_valid_days: int = Field(30, ge=1, le=90, description="a quote stands for so many days at least")
    repair_days: int = Field(15, ge=1, le=90)
    guarantee_months: int = Field(ge=0, le=60, description="so long the paid repair itself is guaranteed")
    article: Text

    def overlaps(self, other: "PaidRepairPack") -> bool:
        """Whether both would govern the same quote."""
        same_place = not set(self.jurisdictions).isdisjoint(other.jurisdictions)
        return (same_place or self.jurisdictions == other.jurisdictions) and self.valid_with(other)

    def days_for(self, _kind: RemedyKind) -> int:
        """Within how many days a repair is promised."""
        return self.repair_days


class HandPack(Dated):
    """The terms of what a person decides where no law or policy that is known governs the sale."""

    repair: RepairRule
    replacement_days: int = Field(5, ge=1, le=60)
    refund_days: int = Field(14, ge=1, le=60)
    article: Text

    def days_for(self, kind: RemedyKind) -> int:
        """Within how many days a remedy is promised."""
        if kind is RemedyKind.REPAIR:
            return self.repair.days
        return self.replacement_days if kind is RemedyKind.REPLACEMENT else self.refund_days


Terms = Pack | PaidRepairPack | HandPack
"""What a remedy rests on."""
