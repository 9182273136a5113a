"""What a person decides: coverage where the rules cannot tell, another date for a repair, or no repair.

A person's assessment stands until another person's, or until the customer names another unit: no rule
overwrites it. It gives no more than its window allows: in a trial nothing goes to the workshop.
"""

from dataclasses import replace
from datetime import date, datetime

from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import RepairRescheduled
from services.chassis.decider import Decision, Given, Message, Refusal
from services.warranty.domain.answers import Decided, Known, assess_now, current, publish
from services.warranty.domain.cancellation import call_off
from services.warranty.domain.coverage import assess
from services.warranty.domain.defects import in_force
from services.warranty.domain.grants import refund, replace_unit
from services.warranty.domain.packs import Terms
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Remedy
from services.warranty.domain.rights import Assessment, CaseRights
from services.warranty.domain.trial import given_at_once
from services.warranty.domain.workshops import repair_over

GIVEN_IN = {
    Window.TRIAL: frozenset({RemedyKind.REPLACEMENT, RemedyKind.REFUND}),
    Window.GUARANTEE: frozenset(
        {RemedyKind.REPAIR, RemedyKind.REPLACEMENT, RemedyKind.REFUND, RemedyKind.PRICE_REDUCTION}
    ),
    Window.OUT: frozenset({RemedyKind.QUOTE}),
}
"""What a person may give in each window."""


class AssessByHand(Message):
    """A person assesses the coverage of a case; `override`: why, although the rules say something else."""

    agent: str
    window: Window
    basis: str
    remedies_allowed: tuple[RemedyKind, ...]
    reasons: tuple[str, ...]
    text_ref: str | None = None
    product_unit: str | None = None
    clock_start: date | None = None
    trial_until: date | None = None
    guarantee_until: date | None = None
    override: str | None = None


class RescheduleRepair(Message):
    """A person agrees with the workshop on another date."""

    agent: str
    repair_no: str
    due: datetime
    reason: str


class CancelRepair(Message):
    """A person calls a repair off, such as one that is overdue: the customer may choose again."""

    agent: str
    repair_no: str
    reason: str


class AssessedByHand(Message):
    """The assessment that the case has now."""

    assessment_no: int
    window: Window
    remedies_allowed: tuple[RemedyKind, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


class Rescheduled(Message):
    """The date that a repair has now."""

    repair_no: str
    due: datetime


def assess_by_hand(
    policies: Policies, case: CaseRights | None, command: AssessByHand, given: Given
) -> Decided:
    """Assess where the rules cannot tell, or against them with an explicit reason.

    In a trial a declared defect brings the new unit, or the refund asked for, in the same decision. In a case
    that the customer had cancelled, the person's decision stands for his having changed his mind.
    """
    if case is None:
        return _refuse(case, "not_seen_yet", "warranty has not heard of this case yet")
    before = case
    case = case.model_copy(update={"product_unit": command.product_unit or case.product_unit})
    known = Known.about(case, given.facts)
    terms = _terms(policies, command, known, given)
    refusal = _why_not(policies, case, command, known, terms)
    if refusal is not None:
        return Decision(before, refusal=refusal)
    hand = _assessment(case, command, terms)
    update = {"by_hand": hand, "withdrawn": False, "taken_back": (), "held_choice": None}
    case = case.model_copy(update=update)
    decision = publish(policies, case, assess_now(policies, case, known, given), given)
    at_once = given_at_once(case, hand)
    if at_once is RemedyKind.REPLACEMENT:
        decision = replace_unit(policies, decision, known, given, "replaced_in_trial")
    elif at_once is RemedyKind.REFUND:
        decision = refund(policies, decision, known, given, RemedyKind.REFUND, "refunded_in_trial")
    return replace(decision, reply=_reply(decision))


def reschedule_repair(case: CaseRights | None, command: RescheduleRepair, given: Given) -> Decided:
    """Another date for a repair that is under way; the same date again changes nothing."""
    repair = given.facts.one(Remedy, repair_no=command.repair_no)
    if case is None or repair is None or not _is_under_way(case, repair):
        return _not_under_way(case, repair)
    if command.due <= given.now:
        return _refuse(case, "date_has_passed", "the new date lies ahead", "body.due")
    reply = Rescheduled(repair_no=command.repair_no, due=command.due)
    if command.due == repair.due:
        return Decision(case, reply=reply)
    event = RepairRescheduled(
        remedy_no=repair.remedy_no,
        repair_no=command.repair_no,
        was_due=repair.due,
        due=command.due,
        reason=command.reason,
    )
    return Decision(case, events=(event,), rows=(replace(repair, due=command.due),), reply=reply)


def cancel_repair(
    policies: Policies, case: CaseRights | None, command: CancelRepair, given: Given
) -> Decided:
    """Call a repair off, wherever the unit is, and assess anew: the customer may choose again.

    After its date, a repair that was not done opens the second tier (RDL 1/2007 art. 119; CRA 2015 s. 24(5)).
    """
    repair = given.facts.one(Remedy, repair_no=command.repair_no)
    if case is None or repair is None or not _is_under_way(case, repair):
        return _not_under_way(case, repair)
    row, event = call_off(repair, command.reason, given.now)
    decision = repair_over(policies, case, row, (event,), given)
    return replace(decision, reply=_reply(decision))


def _why_not(
    policies: Policies, case: CaseRights, command: AssessByHand, known: Known, terms: Terms | None
) -> Refusal | None:
    if case.ended:
        return Refusal("case_closed", "the case is closed; a word of the customer reopens it")
    allowed = set(command.remedies_allowed)
    if command.window is Window.TRIAL and RemedyKind.REPAIR in allowed:
        detail = "in a trial nothing goes to the workshop"
        return Refusal("no_repair_in_trial", detail, ("body.remedies_allowed",))
    if not allowed <= GIVEN_IN.get(command.window, frozenset()):
        detail = "this window does not give all of these remedies"
        return Refusal("not_in_this_window", detail, ("body.remedies_allowed",))
    if allowed and known.unit is None:
        detail = "remedies are for a registered unit: register it first"
        return Refusal("unit_not_registered", detail, ("body.product_unit",))
    if allowed and terms is None:
        return Refusal("no_terms", "the house has no terms for what a person decides")
    if in_force(case.symptom_code, known.remedies) is not None:
        return Refusal("remedy_in_force", "the defect has its remedy already")
    if command.override is not None:
        return None
    if case.withdrawn:
        return Refusal("cancelled", "the customer withdrew the case; say in `override` what has changed")
    rules = assess(case, known.unit, known.remedies, policies)
    if rules.window is Window.UNKNOWN or "choice_for_staff" in rules.reasons:
        return None
    return Refusal("rules_decide", "the rules can tell; say in `override` why they should not")


def _terms(policies: Policies, command: AssessByHand, known: Known, given: Given) -> Terms | None:
    if known.unit is None:
        return None
    today = policies.calendars.day(given.now, known.unit.jurisdiction)
    return policies.by_hand(known.unit, command.window, today)


def _assessment(case: CaseRights, command: AssessByHand, terms: Terms | None) -> Assessment:
    declared = case.declares_defect or not case.wants_defect_put_right
    override = () if command.override is None else (command.override,)
    return Assessment(
        window=command.window,
        basis=command.basis,
        # Which workshops quote out of guarantee is looked up each time, as the rules do.
        remedies_allowed=tuple(
            dict.fromkeys(r for r in command.remedies_allowed if r is not RemedyKind.QUOTE)
        ),
        clock_start=command.clock_start,
        trial_until=command.trial_until,
        guarantee_until=command.guarantee_until,
        policy_id=None if terms is None else terms.id,
        policy_version=None if terms is None else terms.version,
        reasons=tuple(dict.fromkeys(("staff_decision", *command.reasons, *override))),
        missing=() if declared or command.window is not Window.TRIAL else ("symptom_code",),
        product_unit=case.product_unit,
        assessor=command.agent,
        text_ref=command.text_ref,
    )


def _is_under_way(case: CaseRights, repair: Remedy) -> bool:
    return repair.case_id == case.case_id and repair.in_force


def _not_under_way(case: CaseRights | None, repair: Remedy | None) -> Decided:
    if case is None:
        return _refuse(case, "not_seen_yet", "warranty has not heard of this case yet")
    if repair is None or repair.case_id != case.case_id:
        return _refuse(case, "unknown_repair", "this case has no such repair", "path.repair_no", status=404)
    code = "already_ended" if repair.called_off_at is None else "called_off"
    return _refuse(case, code, "this repair is no longer under way", "path.repair_no")


def _reply(decision: Decided) -> AssessedByHand:
    if decision.state is None:
        raise ValueError("an assessment needs a case")
    now = current(decision.state)
    return AssessedByHand(
        assessment_no=now.assessment_no,
        window=now.window,
        remedies_allowed=now.remedies_allowed,
        reasons=now.reasons,
        missing=now.missing,
    )


def _refuse(case: CaseRights | None, code: str, detail: str, *fields: str, status: int = 409) -> Decided:
    return Decision(case, refusal=Refusal(code=code, detail=detail, locations=fields, status=status))
