"""Quotes (presupuestos) for repairs that the customer pays, out of guarantee (RD 58/1988 arts. 3 and 6).

A quote is requested, then issued by its workshop in numbered revisions, then accepted, refused or expired.
Whatever the customer answers is answered: a stale revision by the offer that stands now, an expired quote by
its end, a repair that the guarantee covers meanwhile by a new assessment.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from ciclo_schemas.cases import CaseQuoteAnswered
from ciclo_schemas.inbound import WorkshopQuoted
from ciclo_schemas.values import Money, RemedyKind, Window
from ciclo_schemas.warranty import QuoteAccepted, QuoteExpired, QuoteIssued, QuoteRefused, QuoteRequested
from services.chassis.decider import CancelTimer, Decision, Given, Message, Timer
from services.warranty.domain.answers import (
    CANCELLED,
    Decided,
    Known,
    current,
    not_available,
    publish,
    willing_workshops,
)
from services.warranty.domain.calendar import working_days_after
from services.warranty.domain.defects import in_force
from services.warranty.domain.grants import send_to_workshop
from services.warranty.domain.packs import PaidRepairPack
from services.warranty.domain.policies import Policies
from services.warranty.domain.records import Quote, ServicePoint, Unit
from services.warranty.domain.remedies import already_in_force, new_remedy
from services.warranty.domain.reports import WAIT_FOR_UNKNOWN, not_ours, refuse
from services.warranty.domain.rights import CaseRights

OPEN = frozenset({"requested", "issued"})

GRACE = timedelta(days=7)
"""A workshop that is late with its quote may still give it for so long; until then a person sees to it."""


class QuoteDue(Message):
    """The workshop gave no quote, not even late."""

    quote_no: str


class QuoteEnds(Message):
    """The offer's last moment has passed."""

    quote_no: str
    revision: int


def request_quote(policies: Policies, case: CaseRights, known: Known, given: Given) -> Decided:
    """Ask the first willing workshop, official ones before others; one quote of a case is open at a time.

    Due within five working days (RD 58/1988 art. 3.7).
    """
    quotes = given.facts.find(Quote, case_id=case.case_id) if case.quotes else ()
    if known.unit is None or any(quote.status in OPEN for quote in quotes):
        return Decision(case)
    jurisdiction = known.unit.jurisdiction
    today = policies.calendars.day(given.now, jurisdiction)
    terms = policies.paid_repair(jurisdiction, today)
    workshops = willing_workshops(policies, case, known.unit, given)
    if terms is None or not workshops:
        withheld = current(case).without(RemedyKind.QUOTE, "no_service_point")
        return publish(policies, case, withheld.model_copy(update={"service_points": ()}), given)
    due = policies.calendars.end_of(working_days_after(today, terms.quote_working_days), jurisdiction)
    quote = Quote(
        quote_no=f"Q-{case.case_no}-{case.quotes + 1}",
        case_id=case.case_id,
        product_unit=known.unit.product_unit,
        symptom_code=case.symptom_code,
        service_point=workshops[0].id,
        assessment_no=current(case).assessment_no,
        policy_id=terms.id,
        policy_version=terms.version,
        status="requested",
        due=due,
    )
    requested = QuoteRequested(
        quote_no=quote.quote_no,
        service_point=quote.service_point,
        product_unit=quote.product_unit,
        assessment_no=quote.assessment_no,
        due=due,
    )
    case = case.model_copy(update={"quotes": case.quotes + 1})
    timer = Timer(due=due + GRACE, data=QuoteDue(quote_no=quote.quote_no), key=quote.quote_no)
    return Decision(case, events=(requested,), rows=(quote,), timers=(timer,))


def workshop_quoted(
    policies: Policies, case: CaseRights | None, report: WorkshopQuoted, given: Given
) -> Decided:
    """The workshop offers, or corrects its offer, which stands for thirty days at least (art. 3.1)."""
    quote = given.facts.one(Quote, quote_no=report.quote_no)
    if case is None or quote is None or quote.case_id != given.subject:
        detail = "this case has no such quote"
        return refuse(case, "unknown_quote", detail, "quote_no", wait=WAIT_FOR_UNKNOWN)
    if not_ours(report.publisher, quote.service_point):
        return refuse(case, "not_this_workshop", "another workshop was asked", "publisher")
    if report.revision <= quote.revision:
        return refuse(case, "older_revision", "a newer revision of this quote was issued", "revision")
    if quote.status not in OPEN:
        return refuse(case, "quote_closed", "this quote was answered or has ended", "quote_no")
    quote = replace(
        quote,
        status="issued",
        revision=report.revision,
        price_minor=report.price.amount_minor,
        currency=report.price.currency,
        valid_until=max(report.valid_until, _law_says(policies, quote, given)),
        work=json.dumps(report.work),
    )
    issued = _issued(quote)
    ends = QuoteEnds(quote_no=quote.quote_no, revision=quote.revision)
    return Decision(
        case,
        events=(issued,),
        rows=(quote,),
        timers=(
            CancelTimer(QuoteDue, key=quote.quote_no),
            Timer(due=issued.valid_until, data=ends, key=quote.quote_no),
        ),
    )


def quote_answered(
    policies: Policies, case: CaseRights | None, answer: CaseQuoteAnswered, given: Given
) -> Decided:
    """The customer accepts or refuses the offer.

    An acceptance counts if it was given while the offer stood, even if it arrives later or comes after a
    refusal: nobody loses an offer that stands.
    """
    if case is None:
        return Decision(case)
    known = Known.about(case, given.facts)
    quote = given.facts.one(Quote, quote_no=answer.quote_no)
    if quote is None or quote.case_id != case.case_id or quote.revision == 0:
        return not_available(policies, case, known, given)
    if quote.status == "accepted":
        blocking = in_force(case.symptom_code, known.remedies)
        return Decision(case, events=() if blocking is None else (already_in_force(blocking),))
    standing = _issued(quote)
    if answer.revision != quote.revision and quote.status == "issued":
        return Decision(case, events=(standing,))
    if case.withdrawn:
        return _over(case, quote, standing)
    in_time = answer.revision == quote.revision and answer.reported_at <= standing.valid_until
    if answer.accepted and in_time:
        return _accepted(policies, case, known, quote, given)
    if answer.accepted or quote.status != "issued":
        return _over(case, quote, standing)
    refused = QuoteRefused(quote_no=quote.quote_no, reason="customer_refused")
    return _closed(case, replace(quote, status="refused"), refused)


def quote_due(case: CaseRights | None, due: QuoteDue, given: Given) -> Decided:
    """The workshop stays silent: there will be no quote of its own; the customer may ask for another one."""
    quote = given.facts.one(Quote, quote_no=due.quote_no)
    if case is None or quote is None or quote.status != "requested":
        return Decision(case)
    refused = QuoteRefused(quote_no=quote.quote_no, reason="no_quote_given")
    return Decision(case, events=(refused,), rows=(replace(quote, status="not_given"),))


def quote_ends(case: CaseRights | None, end: QuoteEnds, given: Given) -> Decided:
    """Nobody answered the offer while it stood."""
    quote = given.facts.one(Quote, quote_no=end.quote_no)
    if case is None or quote is None or (quote.status, quote.revision) != ("issued", end.revision):
        return Decision(case)
    expired = QuoteExpired(quote_no=quote.quote_no, valid_until=_issued(quote).valid_until)
    return Decision(case, events=(expired,), rows=(replace(quote, status="expired"),))


def _accepted(policies: Policies, case: CaseRights, known: Known, quote: Quote, given: Given) -> Decided:
    """The paid repair at the workshop that made the offer; never for what the guarantee covers by now."""
    blocking = in_force(case.symptom_code, known.remedies)
    if blocking is not None:
        return Decision(case, events=(already_in_force(blocking),))
    point = given.facts.one(ServicePoint, id=quote.service_point)
    if current(case).window is not Window.OUT or case.product_unit != quote.product_unit or point is None:
        return not_available(policies, case, known, given)
    terms = policies.named(quote.policy_id, quote.policy_version)
    remedy = new_remedy(case, RemedyKind.REPAIR, known.remedies, terms, given.now)
    remedy = replace(remedy, quote_no=quote.quote_no)
    accepted = QuoteAccepted(quote_no=quote.quote_no, revision=quote.revision)
    decision = _closed(case, replace(quote, status="accepted"), accepted)
    return send_to_workshop(decision, remedy, point, "quote_accepted")


def _over(case: CaseRights, quote: Quote, standing: QuoteIssued) -> Decided:
    """The answer comes too late: how the quote ended is said (again)."""
    if quote.status in {"issued", "expired"}:
        expired = QuoteExpired(quote_no=quote.quote_no, valid_until=standing.valid_until)
        return _closed(case, replace(quote, status="expired"), expired)
    reason = CANCELLED if quote.status == CANCELLED else "customer_refused"
    return Decision(case, events=(QuoteRefused(quote_no=quote.quote_no, reason=reason),))


def _closed(case: CaseRights, quote: Quote, event: QuoteAccepted | QuoteRefused | QuoteExpired) -> Decided:
    timers = (CancelTimer(QuoteEnds, key=quote.quote_no),)
    return Decision(case, events=(event,), rows=(quote,), timers=timers)


def _issued(quote: Quote) -> QuoteIssued:
    if quote.price_minor is None or quote.currency is None or quote.valid_until is None:
        raise ValueError("a quote that was issued has a price and an end")
    return QuoteIssued(
        quote_no=quote.quote_no,
        revision=quote.revision,
        service_point=quote.service_point,
        price=Money(amount_minor=quote.price_minor, currency=quote.currency),
        valid_until=quote.valid_until,
        work=tuple(json.loads(quote.work)),
    )


def _law_says(policies: Policies, quote: Quote, given: Given) -> datetime:
    """Until when an offer stands at least that is told today: the end of the last day, where the unit is."""
    terms = policies.named(quote.policy_id, quote.policy_version)
    unit = given.facts.one(Unit, product_unit=quote.product_unit)
    if not isinstance(terms, PaidRepairPack) or unit is None:
        raise LookupError("a quote rests on the terms of paid repairs and on a registered unit")
    today = policies.calendars.day(given.now, unit.jurisdiction)
    return policies.calendars.end_of(today + timedelta(days=terms.quote_valid_days), unit.jurisdiction)
