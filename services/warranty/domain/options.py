"""What can be had here and now beside what the rules give: new units at hand, workshops out of guarantee."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ciclo_schemas.values import RemedyKind, Window
from services.chassis.decider import Facts
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import ListedPoint, Quote, Stock, Unit
from services.warranty.domain.rights import Assessment

MOST_POINTS = 20
"""So many workshops are named to a customer at most."""

WITHOUT_STOCK = timedelta(days=30)
"""When nobody knows when new units come, one can leave by then (DL 84/2021 art. 18.3, for all)."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """No new unit of the model is at hand; more are expected on a day, or nobody knows when."""

    stock: Stock

    def over_at(self, policies: Policies, unit: Unit, now: datetime) -> datetime:
        """When the next unit can leave."""
        if self.stock.expected_on is None:
            return now + WITHOUT_STOCK
        return max(policies.calendars.end_of(self.stock.expected_on, unit.jurisdiction), now)


def shortage_of(unit: Unit | None, facts: Facts) -> Shortage | None:
    """The shortage of this unit's model, if there is one.

    Only what is out of stock is looked up, so one question serves all models of a batch.
    """
    out_of_stock = () if unit is None else facts.find(Stock, available=0)
    return next((Shortage(s) for s in out_of_stock if unit is not None and s.model == unit.model), None)


def with_shortage(assessment: Assessment, shortage: Shortage | None) -> Assessment:
    """The assessment told with the shortage, if a new unit is among what it allows.

    In a trial, where goods are due at once, the customer need not wait: the refund becomes open to him.
    """
    if shortage is None or RemedyKind.REPLACEMENT not in assessment.remedies_allowed:
        return assessment
    assessment = assessment.because("no_stock")
    if assessment.window is Window.TRIAL and RemedyKind.REFUND not in assessment.remedies_allowed:
        return assessment.offering(RemedyKind.REFUND)
    return assessment


def with_workshops(assessment: Assessment, workshops: Iterable[ListedPoint]) -> Assessment:
    """Out of guarantee: who may repair the unit, official workshops first, and that a quote may be asked for.

    The customer is free to take any other workshop. Which of them are official is disclosed, as only those
    have the maker's authorisation (RD 58/1988 art. 1.2.3).
    """
    points = tuple((point.id, point.official) for point in workshops)[:MOST_POINTS]
    if not points:
        return assessment.without(RemedyKind.QUOTE, "no_service_point")
    return assessment.offering(RemedyKind.QUOTE).model_copy(update={"service_points": points})


def workshops_for(unit: Unit, points: Iterable[ListedPoint]) -> list[ListedPoint]:
    """The workshops that repair units of this brand in this country: official ones first, then by id."""
    return sorted((p for p in points if p.serves(unit)), key=lambda p: (not p.official, p.id))


def ready_to_quote(workshops: Iterable[ListedPoint], quotes: Iterable[Quote]) -> list[ListedPoint]:
    """The workshops that did not leave this case without a quote before."""
    silent = {quote.service_point for quote in quotes if quote.status == "not_given"}
    return [point for point in workshops if point.id not in silent]
