"""What the house gives for its own faults, as data: the shape of the files in `packs/service-credit/`."""

from typing import Self

from pydantic import Field, model_validator

from ciclo_schemas.routing import CompensationCause
from ciclo_schemas.values import Jurisdiction, Money
from services.warranty.domain.packs import Dated, PackModel, Text


class CreditLimits(PackModel):
    """What is given for one kind of cause, in the smallest unit of the currency: usually, and at most."""

    standard_minor: int = Field(ge=1, le=1_000_000)
    most_minor: int = Field(ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.standard_minor > self.most_minor:
            raise ValueError("standard_minor is above most_minor")
        return self


class ServiceCreditPack(Dated):
    """What the house gives for its own faults, as credit: for a broken promise, for a justified complaint.

    The country of the case and the day of the decision choose it. `case_total_minor` limits a whole case.
    """

    jurisdictions: tuple[Jurisdiction, ...] = Field(min_length=1)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    promise: CreditLimits
    complaint: CreditLimits
    case_total_minor: int = Field(ge=1, le=10_000_000)
    article: Text

    def limits(self, cause: CompensationCause) -> CreditLimits:
        """The limits for one kind of cause."""
        return self.promise if cause is CompensationCause.PROMISE else self.complaint

    def standard(self, cause: CompensationCause) -> Money:
        """What is given where nobody proposed an amount."""
        return Money(amount_minor=self.limits(cause).standard_minor, currency=self.currency)

    def overlaps(self, other: "ServiceCreditPack") -> bool:
        """Whether both would govern the same case."""
        return not set(self.jurisdictions).isdisjoint(other.jurisdictions) and self.valid_with(other)
