"""What a customer gets: the trial rule at once, and a new unit, a repair or money when it is chosen."""

from dataclasses import replace

from ciclo_schemas.events import Event
from ciclo_schemas.values import RemedyKind, Window
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import (
    Decided,
    Known,
    assess_now,
    blocked,
    current,
    pack_giving,
    pack_of,
    publish,
)
from services.warranty.domain.defects import in_force, same_symptom
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy, ServicePoint
from services.warranty.domain.remedies import (
    at_service_point,
    choose_service_point,
    new_remedy,
    refund_approved,
    repair_authorized,
    replacement_approved,
    withdrawn,
)
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.trial import given_at_once


def answer(policies: Policies, case: CaseRights, known: Known, given: Given) -> Decided:
    """Assess the case, and follow the trial rule: a new unit, or the refund, in the same decision."""
    assessment = assess_now(policies, case, known, given)
    blocking = in_force(case.symptom_code, known.remedies) if case.wants_defect_put_right else None
    if blocking is not None and assessment.window is not Window.UNKNOWN:
        return blocked(policies, case, assessment, blocking, given)
    decision = publish(policies, case, assessment, given)
    at_once = given_at_once(case, assessment)
    if at_once is RemedyKind.REPLACEMENT:
        return replace_unit(policies, decision, known, given, "replaced_in_trial")
    if at_once is RemedyKind.REFUND:
        return refund(policies, decision, known, given, RemedyKind.REFUND, "refunded_in_trial")
    return decision


def replace_unit(policies: Policies, decision: Decided, known: Known, given: Given, reason: str) -> Decided:
    """A new unit, on the assessment that `decision` holds; later than usual while none is at hand."""
    case = _case(decision)
    now = given.now
    if known.shortage is not None and known.unit is not None:
        now = known.shortage.over_at(policies, known.unit, now)
    remedy = new_remedy(case, RemedyKind.REPLACEMENT, known.remedies, pack_of(policies, case), now)
    remedy = replace(remedy, decided_at=given.now)
    return granted(decision, remedy, replacement_approved(remedy, case, reason))


def refund(
    policies: Policies,
    decision: Decided,
    known: Known,
    given: Given,
    kind: RemedyKind,
    reason: str,
    *,
    instead_of: Remedy | None = None,
) -> Decided:
    """The price back, or a part of it, on the assessment that `decision` holds."""
    case = _case(decision)
    terms = pack_giving(policies, case, known.unit, kind)
    remedy = new_remedy(case, kind, known.remedies, terms, given.now, instead_of=instead_of)
    return granted(decision, remedy, refund_approved(remedy, case, reason))


def refund_instead(
    policies: Policies, case: CaseRights, known: Known, replacement: Remedy, given: Given
) -> Decided:
    """The refund in place of a new unit that has not left the house yet."""
    taken_back, event = withdrawn(replacement, given.now, "superseded")
    decision = Decision(case, events=(event,), rows=(taken_back,))
    return refund(
        policies,
        decision,
        known.with_changed(taken_back),
        given,
        RemedyKind.REFUND,
        "chosen_by_customer",
        instead_of=replacement,
    )


def repair_unit(policies: Policies, decision: Decided, known: Known, given: Given, reason: str) -> Decided:
    """A repair free of charge at a workshop, on the assessment that `decision` holds.

    Where no workshop has room, the customer is not left waiting for one: repair is withheld for that reason,
    and he chooses among what is left (RDL 1/2007 art. 118.1: not what is impossible).
    """
    case = _case(decision)
    paid = _paid_repair(case, known)
    point = _workshop(case, known, given) if paid is None else _guarantor(paid, given)
    if point is None:
        return publish(policies, case, current(case).without(RemedyKind.REPAIR, "no_service_point"), given)
    remedy = new_remedy(case, RemedyKind.REPAIR, known.remedies, pack_of(policies, case), given.now)
    remedy = replace(remedy, quote_no=None if paid is None else paid.quote_no)
    return send_to_workshop(decision, remedy, point, reason)


def send_to_workshop(decision: Decided, remedy: Remedy, point: ServicePoint, reason: str) -> Decided:
    """A repair that was decided, at this workshop."""
    case = _case(decision)
    remedy, point = at_service_point(case, remedy, point)
    return granted(decision, remedy, repair_authorized(remedy, case, reason), point)


def granted(decision: Decided, remedy: Remedy, event: Event, *rows: ServicePoint) -> Decided:
    """The decision with one remedy more."""
    case = _case(decision).model_copy(update={"remedies": remedy.remedy_no})
    return replace(
        decision, state=case, events=(*decision.events, event), rows=(*decision.rows, remedy, *rows)
    )


def _workshop(case: CaseRights, known: Known, given: Given) -> ServicePoint | None:
    if known.unit is None:
        return None
    refused = {
        remedy.service_point
        for remedy in known.remedies
        if remedy.refused_for is not None and same_symptom(remedy.symptom_code, case.symptom_code)
    }
    return choose_service_point(known.unit, given.facts.find(ServicePoint, active=True), refused)


def _paid_repair(case: CaseRights, known: Known) -> Remedy | None:
    """The paid repair whose guarantee the case rests on, if it does."""
    if current(case).basis != "repair_guarantee":
        return None
    paid = (r for r in known.remedies if r.quote_no and same_symptom(r.symptom_code, case.symptom_code))
    return next(paid, None)


def _guarantor(paid: Remedy, given: Given) -> ServicePoint | None:
    """The workshop that did the paid repair: it answers for it, room or no room (RD 58/1988 art. 6.6)."""
    point = given.facts.one(ServicePoint, id=paid.service_point)
    return point if point is not None and point.active else None


def _case(decision: Decided) -> CaseRights:
    if decision.state is None:
        raise ValueError("a remedy needs a case")
    return decision.state
