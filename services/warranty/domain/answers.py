"""Assessments as decisions: what is known is assessed, published, and looked at again where it must be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ciclo_schemas.values import RemedyKind, Window
from services.chassis.decider import Decision, Facts, Given, Message, Timer
from services.warranty.domain.coverage import assess
from services.warranty.domain.defects import same_symptom
from services.warranty.domain.options import (
    Shortage,
    ready_to_quote,
    shortage_of,
    with_shortage,
    with_workshops,
    workshops_for,
)
from services.warranty.domain.packs import DefaultChoice, Pack, Terms
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import (
    AssessmentRow,
    ListedPoint,
    Quote,
    Remedy,
    Unit,
)
from services.warranty.domain.remedies import already_in_force
from services.warranty.domain.rights import Assessment, CaseRights
from services.warranty.domain.trial import covering, trial_of

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""By then a unit is found that was registered while its case was being assessed `unknown`."""

CANCELLED = "cancelled"
"""The reason for all that ends, or is not given, because the customer cancelled."""

Decided = Decision[CaseRights]


class AssessAgain(Message):
    """A unit was registered or corrected, or may have been meanwhile: its open cases look again."""

    product_unit: str


class ChoiceDue(Message):
    """Nobody chose among what this assessment offers: the policy's default is carried out now."""

    assessment_no: int


@dataclass(frozen=True, slots=True)
class Known:
    """The unit that a case names, if it is registered, and all that was ever decided for it."""

    unit: Unit | None
    remedies: tuple[Remedy, ...]
    shortage: Shortage | None = None

    @classmethod
    def about(cls, case: CaseRights, facts: Facts) -> "Known":
        """Look them up. Reading the unit's row makes decisions about one unit wait for one another."""
        if case.product_unit is None:
            return cls(None, ())
        unit = facts.one(Unit, product_unit=case.product_unit)
        remedies = facts.find(Remedy, product_unit=case.product_unit)
        return cls(unit, remedies, shortage_of(unit, facts))

    def with_changed(self, remedy: Remedy) -> "Known":
        """The same after one of the remedies changed."""
        key = (remedy.case_id, remedy.remedy_no)
        others = (other for other in self.remedies if (other.case_id, other.remedy_no) != key)
        return replace(self, remedies=(*others, remedy))


def assess_now(policies: Policies, case: CaseRights, known: Known, given: Given) -> Assessment:
    """What a person or the rules give, with what can be had here and now; nothing for who has cancelled."""
    hand = case.by_hand
    if hand is not None and hand.product_unit == case.product_unit:
        assessment = _after_repairs(hand, case, known)
    else:
        assessment = assess(case, known.unit, known.remedies, policies)
    if case.withdrawn:
        return assessment.without_choice(CANCELLED)
    if assessment.window is not Window.OUT or known.unit is None:
        return with_shortage(assessment, known.shortage)
    return with_workshops(assessment, willing_workshops(policies, case, known.unit, given))


def _after_repairs(hand: Assessment, case: CaseRights, known: Known) -> Assessment:
    """A person's assessment, without a repair that failed meanwhile; with nothing left, he decides again."""
    failed = (r for r in known.remedies if r.failed_at and same_symptom(r.symptom_code, case.symptom_code))
    if RemedyKind.REPAIR not in hand.remedies_allowed or not any(failed):
        return hand
    left = hand.without(RemedyKind.REPAIR, "repair_failed")
    return left if left.remedies_allowed else left.because("choice_for_staff")


def willing_workshops(
    policies: Policies, case: CaseRights, unit: Unit, given: Given
) -> Sequence[ListedPoint]:
    """Who may be asked for a quote; nobody where no terms of paid repairs are known."""
    today = policies.calendars.day(given.now, unit.jurisdiction)
    if policies.paid_repair(unit.jurisdiction, today) is None:
        return ()
    points = workshops_for(unit, given.facts.find(ListedPoint, active=True))
    quotes = given.facts.find(Quote, case_id=case.case_id) if case.quotes else ()
    return ready_to_quote(points, quotes)


def publish(policies: Policies, case: CaseRights, assessment: Assessment, given: Given) -> Decided:
    """Publish an assessment; a case without its unit is looked at again, a choice that is offered may end."""
    case = case.assessed(assessment)
    timers: tuple[Timer, ...] = ()
    if is_unsettled(case) and case.product_unit is not None:
        again = AssessAgain(product_unit=case.product_unit)
        timers = (Timer(due=given.now + LOOK_AGAIN_AFTER, data=again),)
    default = default_of(policies, case)
    if default is not None:
        due = ChoiceDue(assessment_no=current(case).assessment_no)
        timers = (*timers, Timer(due=given.now + timedelta(days=default.after_days), data=due))
    return Decision(case, events=(current(case).event(),), rows=(_row(case, given),), timers=timers)


def blocked(
    policies: Policies, case: CaseRights, assessment: Assessment, by: Remedy, given: Given
) -> Decided:
    """Publish an assessment that leaves nothing to choose, because a remedy is in force already."""
    decision = publish(policies, case, assessment.without_choice("remedy_in_force"), given)
    return replace(decision, events=(*decision.events, already_in_force(by)))


def not_available(policies: Policies, case: CaseRights, known: Known, given: Given) -> Decided:
    """Answer a choice that is stale or was not offered with what can be chosen now."""
    fresh = assess_now(policies, case, known, given)
    return publish(policies, case, fresh.because("choice_not_available"), given)


def default_of(policies: Policies, case: CaseRights) -> DefaultChoice | None:
    """What is done if nobody chooses, where the policy says so and the choice is still offered."""
    assessment = current(case)
    if assessment.window is not Window.GUARANTEE or not case.wants_defect_put_right:
        return None
    pack = pack_of(policies, case)
    default = pack.guarantee.default_choice if isinstance(pack, Pack) and pack.guarantee else None
    return default if default is not None and default.remedy in assessment.remedies_allowed else None


def is_unsettled(case: CaseRights) -> bool:
    """Whether it was assessed, and could not be determined."""
    return case.assessment is not None and case.assessment.window is Window.UNKNOWN


def current(case: CaseRights) -> Assessment:
    """The case's assessment. Raises ValueError before there is one."""
    if case.assessment is None:
        raise ValueError("the case was not assessed yet")
    return case.assessment


def pack_of(policies: Policies, case: CaseRights) -> Terms:
    """The pack of the case's assessment. Raises ValueError when it names none."""
    policy = current(case).policy
    if policy is None:
        raise ValueError("a remedy rests on a policy")
    return policies.named(policy.id, policy.version)


def pack_giving(policies: Policies, case: CaseRights, unit: Unit | None, kind: RemedyKind) -> Terms:
    """The pack that gives a remedy: the assessment's, or another one whose trial covers the report, too."""
    named, assessment = pack_of(policies, case), current(case)
    if unit is None or assessment.window is not Window.TRIAL or assessment.clock_start is None:
        return named
    trials = [trial_of(pack, assessment.clock_start) for pack in policies.governing(unit)]
    reported = policies.calendars.day(case.reported_at, unit.jurisdiction)
    covers = covering((trial for trial in trials if trial is not None), reported)
    giving = [trial.pack for trial in covers if kind in trial.rule.remedies]
    return named if named in giving or not giving else giving[0]


def _row(case: CaseRights, given: Given) -> AssessmentRow:
    assessment = current(case)
    body = assessment.event().model_dump_json(exclude_none=True)
    return AssessmentRow(given.subject, assessment.assessment_no, given.now, body)
