"""What the customer chooses among the remedies offered, and what is done for one who does not choose."""

from ciclo_schemas.cases import CaseRemedyChosen
from ciclo_schemas.values import RemedyKind, Window
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import (
    ChoiceDue,
    Decided,
    Known,
    assess_now,
    blocked,
    current,
    default_of,
    not_available,
    pack_giving,
    publish,
)
from services.warranty.domain.defects import in_force
from services.warranty.domain.grants import refund, refund_instead, repair_unit, replace_unit
from services.warranty.domain.packs import Pack
from services.warranty.domain.policies import Policies
from services.warranty.domain.quotes import request_quote
from services.warranty.domain.records import Remedy
from services.warranty.domain.remedies import already_in_force
from services.warranty.domain.rights import CaseRights
from services.warranty.domain.trial import trial_of

CHOSEN = "chosen_by_customer"


def remedy_chosen(
    policies: Policies, case: CaseRights | None, event: CaseRemedyChosen, given: Given
) -> Decided:
    """The customer chose among the remedies offered.

    Laws: RDL 1/2007 arts. 118.1 and 119, CRA 2015 ss. 20-24, DL 84/2021 arts. 15-16.

    A choice that is stale or was not offered is answered with a new assessment that says so; so is one that
    comes while a cancellation goes on. One that follows a cancelled case waits for routing to reopen it.
    """
    if case is None:
        return Decision(case)
    if case.withdrawn and case.ended:
        return Decision(case.model_copy(update={"held_choice": event}))
    known = Known.about(case, given.facts)
    blocking = in_force(case.symptom_code, known.remedies)
    if blocking is not None:
        return _while_in_force(policies, case, event, known, blocking, given)
    if case.withdrawn or not _offered(case, event):
        return not_available(policies, case, known, given)
    if event.remedy is RemedyKind.QUOTE:
        return request_quote(policies, case, known, given)
    if event.remedy is RemedyKind.REPLACEMENT:
        return replace_unit(policies, Decision(case), known, given, CHOSEN)
    if event.remedy is RemedyKind.REPAIR:
        return repair_unit(policies, Decision(case), known, given, CHOSEN)
    if not _in_time(policies, case, event, known):
        late = current(case).without(RemedyKind.REFUND, "right_not_exercised_in_time")
        return publish(policies, case, late, given)
    return refund(policies, Decision(case), known, given, event.remedy, CHOSEN)


def choice_due(policies: Policies, case: CaseRights | None, due: ChoiceDue, given: Given) -> Decided:
    """Nobody chose in time: the default of the policy, if the offer still stands and nothing came of it."""
    if case is None or case.assessment is None or case.assessment.assessment_no != due.assessment_no:
        return Decision(case)
    if case.withdrawn:
        return Decision(case)
    default = default_of(policies, case)
    known = Known.about(case, given.facts)
    acted_on = any(
        (remedy.case_id, remedy.assessment_no) == (case.case_id, due.assessment_no)
        for remedy in known.remedies
    )
    if default is None or acted_on or in_force(case.symptom_code, known.remedies) is not None:
        return Decision(case)
    if default.remedy is RemedyKind.REPAIR:
        return repair_unit(policies, Decision(case), known, given, "default_choice")
    return replace_unit(policies, Decision(case), known, given, "default_choice")


def _while_in_force(
    policies: Policies,
    case: CaseRights,
    event: CaseRemedyChosen,
    known: Known,
    blocking: Remedy,
    given: Given,
) -> Decided:
    """The defect has its remedy. Only a refund may still take the place of a new unit that has not left.

    Once it has left, the seller must be given the time to deliver it (CRA 2015 s. 23(7)), and Portugal's
    choice between the two (DL 84/2021 art. 16) has been carried out: the answer names the remedy in force.
    A parcel that was lost has not left. A refund once chosen ends the contract: no new unit comes after it.
    """
    if blocking.case_id != case.case_id:
        return blocked(policies, case, assess_now(policies, case, known, given), blocking, given)
    instead = blocking.kind == RemedyKind.REPLACEMENT and not blocking.left_the_house
    refund_offered = event.remedy is RemedyKind.REFUND and _offered(case, event)
    if instead and refund_offered and _in_time(policies, case, event, known):
        return refund_instead(policies, case, known, blocking, given)
    return Decision(case, events=(already_in_force(blocking),))


def _offered(case: CaseRights, event: CaseRemedyChosen) -> bool:
    assessment = case.assessment
    return (
        assessment is not None
        and event.assessment_no == assessment.assessment_no
        and event.remedy in assessment.remedies_allowed
    )


def _in_time(policies: Policies, case: CaseRights, event: CaseRemedyChosen, known: Known) -> bool:
    """Whether a refund is chosen within the trial, where the right must be exercised in it (CRA s. 22(1)).

    Who was promised a new unit that is not at hand need not have made up his mind before.
    """
    assessment = current(case)
    if assessment.window is not Window.TRIAL or "no_stock" in assessment.reasons or known.unit is None:
        return True
    pack = pack_giving(policies, case, known.unit, RemedyKind.REFUND)
    if not isinstance(pack, Pack) or assessment.clock_start is None:
        return True
    trial = trial_of(pack, assessment.clock_start)
    if trial is None or not trial.rule.exercised_in_time:
        return True
    return policies.calendars.day(event.reported_at, known.unit.jurisdiction) <= trial.until
