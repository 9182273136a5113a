"""The trial rule (periodo de prueba): a defect reported within the trial is replaced at once.

    The product is within its trial when it is reported, and the customer (or an agent) declared the defect
    in structured form: a new unit is approved in the same decision. It never goes through the workshop.

Three things to know about it:

- Whether a sale has a trial, and for how many days, is data: `trial` in `packs/*.yaml`. It is either a
  short-term right that a statute gives (United Kingdom: Consumer Rights Act 2015 s. 22, 30 days that begin on
  the day after delivery, refund; a replacement by s. 23) or what the seller promises on top (commercial
  trial; Spain has no statutory one: RDL 1/2007 art. 118 lets the consumer choose repair or replacement).
- Where several trials cover the report, the longest one decides, and every remedy that any of them gives is
  open to the customer. The day that counts is the day of the report in the customer's calendar.
- The seller's promise and the statute bind the seller, not the customer: who asks for the refund that the
  statute gives is not sent a new unit instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ciclo_schemas.values import RemedyKind, Window
from services.warranty.domain.calendar import days_after
from services.warranty.domain.policies import Pack, TrialRule
from services.warranty.domain.rights import Assessment, CaseRights


def is_replaced_at_once(case: CaseRights, assessment: Assessment) -> bool:
    """The trial rule: whether this assessment brings a new unit in the same decision."""
    return (
        assessment.window is Window.TRIAL
        and case.wants_defect_put_right
        and case.declares_defect
        and RemedyKind.REPLACEMENT in assessment.remedies_allowed
        and not wants_refund(case, assessment)
    )


def wants_refund(case: CaseRights, assessment: Assessment) -> bool:
    """Whether the customer asked for a refund that the assessment allows (CRA 2015 s. 20)."""
    return case.asked_for is RemedyKind.REFUND and RemedyKind.REFUND in assessment.remedies_allowed


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial of one sale: until and including which day, by which pack."""

    pack: Pack
    rule: TrialRule
    until: date


def trial_of(pack: Pack, start: date) -> Trial | None:
    """The trial that a pack gives to a sale whose clock starts on `start`; the first day is the next one."""
    if pack.trial is None:
        return None
    return Trial(pack, pack.trial, days_after(start, pack.trial.days))


def covering(trials: Iterable[Trial], reported: date) -> tuple[Trial, ...]:
    """The trials that cover a report of that day, the longest first (of equal ones the law's)."""
    covers = [trial for trial in trials if reported <= trial.until]
    return tuple(sorted(covers, key=lambda trial: trial.until, reverse=True))
