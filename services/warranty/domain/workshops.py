"""What workshops report about a repair, and what it does to the remedy and to the guarantee's clock.

`completed` and `failed` imply `received`. From `received` to `returned` the guarantee's clock stands still
(RDL 1/2007 art. 122.2). A workshop that reports a step twice has reported it once; a report that contradicts
what is known is refused with a code, and so is one of a workshop that has not got the repair.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from ciclo_schemas.events import Event
from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from ciclo_schemas.warranty import (
    ItemReceived,
    ItemReturned,
    Place,
    RepairCompleted,
    RepairFailed,
    RepairRefused,
    RepairRescheduled,
)
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import Decided, Known
from services.warranty.domain.calendar import months_after
from services.warranty.domain.grants import answer
from services.warranty.domain.packs import PaidRepairPack
from services.warranty.domain.periods import lengthened_by
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Quote, Remedy, ServicePoint, Unit
from services.warranty.domain.reports import CLOCKS_DIFFER, WAIT_FOR_UNKNOWN, not_ours, refuse
from services.warranty.domain.rights import CaseRights


def workshop_reported(
    policies: Policies, case: CaseRights | None, report: WorkshopReported, given: Given
) -> Decided:
    """A workshop reports a step of a repair."""
    repair = given.facts.one(Remedy, repair_no=report.repair_no)
    if case is None or repair is None or repair.case_id != given.subject:
        return refuse(
            case, "unknown_repair", "this case has no such repair", "repair_no", wait=WAIT_FOR_UNKNOWN
        )
    if not_ours(report.publisher, repair.service_point):
        return refuse(case, "not_this_workshop", "another workshop has this repair", "publisher")
    if report.happened_at > given.now + CLOCKS_DIFFER:
        return refuse(case, "in_the_future", "what is reported has not happened yet", "happened_at")
    step = _STEPS.get(report.kind)
    if step is None:
        return refuse(case, "unknown_kind", "this kind of report is not known", "kind")
    if repair.called_off_at is not None and report.kind in _WORK:
        return refuse(case, "called_off", "this repair was called off", "repair_no")
    return step(policies, case, repair, report, given)


def _received(
    _policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, _given: Given
) -> Decided:
    """The unit was handed over. Told late, it only corrects the day on which the clock stopped."""
    if repair.received_at is not None:
        earlier = min(repair.received_at, report.happened_at)
        return Decision(case, rows=(replace(repair, received_at=earlier),))
    received, events = _with_receipt(repair, report)
    return Decision(case, events=events, rows=(received,))


def _completed(
    policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, given: Given
) -> Decided:
    if repair.completed_at is not None:
        return Decision(case)
    if repair.failed_at is not None:
        return refuse(case, "already_failed", "the repair was reported as failed", "kind")
    repair, events = _with_receipt(repair, report)
    until = _repair_guarantee(policies, case, repair, report.happened_at, given)
    completed = RepairCompleted(
        remedy_no=repair.remedy_no,
        repair_no=report.repair_no,
        completed_at=report.happened_at,
        work=report.work,
        repair_guarantee_until=until,
    )
    repair = replace(repair, completed_at=report.happened_at, in_force=False, repair_guarantee_until=until)
    return Decision(case, events=(*events, completed), rows=(repair, *released((repair,), given)))


def _failed(
    policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, given: Given
) -> Decided:
    """The repair failed: it is no longer in force, and the customer may choose again, now among more."""
    if repair.failed_at is not None:
        return Decision(case)
    if repair.completed_at is not None:
        return refuse(case, "already_completed", "the repair was reported as completed", "kind")
    repair, events = _with_receipt(repair, report)
    repair = replace(repair, failed_at=report.happened_at, in_force=False)
    failed = RepairFailed(
        remedy_no=repair.remedy_no,
        repair_no=report.repair_no,
        failed_at=report.happened_at,
        reason=report.reason or "not_repaired",
    )
    return repair_over(policies, case, repair, (*events, failed), given)


def _refused(
    policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, given: Given
) -> Decided:
    """The workshop does not take the repair: the customer may choose again, or a person looks at why."""
    if repair.called_off_at is not None:
        return Decision(case)
    if repair.completed_at is not None or repair.failed_at is not None:
        return refuse(case, "already_ended", "the repair was reported as completed or failed", "kind")
    reason = report.reason or "not_stated"
    repair = replace(repair, called_off_at=report.happened_at, refused_for=reason, in_force=False)
    refused = RepairRefused(
        remedy_no=repair.remedy_no,
        repair_no=report.repair_no,
        refused_at=report.happened_at,
        reason=reason,
    )
    return repair_over(policies, case, repair, (refused,), given)


def _delayed(
    _policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, _given: Given
) -> Decided:
    """It takes longer, or shorter: the repair gets the date that the workshop expects now."""
    expected = report.expected_at
    if expected is None:
        return refuse(case, "no_date", "a delay names the date that is expected now", "expected_at")
    if expected <= report.happened_at:
        return refuse(case, "date_has_passed", "what is expected lies ahead", "expected_at")
    if not repair.in_force or expected == repair.due:
        return Decision(case)
    rescheduled = RepairRescheduled(
        remedy_no=repair.remedy_no,
        repair_no=report.repair_no,
        was_due=repair.due,
        due=expected,
        reason=report.reason or "delayed",
    )
    return Decision(case, events=(rescheduled,), rows=(replace(repair, due=expected),))


def _returned(
    _policies: Policies, case: CaseRights, repair: Remedy, report: WorkshopReported, _given: Given
) -> Decided:
    if repair.returned_at is not None:
        return Decision(case)
    if repair.received_at is None:
        detail = "the unit was not reported as received"
        return refuse(case, "not_received", detail, "kind", wait=WAIT_FOR_UNKNOWN)
    if report.happened_at < repair.received_at:
        return refuse(case, "returned_before_received", "the unit was received later", "happened_at")
    returned = ItemReturned(
        remedy_no=repair.remedy_no, repair_no=report.repair_no, returned_at=report.happened_at
    )
    return Decision(case, events=(returned,), rows=(replace(repair, returned_at=report.happened_at),))


Step = Callable[[Policies, CaseRights, Remedy, WorkshopReported, Given], Decided]
_STEPS: dict[WorkshopReportKind, Step] = {
    WorkshopReportKind.RECEIVED: _received,
    WorkshopReportKind.COMPLETED: _completed,
    WorkshopReportKind.FAILED: _failed,
    WorkshopReportKind.RETURNED: _returned,
    WorkshopReportKind.REFUSED: _refused,
    WorkshopReportKind.DELAYED: _delayed,
}
_WORK = frozenset({WorkshopReportKind.COMPLETED, WorkshopReportKind.FAILED, WorkshopReportKind.DELAYED})
"""What nobody does to a repair that was called off; the unit may still have arrived, and be given back."""


def repair_over(
    policies: Policies, case: CaseRights, repair: Remedy, events: tuple[Event, ...], given: Given
) -> Decided:
    """The repair is no longer in force: its workshop has room again, and the case is assessed anew."""
    known = Known.about(case, given.facts).with_changed(repair)
    second = answer(policies, case, known, given)
    return replace(
        second,
        events=(*events, *second.events),
        rows=(repair, *released((repair,), given), *second.rows),
    )


def _with_receipt(repair: Remedy, report: WorkshopReported) -> tuple[Remedy, tuple[Event, ...]]:
    """The repair as received, and the event that says so unless it was said before."""
    if repair.received_at is not None:
        return repair, ()
    received = ItemReceived(
        remedy_no=repair.remedy_no,
        at=Place.WORKSHOP,
        received_at=report.happened_at,
        repair_no=report.repair_no,
    )
    return replace(repair, received_at=report.happened_at), (received,)


def _repair_guarantee(
    policies: Policies, case: CaseRights, repair: Remedy, completed_at: datetime, given: Given
) -> date:
    """The last day on which the repair itself is answered for: never before the guarantee of the unit ends.

    RDL 1/2007 art. 122.3: one year from giving back the unit; DL 84/2021 art. 18.4: the guarantee of the unit
    itself becomes six months longer; a paid repair, RD 58/1988 art. 6: three months. Counted here from
    completion, so it is a day on which the customer is covered at least.
    """
    unit = given.facts.one(Unit, product_unit=repair.product_unit)
    terms = policies.named(repair.policy_id, repair.policy_version)
    rule = terms if isinstance(terms, PaidRepairPack) else terms.repair
    if unit is None or rule is None:
        raise LookupError("a repair rests on a registered unit and on a policy with a repair rule")
    repaired = months_after(policies.calendars.day(completed_at, unit.jurisdiction), rule.guarantee_months)
    guaranteed = case.assessment.guarantee_until if case.assessment is not None else None
    if guaranteed is None or isinstance(terms, PaidRepairPack):
        return repaired
    remedies = given.facts.find(Remedy, product_unit=repair.product_unit)
    completed = replace(repair, completed_at=completed_at)
    others = [r for r in remedies if (r.case_id, r.remedy_no) != (repair.case_id, repair.remedy_no)]
    more = lengthened_by(terms.repair, [*others, completed]) - lengthened_by(terms.repair, others)
    return max(repaired, months_after(guaranteed, more))


def released(ended: Iterable[Remedy | Quote], given: Given) -> tuple[ServicePoint, ...]:
    """The workshops of repairs that ended, with so many open repairs less."""
    counts = Counter(one.service_point for one in ended if isinstance(one, Remedy))
    points = [(given.facts.one(ServicePoint, id=id_), n) for id_, n in counts.items() if id_ is not None]
    return tuple(replace(p, open_repairs=max(p.open_repairs - n, 0)) for p, n in points if p is not None)
