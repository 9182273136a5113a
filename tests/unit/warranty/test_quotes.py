"""Out of guarantee (RD 58/1988): the workshops there are, the price of a repair, the answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import (
    QuoteExpired,
    QuoteIssued,
    QuoteRefused,
    QuoteRequested,
    RepairAuthorized,
    RepairCompleted,
)
from services.chassis.decider import Origin, Timer
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.quotes import QuoteEnds
from services.warranty.domain.records import ServicePoint
from tests.support.deciders import Story
from tests.unit.warranty.world import (
    ANCIENT_TV,
    CORNER,
    NORTH,
    OTHER_CASE,
    QUOTE_NO,
    REPORTED,
    SOUTH,
    TV,
    answered,
    chosen,
    classified,
    last_assessment,
    opened,
    quoted,
    reported,
    story,
)

ENDS = QuoteEnds(quote_no=QUOTE_NO, revision=1)
VALID_UNTIL = datetime(2026, 12, 21, 22, 59, 59, tzinfo=UTC)
"""The end of the thirtieth day in Madrid."""


def out(*rows: object) -> Story:
    """A television out of guarantee; the southern workshop is the only one unless others are given."""
    told = story(ANCIENT_TV, *(rows or (SOUTH,)))
    told.hears(opened())
    told.hears(classified())
    return told


def asked() -> Story:
    """A quote is asked for."""
    told = out()
    told.hears(chosen(RemedyKind.QUOTE))
    return told


def offered() -> Story:
    """A quote is on the table."""
    told = asked()
    told.hears(quoted())
    return told


def paid_repair() -> Story:
    """A repair that the customer pays, carried out."""
    told = offered()
    told.hears(answered(True))
    told.hears(reported(WorkshopReportKind.COMPLETED, 20))
    return told


def issued(told: Story) -> QuoteIssued:
    """The offer that was made last."""
    return next(event for event in reversed(told.published) if isinstance(event, QuoteIssued))


def test_out_of_guarantee_the_workshops_are_named_official_ones_first() -> None:
    told = out(CORNER, NORTH, SOUTH, replace(SOUTH, id="cast-lisbon", jurisdictions='["PT"]'))
    assessed = last_assessment(told)
    assert (assessed.window, assessed.remedies_allowed) == (Window.OUT, (RemedyKind.QUOTE,))
    named = [(point.service_point, point.official) for point in assessed.service_points]
    assert named == [("cast-north", True), ("cast-south", True), ("corner-shop", False)]


def test_where_no_workshop_is_known_no_quote_is_promised() -> None:
    told = out(replace(SOUTH, active=False))
    assert last_assessment(told).remedies_allowed == ()
    assert [(w.remedy, w.reason) for w in last_assessment(told).withheld] == [
        (RemedyKind.QUOTE, "no_service_point")
    ]


def test_a_quote_is_due_within_five_working_days() -> None:
    told = asked()
    requested = told.published[-1]
    assert isinstance(requested, QuoteRequested)
    assert (requested.quote_no, requested.service_point) == (QUOTE_NO, "cast-south")
    assert requested.due == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    told.hears(chosen(RemedyKind.QUOTE))
    assert told.said() == ["coverage.assessed", "quote.requested"]


def test_the_offer_stands_for_thirty_days_even_if_the_workshop_says_less() -> None:
    assert issued(offered()).valid_until == VALID_UNTIL
    longer = asked()
    longer.hears(quoted(valid_until=datetime(2027, 3, 1, tzinfo=UTC)))
    assert issued(longer).valid_until == datetime(2027, 3, 1, tzinfo=UTC)


def test_an_accepted_quote_becomes_a_paid_repair_at_that_workshop() -> None:
    told = offered()
    told.hears(answered(True))
    assert told.said()[3:] == ["quote.accepted", "repair.authorized"]
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert (repair.paid, repair.quote_no, repair.service_point) == (True, QUOTE_NO, "cast-south")
    assert (repair.policy.id, repair.policy.version) == ("es-paid-repair", "1988")
    south = told.facts.one(ServicePoint, id="cast-south")
    assert south is not None
    assert south.open_repairs == SOUTH.open_repairs + 1
    told.hears(answered(True))
    told.hears(answered(False))
    assert told.said()[5:] == ["remedy.already_in_force", "remedy.already_in_force"]


def test_a_refused_quote_ends_and_another_may_be_asked_for() -> None:
    told = offered()
    told.hears(answered(False))
    refused = told.published[-1]
    assert isinstance(refused, QuoteRefused)
    assert refused.reason == "customer_refused"
    told.hears(chosen(RemedyKind.QUOTE))
    requested = told.published[-1]
    assert isinstance(requested, QuoteRequested)
    assert requested.quote_no == "Q-C26-0001-7-2"


def test_who_changes_her_mind_while_the_offer_stands_gets_the_repair() -> None:
    told = offered()
    told.hears(answered(False))
    told.hears(answered(True))
    assert told.said()[-2:] == ["quote.accepted", "repair.authorized"]


def test_an_answer_to_an_old_revision_is_answered_with_the_offer_that_stands() -> None:
    told = offered()
    told.hears(quoted(revision=2, work=("motor.replaced", "belt.replaced")))
    told.hears(answered(True, revision=1))
    assert told.said()[3:] == ["quote.issued", "quote.issued"]
    assert issued(told).revision == 2
    told.hears(answered(True, revision=2))
    assert told.said()[-2:] == ["quote.accepted", "repair.authorized"]


def test_a_quote_that_nobody_answered_expires() -> None:
    told = offered()
    told.hears(ENDS, origin=Origin.TIMER)
    told.hears(ENDS, origin=Origin.TIMER)
    assert told.said()[3:] == ["quote.expired"]
    told.hears(answered(True, reported_at=VALID_UNTIL + timedelta(seconds=1)))
    late = told.published[-1]
    assert isinstance(late, QuoteExpired)
    assert late.valid_until == VALID_UNTIL


def test_an_acceptance_given_in_time_counts_even_if_it_arrives_after_the_end() -> None:
    told = offered()
    told.hears(ENDS, origin=Origin.TIMER)
    told.hears(answered(True, reported_at=VALID_UNTIL))
    assert told.said()[-2:] == ["quote.accepted", "repair.authorized"]


def test_the_end_of_an_older_revision_does_not_end_the_newer_one() -> None:
    told = offered()
    told.hears(quoted(revision=2))
    told.hears(ENDS, origin=Origin.TIMER)
    assert told.said()[-1] == "quote.issued"


def test_a_late_quote_is_taken_and_a_workshop_that_stays_silent_is_not_asked_again() -> None:
    told = out(SOUTH, CORNER)
    (timer,) = told.hears(chosen(RemedyKind.QUOTE)).timers
    assert isinstance(timer, Timer)
    assert timer.due == datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)
    told.hears(timer.data, origin=Origin.TIMER)
    refused = told.published[-1]
    assert isinstance(refused, QuoteRefused)
    assert refused.reason == "no_quote_given"
    told.hears(chosen(RemedyKind.QUOTE))
    again = told.published[-1]
    assert isinstance(again, QuoteRequested)
    assert again.service_point == "corner-shop"
    assert told.hears(quoted()).refusal is not None

    late = asked()
    late.now = REPORTED + timedelta(days=9)
    late.hears(quoted())
    assert late.said()[-1] == "quote.issued"


def test_offers_that_nobody_asked_for_are_refused() -> None:
    told = offered()
    refusals = [
        told.hears(quoted(quote_no="Q-C26-9999-1-1")).refusal,
        told.hears(quoted(revision=2, publisher="workshops/cast-north")).refusal,
        told.hears(quoted()).refusal,
        story().hears(quoted()).refusal,
    ]
    told.hears(answered(True))
    refusals.append(told.hears(quoted(revision=2)).refusal)
    assert [(refusal.code, refusal.wait is not None) for refusal in refusals if refusal is not None] == [
        ("unknown_quote", True),
        ("not_this_workshop", False),
        ("older_revision", False),
        ("unknown_quote", True),
        ("quote_closed", False),
    ]


def test_nobody_pays_for_what_the_guarantee_covers_after_all() -> None:
    told = offered()
    told.facts.apply([replace(ANCIENT_TV, revision=2, purchased_on=date(2025, 1, 3), delivered_on=None)])
    told.hears(classified(classified_by="agent"))
    told.hears(answered(True, reported_at=REPORTED))
    assert "repair.authorized" not in told.said()
    assert last_assessment(told).window is Window.GUARANTEE
    assert "choice_not_available" in last_assessment(told).reasons
    told.hears(AssessAgain(product_unit=TV.product_unit))
    told.hears(chosen(RemedyKind.REPAIR, assessment_no=last_assessment(told).assessment_no))
    free = told.published[-1]
    assert isinstance(free, RepairAuthorized)
    assert not free.paid


@pytest.mark.parametrize("quote_no", ["Q-C26-9999-1-1", QUOTE_NO])
def test_an_answer_to_a_quote_that_is_not_there_is_answered_with_what_can_be_chosen(quote_no: str) -> None:
    told = asked() if quote_no == QUOTE_NO else out()
    told.hears(answered(True, quote_no=quote_no))
    assert told.said()[-1] == "coverage.assessed"
    assert "choice_not_available" in last_assessment(told).reasons


def test_a_paid_repair_is_guaranteed_for_three_months_by_the_workshop_that_did_it() -> None:
    told = paid_repair()
    completed = told.published[-1]
    assert isinstance(completed, RepairCompleted)
    assert completed.repair_guarantee_until == date(2027, 2, 20)

    again = story(facts=told.facts, case=OTHER_CASE)
    again.hears(opened(case_no="C26-0002-5", reported_at=datetime(2027, 2, 20, 12, tzinfo=UTC)))
    again.hears(classified())
    assessed = last_assessment(again)
    assert (assessed.window, assessed.basis) == (Window.GUARANTEE, "repair_guarantee")
    assert assessed.remedies_allowed == (RemedyKind.REPAIR,)
    again.hears(chosen(RemedyKind.REPAIR))
    repair = again.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert (repair.service_point, repair.paid, repair.quote_no) == ("cast-south", False, None)
    again.hears(reported(WorkshopReportKind.FAILED, case=OTHER_CASE, repair_no=repair.repair_no))
    assert last_assessment(again).remedies_allowed == ()
    assert last_assessment(again).reasons[-1] == "choice_for_staff"


@pytest.mark.parametrize(
    ("symptom", "day"), [("no_picture", date(2027, 2, 21)), ("no_sound", date(2027, 2, 20))]
)
def test_the_guarantee_of_a_paid_repair_covers_its_own_defect_and_no_day_more(
    symptom: str, day: date
) -> None:
    told = paid_repair()
    other = story(facts=told.facts, case=UUID(int=3))
    facts = {"product_unit": TV.product_unit, "symptom_code": symptom}
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    other.hears(opened(case_no="C26-0003-3", facts=facts, reported_at=at))
    other.hears(classified())
    assert last_assessment(other).window is Window.OUT


def test_a_paid_repair_that_failed_leaves_the_customer_free_to_ask_another_workshop() -> None:
    told = offered()
    told.hears(answered(True))
    told.hears(reported(WorkshopReportKind.FAILED, 20))
    assert told.said()[-2:] == ["repair.failed", "coverage.assessed"]
    assert last_assessment(told).window is Window.OUT
    assert last_assessment(told).remedies_allowed == (RemedyKind.QUOTE,)
