"""Coverage (cobertura): which window a report falls into, by which rule, and what the customer may choose.

The trial comes before the guarantee, the guarantee before nothing; of several rules the one that favours the
customer most decides. Rights are judged on the day of the report, never on the day of the decision.
"""

from collections.abc import Sequence

from ciclo_schemas.values import Buyer, RemedyKind, Window
from services.warranty.domain.defects import same_symptom
from services.warranty.domain.periods import Guarantee, Sale, paid_repair_in_guarantee, sale_of
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy, Unit
from services.warranty.domain.rights import Assessment, CaseRights
from services.warranty.domain.trial import Trial, covering, deciding

WORKSHOP_MATTERS = frozenset({"no_capacity", "no_spare_part", "wrong_brand", "too_far", "closed"})
"""Reasons to refuse a repair that say nothing about the unit or its owner: another workshop may do it."""


def assess(case: CaseRights, unit: Unit | None, remedies: Sequence[Remedy], policies: Policies) -> Assessment:
    """Assess a case. `remedies` are all that were ever decided for the unit, whatever case they belong to."""
    if case.product_unit is None:
        return _unknown(case, "unit_not_named", missing="product_unit")
    if unit is None:
        return _unknown(case, "unit_not_registered", missing="purchase")
    if not unit.belongs_to(case.customer_ref, case.purchase_ref):
        return _unknown(case, "purchase_not_matched", missing="purchase")
    sale = sale_of(case, unit, remedies, policies.governing(unit), policies.calendars)
    if sale.start > sale.reported:
        return _unknown(case, "reported_before_delivery", missing="delivered_on")
    trials = covering(sale.trials, sale.reported)
    if trials:
        return _in_trial(case, sale, trials)
    guarantees = [guarantee for guarantee in sale.guarantees if sale.reported <= guarantee.until]
    if guarantees:
        return _in_guarantee(case, sale, max(guarantees, key=lambda guarantee: guarantee.until), remedies)
    paid = paid_repair_in_guarantee(case, sale, remedies)
    if paid is not None:
        return _in_repair_guarantee(case, sale, paid, remedies)
    return _out(case, unit, sale)


def _in_trial(case: CaseRights, sale: Sale, trials: Sequence[Trial]) -> Assessment:
    deciding_trial = deciding(trials, case.asked_for)
    allowed = dict.fromkeys(remedy for trial in trials for remedy in trial.rule.remedies)
    reasons = ["reported_in_trial", *sale.reasons]
    if len(trials) > 1:
        reasons.append("most_favourable_rule")
    return Assessment(
        window=Window.TRIAL,
        basis=deciding_trial.rule.basis,
        remedies_allowed=tuple(allowed),
        policy_id=deciding_trial.pack.id,
        policy_version=deciding_trial.pack.version,
        reasons=tuple(reasons),
        missing=() if case.declares_defect or not case.wants_defect_put_right else ("symptom_code",),
        product_unit=case.product_unit,
        **sale.dates,
    )


def _in_guarantee(
    case: CaseRights, sale: Sale, guarantee: Guarantee, remedies: Sequence[Remedy]
) -> Assessment:
    tried = any(remedy.free_repair_tried for remedy in remedies)
    failed = any(remedy.failed_at for remedy in _free_repairs_of(case, remedies))
    rule = guarantee.rule
    offered = rule.remedies + rule.after_repair if tried else rule.remedies
    withheld: list[tuple[RemedyKind, str]] = []
    reasons = ["trial_ended"] if sale.trials else []
    reasons += ["reported_in_guarantee", *sale.reasons]
    reasons.append("defect_presumed" if sale.reported <= guarantee.presumed_until else "presumption_over")
    if not guarantee.pack.is_law:
        reasons.append("sellers_policy")
    if tried:
        reasons.append("earlier_repair")
    else:
        withheld += [(remedy, "only_after_a_repair") for remedy in rule.after_repair]
    if failed:
        withheld.append((RemedyKind.REPAIR, "repair_failed"))
    refused = {remedy for remedy, _ in withheld}
    assessment = Assessment(
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
    return _after_refusals(assessment, _free_repairs_of(case, remedies))


def _after_refusals(assessment: Assessment, repairs: Sequence[Remedy]) -> Assessment:
    """What is left to choose after a workshop refused a repair, by what it gives as its reason.

    What a workshop says about the unit or its owner (misuse, no fault found) decides nothing by itself: it
    needs evidence, and a person who looks at it.
    """
    refusals = {r.refused_for for r in repairs if r.refused_for is not None}
    if not refusals:
        return assessment
    assessment = assessment.because("repair_refused")
    if refusals <= WORKSHOP_MATTERS:
        return assessment
    return assessment.without_choice("choice_for_staff")


def _in_repair_guarantee(
    case: CaseRights, sale: Sale, paid: Remedy, remedies: Sequence[Remedy]
) -> Assessment:
    """A repair that was paid did not hold: the same workshop repairs again (RD 58/1988 art. 6.6)."""
    assessment = Assessment(
        window=Window.GUARANTEE,
        basis="repair_guarantee",
        remedies_allowed=(RemedyKind.REPAIR,),
        clock_start=sale.dates.get("clock_start"),
        guarantee_until=paid.repair_guarantee_until,
        policy_id=paid.policy_id,
        policy_version=paid.policy_version,
        reasons=("guarantee_ended", "reported_in_repair_guarantee"),
        product_unit=case.product_unit,
    )
    if any(remedy.quote_no == paid.quote_no and remedy.failed_at for remedy in remedies):
        return assessment.without_choice("choice_for_staff")
    return assessment


def _out(case: CaseRights, unit: Unit, sale: Sale) -> Assessment:
    if not sale.guarantees:
        return _ungoverned(case, unit, sale)
    last = max(sale.guarantees, key=lambda guarantee: guarantee.until)
    business = ("consumer_law_does_not_apply",) if unit.buyer == Buyer.BUSINESS else ()
    return Assessment(
        window=Window.OUT,
        basis="out_of_guarantee",
        policy_id=last.pack.id,
        policy_version=last.pack.version,
        reasons=("guarantee_ended", *sale.reasons, *business),
        product_unit=case.product_unit,
        **sale.dates,
    )


def _ungoverned(case: CaseRights, unit: Unit, sale: Sale) -> Assessment:
    """No guarantee governs the sale: a business buyer has none; for a consumer a person must find the law."""
    reasons = ("trial_ended",) if sale.trials else ()
    if unit.buyer != Buyer.BUSINESS:
        return _unknown(case, *reasons, "no_policy_known")
    return Assessment(
        window=Window.OUT,
        basis="out_of_guarantee",
        reasons=(*reasons, "consumer_law_does_not_apply"),
        product_unit=case.product_unit,
        **sale.dates,
    )


def _free_repairs_of(case: CaseRights, remedies: Sequence[Remedy]) -> tuple[Remedy, ...]:
    """The repairs of this defect that the customer did not pay."""
    return tuple(
        remedy
        for remedy in remedies
        if remedy.kind == RemedyKind.REPAIR
        and remedy.quote_no is None
        and same_symptom(remedy.symptom_code, case.symptom_code)
    )


def _unknown(case: CaseRights, *reasons: str, missing: str | None = None) -> Assessment:
    return Assessment(
        window=Window.UNKNOWN,
        basis="not_determinable",
        reasons=reasons,
        missing=() if missing is None else (missing,),
        product_unit=case.product_unit,
    )
