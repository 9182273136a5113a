"""The answers of warranty, as decisions: an assessment, a new unit, a repair, or the remedy in the way."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ciclo_schemas.events import Event
from ciclo_schemas.values import RemedyKind, Window
from services.chassis.decider import Decision, Delete, Facts, Given, Message, Timer
from services.warranty.domain.coverage import assess
from services.warranty.domain.defects import in_force
from services.warranty.domain.policies import Pack, Policies
from services.warranty.domain.records import AssessmentRow, Remedy, ServicePoint, Unit, UnsettledCase
from services.warranty.domain.remedies import (
    already_in_force,
    at_service_point,
    choose_service_point,
    new_remedy,
    repair_authorized,
    replacement_approved,
)
from services.warranty.domain.rights import Assessment, CaseRights
from services.warranty.domain.trial import is_replaced_at_once

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""By then a unit is found that was registered while its case was being assessed `unknown`."""

Decided = Decision[CaseRights]


class AssessAgain(Message):
    """A unit was registered or corrected, or may have been meanwhile: its unsettled cases look again."""

    product_unit: str


@dataclass(frozen=True, slots=True)
class Known:
    """The unit that a case names, if it is registered, and every remedy ever decided for it."""

    unit: Unit | None
    remedies: tuple[Remedy, ...]

    @classmethod
    def about(cls, case: CaseRights, facts: Facts) -> "Known":
        """Look them up. Reading the unit's row makes decisions about one unit wait for one another."""
        if case.product_unit is None:
            return cls(None, ())
        unit = facts.one(Unit, product_unit=case.product_unit)
        return cls(unit, facts.find(Remedy, product_unit=case.product_unit))


def answer(policies: Policies, case: CaseRights, known: Known, given: Given) -> Decided:
    """Assess the case, and follow the trial rule: a new unit in the same decision."""
    assessment = assess(case, known.unit, known.remedies, policies)
    blocking = in_force(case.symptom_code, known.remedies) if case.wants_defect_put_right else None
    if blocking is not None and assessment.window in {Window.TRIAL, Window.GUARANTEE}:
        return blocked(case, assessment, blocking, given)
    decision = publish(case, assessment, given)
    if is_replaced_at_once(case, assessment):
        return replace_unit(policies, decision, known, given, "replaced_in_trial")
    return decision


def publish(case: CaseRights, assessment: Assessment, given: Given) -> Decided:
    """Publish an assessment, and see to it that a case without its unit is looked at again."""
    was_unsettled = is_unsettled(case)
    case = case.assessed(assessment)
    rows: list[Any] = [_row(case, given)]
    timers: tuple[Timer, ...] = ()
    if is_unsettled(case) and case.product_unit is not None:
        rows.append(UnsettledCase(given.subject, case.product_unit))
        again = AssessAgain(product_unit=case.product_unit)
        timers = (Timer(due=given.now + LOOK_AGAIN_AFTER, data=again),)
    elif was_unsettled:
        rows.append(Delete(UnsettledCase, (given.subject,)))
    return Decision(case, events=(_current(case).event(),), rows=tuple(rows), timers=timers)


def blocked(case: CaseRights, assessment: Assessment, by: Remedy, given: Given) -> Decided:
    """Publish an assessment that leaves nothing to choose, because a remedy is in force already."""
    decision = publish(case, assessment.without_choice("remedy_in_force"), given)
    return replace(decision, events=(*decision.events, already_in_force(by)))


def replace_unit(policies: Policies, decision: Decided, known: Known, given: Given, reason: str) -> Decided:
    """A new unit, on the assessment that `decision` holds."""
    case = _case(decision)
    remedy = new_remedy(case, RemedyKind.REPLACEMENT, known.remedies, _pack(policies, case), given.now)
    return _with(decision, remedy, replacement_approved(remedy, case, reason))


def repair_unit(policies: Policies, decision: Decided, known: Known, given: Given) -> Decided:
    """A repair at an official workshop, on the assessment that `decision` holds.

    Where no workshop has room, the customer is not left waiting for one: repair is withheld for that reason,
    and he chooses among what is left (RDL 1/2007 art. 118.1: not what is impossible).
    """
    case = _case(decision)
    points = given.facts.find(ServicePoint, active=True)
    point = None if known.unit is None else choose_service_point(known.unit, points)
    if point is None:
        return publish(case, _current(case).without_repair("no_service_point"), given)
    remedy = new_remedy(case, RemedyKind.REPAIR, known.remedies, _pack(policies, case), given.now)
    remedy, point = at_service_point(case, remedy, point)
    return _with(decision, remedy, repair_authorized(remedy, case), point)


def is_unsettled(case: CaseRights) -> bool:
    """Whether it was assessed, and could not be determined."""
    return case.assessment is not None and case.assessment.window is Window.UNKNOWN


def _with(decision: Decided, remedy: Remedy, event: Event, *rows: ServicePoint) -> Decided:
    case = _case(decision).model_copy(update={"remedies": remedy.remedy_no})
    return replace(
        decision, state=case, events=(*decision.events, event), rows=(*decision.rows, remedy, *rows)
    )


def _row(case: CaseRights, given: Given) -> AssessmentRow:
    current = _current(case)
    body = current.event().model_dump_json(exclude_none=True)
    return AssessmentRow(given.subject, current.assessment_no, given.now, body)


def _pack(policies: Policies, case: CaseRights) -> Pack:
    current = _current(case)
    if current.policy is None:
        raise ValueError("a remedy rests on a policy")
    return policies.named(current.policy.id, current.policy.version)


def _case(decision: Decided) -> CaseRights:
    if decision.state is None:
        raise ValueError("a remedy needs a case")
    return decision.state


def _current(case: CaseRights) -> Assessment:
    if case.assessment is None:
        raise ValueError("the case was not assessed yet")
    return case.assessment
