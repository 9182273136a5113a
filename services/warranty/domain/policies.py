"""Every law and policy that decides, and which of them governs a sale or a paid repair."""

from dataclasses import dataclass
from datetime import date
from itertools import combinations

from ciclo_schemas.values import Window
from services.warranty.domain.calendar import Calendars
from services.warranty.domain.credits import ServiceCreditPack
from services.warranty.domain.packs import HandPack, Pack, PaidRepairPack, Terms
from services.warranty.domain.records import Unit


@dataclass(frozen=True, slots=True)
class Policies:
    """Every pack, and the calendars in which their days are counted.

    Raises ValueError when two laws would govern the same sale, or a version is given twice.
    """

    packs: tuple[Pack, ...]
    calendars: Calendars
    paid_repairs: tuple[PaidRepairPack, ...] = ()
    service_credits: tuple[ServiceCreditPack, ...] = ()
    hand_packs: tuple[HandPack, ...] = ()

    def __post_init__(self) -> None:
        every = (*self.packs, *self.paid_repairs, *self.service_credits, *self.hand_packs)
        for named, another in combinations(every, 2):
            if named.policy == another.policy:
                raise ValueError(f"{named.id} {named.version} is given twice")
        for one, other in combinations(self.packs, 2):
            if one.overlaps(other):
                raise ValueError(
                    f"{one.id} {one.version} and {other.id} {other.version} govern the same sales"
                )
        for paid, other_paid in combinations(self.paid_repairs, 2):
            if paid.overlaps(other_paid):
                raise ValueError(f"{paid.id} and {other_paid.id} govern the same paid repairs")
        for credit, other_credit in combinations(self.service_credits, 2):
            if credit.overlaps(other_credit):
                raise ValueError(f"{credit.id} and {other_credit.id} govern the same compensations")

    def governing(self, unit: Unit) -> tuple[Pack, ...]:
        """The law and the seller's policies that govern the sale of a unit, the law first."""
        return tuple(
            sorted((p for p in self.packs if p.applies_to(unit)), key=lambda p: (not p.is_law, p.id))
        )

    def paid_repair(self, jurisdiction: str, day: date) -> PaidRepairPack | None:
        """The terms of a paid repair that is asked for on this day: of the country, else of the house."""
        valid = [pack for pack in self.paid_repairs if pack.valid_on(day)]
        of_country = [pack for pack in valid if jurisdiction in pack.jurisdictions]
        of_house = [pack for pack in valid if not pack.jurisdictions]
        return next(iter(of_country + of_house), None)

    def service_credit(self, jurisdiction: str, day: date) -> ServiceCreditPack | None:
        """What the house gives for its own faults in a country on this day; None where it says nothing."""
        valid = (pack for pack in self.service_credits if pack.valid_on(day))
        return next((pack for pack in valid if jurisdiction in pack.jurisdictions), None)

    def by_hand(self, unit: Unit, window: Window, day: date) -> Terms | None:
        """What a person's assessment rests on: what governs the sale and knows the window, else the house's.

        None when the house has no such terms on that day.
        """
        governing = self.governing(unit)
        if window is Window.TRIAL:
            governing = tuple(pack for pack in governing if pack.trial is not None)
        else:
            governing = tuple(pack for pack in governing if pack.guarantee is not None)
        terms: tuple[Terms, ...] = (*governing, *(pack for pack in self.hand_packs if pack.valid_on(day)))
        return next(iter(terms), None)

    def named(self, policy_id: str, version: str) -> Terms:
        """The pack that an earlier decision named. Raises LookupError when it was taken away."""
        packs: tuple[Terms, ...] = (*self.packs, *self.paid_repairs, *self.hand_packs)
        for pack in packs:
            if (pack.id, pack.version) == (policy_id, version):
                return pack
        raise LookupError(f"policy {policy_id} {version} is not among the packs; decisions rest on it")
