"""Deciding a remedy: a new unit (unidad nueva), a repair at a workshop (CAST), money back."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ciclo_schemas.values import Policy, RemedyKind, Window
from ciclo_schemas.warranty import (
    RefundApproved,
    RemedyAlreadyInForce,
    RepairAuthorized,
    ReplacementApproved,
    ReplacementWithdrawn,
)
from services.warranty.domain.defects import defect_number
from services.warranty.domain.packs import Terms
from services.warranty.domain.records import Remedy, ServicePoint, Unit
from services.warranty.domain.rights import Assessment, CaseRights


def new_remedy(
    case: CaseRights,
    kind: RemedyKind,
    remedies: Iterable[Remedy],
    terms: Terms,
    now: datetime,
    *,
    instead_of: Remedy | None = None,
) -> Remedy:
    """The next remedy of a case, resting on its current assessment. `remedies` are all of the unit.

    It names the remedy of this case which it supersedes: `instead_of`, else the last one for the same defect.
    It is due within the days of the terms, from `now`: a promise is about what is to come, a right about what
    was reported.
    """
    assessment = _assessment(case)
    if case.product_unit is None:
        raise ValueError("a remedy is for a unit")
    if instead_of is None:
        defect_no = defect_number(case.symptom_code, remedies)
        of_case = [r.remedy_no for r in remedies if r.case_id == case.case_id and r.defect_no == defect_no]
        supersedes = max(of_case, default=None)
    else:
        defect_no, supersedes = instead_of.defect_no, instead_of.remedy_no
    return Remedy(
        case_id=case.case_id,
        remedy_no=case.remedies + 1,
        product_unit=case.product_unit,
        defect_no=defect_no,
        symptom_code=case.symptom_code,
        kind=kind.value,
        in_force=True,
        assessment_no=assessment.assessment_no,
        coverage=assessment.window.value,
        policy_id=terms.id,
        policy_version=terms.version,
        reported_at=case.reported_at,
        decided_at=now,
        due=now + timedelta(days=terms.days_for(kind)),
        supersedes=supersedes,
    )


def at_service_point(case: CaseRights, remedy: Remedy, point: ServicePoint) -> tuple[Remedy, ServicePoint]:
    """A repair with its number and workshop, and the workshop with one more open repair."""
    repair = replace(remedy, repair_no=f"R-{case.case_no}-{remedy.remedy_no}", service_point=point.id)
    return repair, replace(point, open_repairs=point.open_repairs + 1)


def choose_service_point(
    unit: Unit, points: Iterable[ServicePoint], refused: Collection[str | None] = ()
) -> ServicePoint | None:
    """The official workshop for the brand and country with the fewest open repairs, then the first by id.

    Those that refused the repair are left out. None when no workshop with room left may repair it.
    """
    able = [point for point in points if point.takes(unit) and point.id not in refused]
    return min(able, key=lambda point: (point.open_repairs, point.id), default=None)


def replacement_approved(remedy: Remedy, case: CaseRights, reason: str) -> ReplacementApproved:
    """The event of a replacement that was just decided."""
    assessment = _assessment(case)
    return ReplacementApproved(
        remedy_no=remedy.remedy_no,
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        assessment_no=remedy.assessment_no,
        window=assessment.window,
        policy=policy_of(remedy),
        reasons=(*assessment.reasons, reason),
        promised_by=remedy.due,
        supersedes=remedy.supersedes,
    )


def repair_authorized(remedy: Remedy, case: CaseRights, reason: str) -> RepairAuthorized:
    """The event of a repair that was just decided; only out of guarantee does the customer pay."""
    if remedy.repair_no is None or remedy.service_point is None:
        raise ValueError("a repair has a number and a service point")
    assessment = _assessment(case)
    paid = assessment.window is Window.OUT
    return RepairAuthorized(
        remedy_no=remedy.remedy_no,
        repair_no=remedy.repair_no,
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        assessment_no=remedy.assessment_no,
        service_point=remedy.service_point,
        due=remedy.due,
        paid=paid,
        policy=policy_of(remedy),
        reasons=(*assessment.reasons, reason),
        supersedes=remedy.supersedes,
        quote_no=remedy.quote_no if paid else None,
    )


def refund_approved(remedy: Remedy, case: CaseRights, reason: str) -> RefundApproved:
    """The event of a refund, or of a price reduction, that was just decided."""
    assessment = _assessment(case)
    return RefundApproved(
        remedy_no=remedy.remedy_no,
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        assessment_no=remedy.assessment_no,
        window=assessment.window,
        policy=policy_of(remedy),
        reasons=(*assessment.reasons, reason),
        partial=remedy.kind == RemedyKind.PRICE_REDUCTION,
        promised_by=remedy.due,
        supersedes=remedy.supersedes,
    )


def withdrawn(replacement: Remedy, now: datetime, reason: str) -> tuple[Remedy, ReplacementWithdrawn]:
    """A replacement that has not left the house, taken back."""
    event = ReplacementWithdrawn(remedy_no=replacement.remedy_no, reason=reason)
    return replace(replacement, in_force=False, called_off_at=now), event


def already_in_force(remedy: Remedy) -> RemedyAlreadyInForce:
    """The event that says which remedy stands in the way of another one."""
    return RemedyAlreadyInForce(
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        case=remedy.case_id,
        remedy_no=remedy.remedy_no,
    )


def policy_of(remedy: Remedy) -> Policy:
    """The dated rule that a remedy rests on."""
    return Policy(id=remedy.policy_id, version=remedy.policy_version)


def _assessment(case: CaseRights) -> Assessment:
    if case.assessment is None:
        raise ValueError("a remedy rests on an assessment")
    return case.assessment
