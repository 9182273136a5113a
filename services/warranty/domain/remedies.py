"""Deciding a remedy: a new unit for the customer (unidad nueva), or a repair at a workshop (CAST)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ciclo_schemas.values import Policy, RemedyKind
from ciclo_schemas.warranty import RemedyAlreadyInForce, RepairAuthorized, ReplacementApproved
from services.warranty.domain.defects import defect_number
from services.warranty.domain.policies import Pack
from services.warranty.domain.records import Remedy, ServicePoint, Unit
from services.warranty.domain.rights import CaseRights


def new_remedy(
    case: CaseRights, kind: RemedyKind, remedies: Iterable[Remedy], pack: Pack, now: datetime
) -> Remedy:
    """The next remedy of a case, resting on its current assessment. `remedies` are all of the unit.

    It names the earlier remedy of this case for the same defect, which it supersedes. It is due within the
    days of the pack, from now: a promise is about what is to come, a right about what was reported.
    """
    if case.assessment is None or case.product_unit is None:
        raise ValueError("a remedy rests on an assessment of a unit")
    defect_no = defect_number(case.symptom_code, remedies)
    earlier = [r.remedy_no for r in remedies if r.case_id == case.case_id and r.defect_no == defect_no]
    days = pack.replacement_days
    if kind is RemedyKind.REPAIR and pack.repair is not None:
        days = pack.repair.days
    return Remedy(
        case_id=case.case_id,
        remedy_no=case.remedies + 1,
        product_unit=case.product_unit,
        defect_no=defect_no,
        symptom_code=case.symptom_code,
        kind=kind.value,
        in_force=True,
        assessment_no=case.assessment.assessment_no,
        coverage=case.assessment.window.value,
        policy_id=pack.id,
        policy_version=pack.version,
        decided_at=now,
        due=now + timedelta(days=days),
        supersedes=max(earlier, default=None),
    )


def at_service_point(case: CaseRights, remedy: Remedy, point: ServicePoint) -> tuple[Remedy, ServicePoint]:
    """A repair with its number and workshop, and the workshop with one more open repair."""
    repair = replace(remedy, repair_no=f"R-{case.case_no}-{remedy.remedy_no}", service_point=point.id)
    return repair, replace(point, open_repairs=point.open_repairs + 1)


def choose_service_point(unit: Unit, points: Iterable[ServicePoint]) -> ServicePoint | None:
    """The official workshop for the brand and country with the fewest open repairs, then the first by id.

    None when no workshop with room left may repair it.
    """
    able = [point for point in points if point.takes(unit)]
    return min(able, key=lambda point: (point.open_repairs, point.id), default=None)


def replacement_approved(remedy: Remedy, case: CaseRights, reason: str) -> ReplacementApproved:
    """The event of a replacement that was just decided."""
    if case.assessment is None:
        raise ValueError("a remedy rests on an assessment")
    return ReplacementApproved(
        remedy_no=remedy.remedy_no,
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        assessment_no=remedy.assessment_no,
        window=case.assessment.window,
        policy=_policy(remedy),
        reasons=(*case.assessment.reasons, reason),
        promised_by=remedy.due,
        supersedes=remedy.supersedes,
    )


def repair_authorized(remedy: Remedy, case: CaseRights) -> RepairAuthorized:
    """The event of a repair that was just decided; under guarantee the customer pays nothing."""
    if case.assessment is None or remedy.repair_no is None or remedy.service_point is None:
        raise ValueError("a repair rests on an assessment and has a number and a service point")
    return RepairAuthorized(
        remedy_no=remedy.remedy_no,
        repair_no=remedy.repair_no,
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        assessment_no=remedy.assessment_no,
        service_point=remedy.service_point,
        due=remedy.due,
        paid=False,
        policy=_policy(remedy),
        reasons=(*case.assessment.reasons, "chosen_by_customer"),
    )


def already_in_force(remedy: Remedy) -> RemedyAlreadyInForce:
    """The event that says which remedy stands in the way of another one."""
    return RemedyAlreadyInForce(
        product_unit=remedy.product_unit,
        defect_no=remedy.defect_no,
        case=remedy.case_id,
        remedy_no=remedy.remedy_no,
    )


def _policy(remedy: Remedy) -> Policy:
    return Policy(id=remedy.policy_id, version=remedy.policy_version)
