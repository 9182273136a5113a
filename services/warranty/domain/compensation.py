"""Compensation (compensación): credit with the seller for a fault of the house, once for each cause.

Routing proposes, and waits for the answer; here it is granted within the limits of the house's charter
(`packs/service-credit/`), or declined. What was proposed is given whole or not at all: who was told an
amount is not given less in silence. It takes the place of nothing that the law gives.
"""

from collections.abc import Sequence

from ciclo_schemas.routing import CompensationCause, CompensationProposed
from ciclo_schemas.values import Code, Money
from ciclo_schemas.warranty import CompensationDeclined, CompensationGranted
from services.chassis.decider import Decision, Given
from services.warranty.domain.answers import Decided
from services.warranty.domain.credits import ServiceCreditPack
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Compensation
from services.warranty.domain.rights import CaseRights

PROMISE_NOT_KEPT = "promise_not_kept"


def compensation_proposed(
    policies: Policies, case: CaseRights | None, proposed: CompensationProposed, given: Given
) -> Decided:
    """Grant or decline; every proposal of a known cause is answered, a repeated one by `granted_before`.

    What was declined may be proposed again, with another amount.
    """
    if case is None or proposed.cause is CompensationCause.fallback():
        return Decision(case)
    earlier = given.facts.find(Compensation, case_id=given.subject)
    today = policies.calendars.day(given.now, case.jurisdiction)
    pack = policies.service_credit(case.jurisdiction, today)
    amount = proposed.amount or (None if pack is None else pack.standard(proposed.cause))
    if pack is None or amount is None:
        return _declined(case, proposed, "no_terms")
    reason = _why_not(pack, proposed.cause, proposed.cause_no, amount, earlier)
    if reason is not None:
        return _declined(case, proposed, reason)
    by_promise = proposed.cause is CompensationCause.PROMISE
    granted = CompensationGranted(
        cause=proposed.cause,
        cause_no=proposed.cause_no,
        amount=amount,
        policy=pack.policy,
        reasons=(
            PROMISE_NOT_KEPT if by_promise else proposed.reason,
            "standard_amount" if proposed.amount is None else "within_limit",
        ),
    )
    row = Compensation(
        case_id=given.subject,
        cause=proposed.cause.value,
        cause_no=proposed.cause_no,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        policy_id=pack.id,
        policy_version=pack.version,
        granted_at=given.now,
    )
    return Decision(case, events=(granted,), rows=(row,))


def _why_not(
    pack: ServiceCreditPack,
    cause: CompensationCause,
    cause_no: int,
    amount: Money,
    earlier: Sequence[Compensation],
) -> Code | None:
    """Why nothing is granted; None if it is."""
    if any((one.cause, one.cause_no) == (cause, cause_no) for one in earlier):
        return "granted_before"
    if amount.currency != pack.currency:
        return "other_currency"
    if amount.amount_minor == 0:
        return "no_amount"
    if amount.amount_minor > pack.limits(cause).most_minor:
        return "above_limit"
    total = amount.amount_minor + sum(one.amount_minor for one in earlier)
    return "case_limit_reached" if total > pack.case_total_minor else None


def _declined(case: CaseRights, proposed: CompensationProposed, reason: Code) -> Decided:
    declined = CompensationDeclined(cause=proposed.cause, cause_no=proposed.cause_no, reason=reason)
    return Decision(case, events=(declined,))
