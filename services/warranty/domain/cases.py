"""What warranty hears about a case, and when it answers."""

from typing import Any

from ciclo_schemas.cases import CaseInformationReceived, CaseOpened
from ciclo_schemas.routing import CaseClassified
from ciclo_schemas.values import Category, DecidedBy
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import AssessAgain, Decided, Known, is_unsettled
from services.warranty.domain.defects import in_force
from services.warranty.domain.grants import answer
from services.warranty.domain.policies import Policies
from services.warranty.domain.rights import DEFECTS, CaseRights

ASSESSED = DEFECTS | {Category.WARRANTY_QUERY}
"""The categories for which coverage is assessed."""


def opened(_case: CaseRights | None, event: CaseOpened, given: Given) -> Decided:
    """A case begins: its facts are remembered; nothing is decided before it is classified."""
    return Decision(CaseRights.of(given.subject, event))


def classified(policies: Policies, case: CaseRights | None, event: CaseClassified, given: Given) -> Decided:
    """The case is about a defect or the guarantee: its coverage is assessed.

    A symptom counts as declared when an agent states it; what rules or a model read out of the customer's
    words declares nothing. An agent waits for the answer: he gets one even when it is the same.
    """
    if case is None or event.abstained:
        return Decision(case)
    by_agent = event.classified_by is DecidedBy.AGENT
    update: dict[str, Any] = {"category": event.category}
    if by_agent and event.symptom_code is not None:
        update["symptom_code"] = event.symptom_code
    case = case.model_copy(update=update)
    if case.category not in ASSESSED:
        return Decision(case)
    known = Known.about(case, given.facts)
    return answer(policies, case, known, given) if by_agent else _if_new(policies, case, known, given)


def information_received(
    policies: Policies, case: CaseRights | None, event: CaseInformationReceived, given: Given
) -> Decided:
    """The customer stated more facts: the coverage is assessed again if they change it.

    While it could not be settled, every word of the customer is answered, even by the same assessment: what
    was asked for has been given, so somebody must look now.
    """
    if case is None:
        return Decision(case)
    unsettled = is_unsettled(case)
    case = case.told(event.facts)
    if case.category not in ASSESSED:
        return Decision(case)
    known = Known.about(case, given.facts)
    return answer(policies, case, known, given) if unsettled else _if_new(policies, case, known, given)


def assess_again(policies: Policies, case: CaseRights | None, again: AssessAgain, given: Given) -> Decided:
    """The unit of a case that could not be assessed may be registered now."""
    if case is None or not is_unsettled(case) or case.product_unit != again.product_unit:
        return Decision(case)
    return _if_new(policies, case, Known.about(case, given.facts), given)


def _if_new(policies: Policies, case: CaseRights, known: Known, given: Given) -> Decided:
    """Answer, unless the case has its remedy already or the answer is the one given before."""
    remedy = in_force(case.symptom_code, known.remedies)
    if remedy is not None and remedy.case_id == case.case_id:
        return Decision(case)
    decision = answer(policies, case, known, given)
    after = decision.state
    if after is None or after.assessment is None or after.remedies > case.remedies:
        return decision
    return Decision(case) if after.assessment.says_the_same_as(case.assessment) else decision
