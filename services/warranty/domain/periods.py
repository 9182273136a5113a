"""The periods that run from a sale: trials, guarantees, what suspends and what lengthens them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.warranty.domain.calendar import Calendars, months_after
from services.warranty.domain.defects import same_symptom
from services.warranty.domain.packs import ClockStart, GuaranteeRule, Pack, RepairRule, Suspension
from services.warranty.domain.records import Remedy, Unit
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.trial import Trial, trial_of


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The guarantee that one pack gives to one sale: until and including which day."""

    pack: Pack
    rule: GuaranteeRule
    until: date
    presumed_until: date
    suspended: bool


@dataclass(frozen=True, slots=True)
class Sale:
    """Every period that runs from one sale, and the day of the report in the customer's calendar."""

    start: date
    reported: date
    trials: tuple[Trial, ...]
    guarantees: tuple[Guarantee, ...]
    reasons: tuple[str, ...]

    @property
    def dates(self) -> dict[str, date | None]:
        """What the customer is told: the longest periods; nothing where no rule governs the sale."""
        if not self.trials and not self.guarantees:
            return {}
        return {
            "clock_start": self.start,
            "trial_until": max((trial.until for trial in self.trials), default=None),
            "guarantee_until": max((guarantee.until for guarantee in self.guarantees), default=None),
        }


def sale_of(
    case: CaseRights, unit: Unit, remedies: Sequence[Remedy], packs: Sequence[Pack], calendars: Calendars
) -> Sale:
    """The periods of a unit's sale under these packs, as they stand for the report of a case."""
    reported = calendars.day(case.reported_at, unit.jurisdiction)
    delivery, how_known = _delivery(unit, case.delivered_on, reported)
    starts = {p: unit.purchased_on if p.clock_start is ClockStart.PURCHASE else delivery for p in packs}
    repairs = _Repairs(unit, remedies, reported, calendars)
    repaired_until = _repair_guarantee(case, remedies)
    guarantees = tuple(
        _guarantee(pack, pack.guarantee, start, repairs, repaired_until)
        for pack, start in starts.items()
        if pack.guarantee is not None
    )
    trials = [trial_of(pack, start) for pack, start in starts.items()]
    was_suspended = any(guarantee.suspended for guarantee in guarantees)
    was_lengthened = any(lengthened_by(guarantee.pack.repair, remedies) for guarantee in guarantees)
    return Sale(
        start=min(starts.values(), default=delivery),
        reported=reported,
        trials=tuple(trial for trial in trials if trial is not None),
        guarantees=guarantees,
        reasons=(
            *how_known,
            *(("clock_suspended_by_repair",) if was_suspended else ()),
            *(("lengthened_by_repair",) if was_lengthened else ()),
        ),
    )


def paid_repair_in_guarantee(case: CaseRights, sale: Sale, remedies: Iterable[Remedy]) -> Remedy | None:
    """The repair of this defect that the customer paid and that is still guaranteed (RD 58/1988 art. 6).

    The guarantee covers the same symptom alone: the repair, not the unit.
    """
    for remedy in remedies:
        until = remedy.repair_guarantee_until
        still = remedy.quote_no is not None and until is not None and sale.reported <= until
        if still and same_symptom(remedy.symptom_code, case.symptom_code):
            return remedy
    return None


def lengthened_by(rule: RepairRule | None, remedies: Iterable[Remedy]) -> int:
    """By how many months completed repairs make the guarantee longer (DL 84/2021 art. 18.4)."""
    if rule is None:
        return 0
    repairs = sum(1 for r in remedies if r.quote_no is None and r.completed_at is not None)
    return rule.extra_months * min(repairs, rule.extra_times)


def _delivery(unit: Unit, stated: date | None, reported: date) -> tuple[date, tuple[str, ...]]:
    """The day of delivery: as registered, else as the customer states, else the day of the invoice.

    RDL 1/2007 art. 123.1: delivery is presumed on the day of the invoice, or of a later delivery note.
    """
    if unit.delivered_on is not None:
        return max(unit.delivered_on, unit.purchased_on), ()
    if stated is not None and unit.purchased_on <= stated <= reported:
        return stated, ("delivery_as_stated",)
    return unit.purchased_on, ("delivery_presumed_at_purchase",)


def _guarantee(
    pack: Pack, rule: GuaranteeRule, start: date, repairs: "_Repairs", repaired_until: date
) -> Guarantee:
    pause = repairs.pause(rule.suspension)
    months = rule.months + lengthened_by(pack.repair, repairs.remedies)
    presumed = months_after(start, rule.presumption_months)
    return Guarantee(
        pack,
        rule,
        until=max(months_after(start, months) + pause, repaired_until),
        presumed_until=presumed + pause if rule.presumption_suspended else presumed,
        suspended=pause > timedelta(),
    )


@dataclass(frozen=True, slots=True)
class _Repairs:
    """What was done to a unit before the day of a report."""

    unit: Unit
    remedies: Sequence[Remedy]
    reported: date
    calendars: Calendars

    def pause(self, suspension: Suspension) -> timedelta:
        """How long repairs stopped the clock, until each time the unit was given back.

        From handing over (RDL 1/2007 art. 122.1-2), or from the report where the unit was handed over after
        it (DL 84/2021 art. 12.4).
        """
        if suspension is Suspension.NONE:
            return timedelta()
        total = timedelta()
        for remedy in self.remedies:
            if remedy.received_at is None or remedy.repair_no is None or remedy.quote_no is not None:
                continue
            begun = remedy.received_at if suspension is Suspension.AT_WORKSHOP else remedy.reported_at
            ended = remedy.returned_at
            until = self.reported if ended is None else self.calendars.day(ended, self.unit.jurisdiction)
            total += max(until - self.calendars.day(begun, self.unit.jurisdiction), timedelta())
        return total


def _repair_guarantee(case: CaseRights, remedies: Iterable[Remedy]) -> date:
    """Until when earlier repairs of this defect are answered for (RDL 1/2007 art. 122.3); not paid ones."""
    days = [
        remedy.repair_guarantee_until
        for remedy in remedies
        if remedy.repair_guarantee_until is not None
        and remedy.quote_no is None
        and same_symptom(remedy.symptom_code, case.symptom_code)
    ]
    return max(days, default=date.min)
