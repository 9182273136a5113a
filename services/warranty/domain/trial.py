"""The trial rule (periodo de prueba): a defect reported within the trial is put right at once.

    The product is within its trial when it is reported, and the customer (or an agent) declared the defect
    in structured form: a new unit is approved in the same decision; or the refund, where the rule gives one
    and the customer asked for it. It never goes through the workshop.

Four things to know about it:

- Whether a sale has a trial, and for how many days, is data: `trial` in `packs/*.yaml`. It is either a
  short-term right that a statute gives (United Kingdom: Consumer Rights Act 2015 s. 22, 30 days that begin on
  the day after delivery, refund, and a replacement by s. 23; Portugal: DL 84/2021 art. 16, replacement or
  refund) or what the seller promises on top (commercial trial; Spain has no statutory one: RDL 1/2007
  art. 118 lets the consumer choose repair or replacement).
- Where several trials cover the report, the longest one decides, and every remedy that any of them gives is
  open to the customer. The day that counts is the day of the report in the customer's calendar.
- The seller's promise and the statute bind the seller, not the customer: who asks for the refund that the
  statute gives is not sent a new unit instead, and who asked for nothing may still take the refund while the
  new unit has not left (`choices.remedy_chosen`).
- A right that must be exercised in time (`exercised_in_time`: United Kingdom, s. 22(1)) ends with the trial.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ciclo_schemas.values import RemedyKind, Window
from services.warranty.domain.calendar import days_after
from services.warranty.domain.packs import Pack, TrialRule
from services.warranty.domain.rights import Assessment, CaseRights


def given_at_once(case: CaseRights, assessment: Assessment) -> RemedyKind | None:
    """The trial rule: what this assessment brings in the same decision, if anything."""
    declared = case.wants_defect_put_right and case.declares_defect
    if assessment.window is not Window.TRIAL or not declared:
        return None
    allowed = assessment.remedies_allowed
    if case.asked_for is RemedyKind.REFUND and RemedyKind.REFUND in allowed:
        return RemedyKind.REFUND
    return RemedyKind.REPLACEMENT if RemedyKind.REPLACEMENT in allowed else None


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


def deciding(trials: Sequence[Trial], asked_for: RemedyKind | None) -> Trial:
    """Of the trials that cover a report, the first that gives what was asked for, else the first."""
    return next((trial for trial in trials if asked_for in trial.rule.remedies), trials[0])
