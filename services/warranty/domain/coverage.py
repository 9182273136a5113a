"""Coverage (cobertura): which window a report falls into, by which rule, and what the customer may choose.

The trial comes before the guarantee, the guarantee before nothing; of several rules the one that favours the
customer most decides. Rights are judged on the day of the report, never on the day of the decision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ciclo_schemas.values import Buyer, RemedyKind, Window
from services.warranty.domain.calendar import Calendars, months_after
from services.warranty.domain.defects import same_symptom
from services.warranty.domain.policies import ClockStart, GuaranteeRule, Pack, Policies
from services.warranty.domain.records import Remedy, Unit
from services.warranty.domain.rights import Assessment, CaseRights
from services.warranty.domain.trial import Trial, covering, trial_of, wants_refund


def assess(case: CaseRights, unit: Unit | None, remedies: Sequence[Remedy], policies: Policies) -> Assessment:
    """Assess a case. `remedies` are all that were ever decided for the unit, whatever case they belong to."""
    if case.product_unit is None:
        return _unknown(case, "unit_not_named", missing="product_unit")
    if unit is None:
        return _unknown(case, "unit_not_registered", missing="purchase")
    if not unit.belongs_to(case.customer_ref, case.purchase_ref):
        return _unknown(case, "purchase_not_matched", missing="purchase")
    packs = policies.governing(unit)
    if not packs:
        return _ungoverned(case, unit)
    sale = _sale(case, unit, remedies, packs, policies.calendars)
    if sale.start > sale.reported:
        return _unknown(case, "reported_before_delivery", missing="delivered_on")
    trials = covering(sale.trials, sale.reported)
    if trials:
        return _in_trial(case, sale, trials)
    guarantees = [guarantee for guarantee in sale.guarantees if sale.reported <= guarantee.until]
    if guarantees:
        return _in_guarantee(case, sale, max(guarantees, key=lambda guarantee: guarantee.until), remedies)
    return _out(case, unit, sale)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The guarantee that one pack gives to one sale: until and including which day."""

    pack: Pack
    rule: GuaranteeRule
    until: date
    presumed_until: date


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
        """What the customer is told: the longest periods."""
        return {
            "clock_start": self.start,
            "trial_until": max((trial.until for trial in self.trials), default=None),
            "guarantee_until": max((guarantee.until for guarantee in self.guarantees), default=None),
        }


def _sale(
    case: CaseRights, unit: Unit, remedies: Sequence[Remedy], packs: Sequence[Pack], calendars: Calendars
) -> Sale:
    reported = calendars.day(case.reported_at, unit.jurisdiction)
    delivery, how_known = _delivery(unit, case.delivered_on, reported)
    starts = {p: unit.purchased_on if p.clock_start is ClockStart.PURCHASE else delivery for p in packs}
    suspended = _days_at_workshop(unit, remedies, reported, calendars)
    repaired_until = _repair_guarantee(case, remedies)
    guarantees = [
        _guarantee(pack, pack.guarantee, start, suspended, repaired_until)
        for pack, start in starts.items()
        if pack.guarantee is not None
    ]
    trials = [trial_of(pack, start) for pack, start in starts.items()]
    was_suspended = suspended and any(guarantee.rule.suspended_by_repair for guarantee in guarantees)
    return Sale(
        start=min(starts.values()),
        reported=reported,
        trials=tuple(trial for trial in trials if trial is not None),
        guarantees=tuple(guarantees),
        reasons=how_known + (("clock_suspended_by_repair",) if was_suspended else ()),
    )


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
    pack: Pack, rule: GuaranteeRule, start: date, suspended: timedelta, repaired_until: date
) -> Guarantee:
    pause = suspended if rule.suspended_by_repair else timedelta()
    until = max(months_after(start, rule.months) + pause, repaired_until)
    return Guarantee(pack, rule, until, months_after(start, rule.presumption_months) + pause)


def _days_at_workshop(
    unit: Unit, remedies: Iterable[Remedy], reported: date, calendars: Calendars
) -> timedelta:
    """How long the unit was with workshops, from handing over to giving back (RDL 1/2007 art. 122.1-2)."""
    total = timedelta()
    for remedy in remedies:
        if remedy.received_at is None or remedy.repair_no is None:
            continue
        received = calendars.day(remedy.received_at, unit.jurisdiction)
        returned = remedy.returned_at
        until = reported if returned is None else calendars.day(returned, unit.jurisdiction)
        total += max(until - received, timedelta())
    return total


def _repair_guarantee(case: CaseRights, remedies: Iterable[Remedy]) -> date:
    """Until when earlier repairs of this defect are answered for (RDL 1/2007 art. 122.3)."""
    days = [
        remedy.repair_guarantee_until
        for remedy in remedies
        if remedy.repair_guarantee_until is not None and same_symptom(remedy.symptom_code, case.symptom_code)
    ]
    return max(days, default=date.min)


def _in_trial(case: CaseRights, sale: Sale, trials: Sequence[Trial]) -> Assessment:
    longest = trials[0]
    allowed = dict.fromkeys(remedy for trial in trials for remedy in trial.rule.remedies)
    reasons = ["reported_in_trial", *sale.reasons]
    if len(trials) > 1:
        reasons.append("most_favourable_rule")
    assessment = Assessment(
        window=Window.TRIAL,
        basis=longest.rule.basis,
        remedies_allowed=tuple(allowed),
        policy_id=longest.pack.id,
        policy_version=longest.pack.version,
        reasons=tuple(reasons),
        missing=() if case.declares_defect or not case.wants_defect_put_right else ("symptom_code",),
        product_unit=case.product_unit,
        **sale.dates,
    )
    if case.wants_defect_put_right and wants_refund(case, assessment):
        return assessment.without_choice("choice_for_staff")
    return assessment


def _in_guarantee(
    case: CaseRights, sale: Sale, guarantee: Guarantee, remedies: Iterable[Remedy]
) -> Assessment:
    tried = [remedy for remedy in remedies if remedy.completed_at or remedy.failed_at]
    failed = any(r.failed_at and same_symptom(r.symptom_code, case.symptom_code) for r in tried)
    rule = guarantee.rule
    offered = rule.remedies + rule.after_repair if tried else rule.remedies
    withheld: list[tuple[RemedyKind, str]] = []
    reasons = ["trial_ended"] if sale.trials else []
    reasons += ["reported_in_guarantee", *sale.reasons]
    reasons.append("defect_presumed" if sale.reported <= guarantee.presumed_until else "presumption_over")
    if tried:
        reasons.append("earlier_repair")
    else:
        withheld += [(remedy, "only_after_a_repair") for remedy in rule.after_repair]
    if failed:
        withheld.append((RemedyKind.REPAIR, "repair_failed"))
    refused = {remedy for remedy, _ in withheld}
    return Assessment(
        window=Window.GUARANTEE,
        basis=rule.basis,
        remedies_allowed=tuple(remedy for remedy in offered if remedy not in refused),
        withheld=tuple(withheld),
        policy_id=guarantee.pack.id,
        policy_version=guarantee.pack.version,
        reasons=tuple(reasons),
        product_unit=case.product_unit,
        **sale.dates,
    )


def _out(case: CaseRights, unit: Unit, sale: Sale) -> Assessment:
    if not sale.guarantees:
        return _ungoverned(case, unit, sale, "trial_ended")
    last = max(sale.guarantees, key=lambda guarantee: guarantee.until)
    return Assessment(
        window=Window.OUT,
        basis="out_of_guarantee",
        policy_id=last.pack.id,
        policy_version=last.pack.version,
        reasons=("guarantee_ended", *sale.reasons),
        product_unit=case.product_unit,
        **sale.dates,
    )


def _ungoverned(case: CaseRights, unit: Unit, sale: Sale | None = None, *reasons: str) -> Assessment:
    """No guarantee governs the sale: a business buyer has none; for a consumer a person must find the law."""
    if unit.buyer != Buyer.BUSINESS:
        return _unknown(case, *reasons, "no_policy_known")
    return Assessment(
        window=Window.OUT,
        basis="out_of_guarantee",
        reasons=(*reasons, "consumer_law_does_not_apply"),
        product_unit=case.product_unit,
        **({} if sale is None else sale.dates),
    )


def _unknown(case: CaseRights, *reasons: str, missing: str | None = None) -> Assessment:
    return Assessment(
        window=Window.UNKNOWN,
        basis="not_determinable",
        reasons=reasons,
        missing=() if missing is None else (missing,),
        product_unit=case.product_unit,
    )
