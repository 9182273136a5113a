"""Weeks without a word of the customer: reminders, silence, offers that end."""

from ciclo_schemas.inbound import ScanKind, WordKind, WorkshopReportKind
from ciclo_schemas.values import Buyer
from demo.actors import Case
from services.chassis.ids import new_id
from tests.journeys.cycle.journey import (
    DAY,
    GUARANTEE,
    HOUR,
    OUT,
    SOLVED,
    Journey,
    Scene,
    Thing,
)

BROKEN = "El microondas está averiado, no calienta."
FORGOTTEN = "I cannot log in to my account, I forgot my password."
REMINDED = ("customer.reminded", "customer.reminded")


async def silent_about_remedy(s: Scene) -> None:
    """He never chooses: reminded twice, closed as unconfirmed; a late choice is carried out all the same."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.expects(case, "information.requested")
    await s.clock.reaches(73 * HOUR)
    await s.expects(case, "customer.reminded")
    await s.clock.reaches(241 * HOUR)
    await s.expects(case, "customer.reminded", 2)
    await s.clock.reaches(337 * HOUR)
    await s.expects(case, "case.closed")
    assert s.data(case, "case.closed")[0]["closed_as"] == "unconfirmed"
    await s.customer.says("remedy-choice", {"remedy": "replacement", "assessment_no": 1})
    await s.expects(case, "case.reopened")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()
    await s.expects(case, "case.closed", 2)


async def silent_about_solution(s: Scene) -> None:
    """He never says whether it is solved: closed as unconfirmed; his late yes confirms it."""
    case = await s.customer.writes(FORGOTTEN)
    await s.agent.takes(case)
    await s.agent.proposes(case, "guided")
    await s.expects(case, "resolution.proposed")
    await s.clock.reaches(73 * HOUR)
    await s.clock.reaches(241 * HOUR)
    await s.clock.reaches(337 * HOUR)
    await s.expects(case, "case.closed")
    assert s.data(case, "case.closed")[0]["closed_as"] == "unconfirmed"
    await s.customer.says("confirmation", {"proposal_no": 1})
    await s.expects(case, "case.closed", 2)
    assert s.data(case, "case.closed")[1]["closed_as"] == "confirmed"


async def silent_after_greeting(s: Scene) -> None:
    """Nobody knows what he wanted: closed as unconfirmed."""
    case = await s.customer.writes("hello")
    await s.expects(case, "information.requested")
    await s.clock.reaches(73 * HOUR)
    await s.clock.reaches(241 * HOUR)
    await s.clock.reaches(337 * HOUR)
    await s.expects(case, "case.closed")


async def silent_about_unit(s: Scene) -> None:
    """He never says which unit: a person finds it out and assesses by hand; then the choice is his."""
    case = await s.customer.writes(BROKEN, symptom="no_heat", names=None)
    await s.expects(case, "information.requested")
    await s.clock.reaches(73 * HOUR)
    await s.clock.reaches(241 * HOUR)
    await s.clock.reaches(337 * HOUR)
    await s.person(case, "agent-05")
    await s.office.assesses(case, s.named(0)["product_unit"], "repair", "replacement")
    await s.customer.chooses("replacement", assessment=2)
    assert s.data(case, "coverage.assessed")[1]["assessed_by"] == "agent"
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def quote_expires(s: Scene) -> None:
    """Nobody answers the offer while it stands."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("quote")
    await s.workshop.quotes(case, 90)
    await s.expects(case, "quote.issued")
    await s.clock.reaches(121 * HOUR)
    await s.expects(case, "customer.reminded")
    await s.clock.reaches(241 * HOUR)
    await s.clock.reaches(31 * DAY)
    await s.expects(case, "quote.expired")
    await s.customer.confirms()
    assert s.data(case, "resolution.proposed")[0]["reason"] == "quote_expired"


async def default_choice(s: Scene) -> None:
    """A business buyer does not choose: after seven days the seller's promise chooses the repair for him."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.expects(case, "information.requested")
    await s.clock.reaches(7 * DAY + HOUR)
    await s.expects(case, "case.escalated")
    await s.line.reports(case, WorkshopReportKind.COMPLETED, work=("tested",))
    await s.customer.confirms()


async def word_about_nothing(s: Scene) -> None:
    """A word about a case that never comes is rejected after a day; this customer's own case goes on."""
    case = await s.customer.writes(FORGOTTEN)
    strange = await s.line.says(Case(new_id(), "", {}), WordKind.HUMAN_REQUEST)
    early = await s.line.says(case, WordKind.QUOTE_ANSWER, quote_no="Q-1", revision=1, accepted=True)
    await s.agent.takes(case)
    await s.agent.proposes(case, "guided")
    await s.clock.reaches(26 * HOUR)
    assert await s.refused(strange) == "unknown_case"
    assert await s.refused(early) == "not_seen_yet"
    await s.customer.confirms()


JOURNEYS = (
    Journey(
        "silent about the remedy",
        silent_about_remedy,
        things=(GUARANTEE,),
        path=(
            "information.requested",
            *REMINDED,
            "case.closed",
            "case.remedy_chosen",
            "case.reopened",
            "replacement.approved",
            *SOLVED,
        ),
        never=("promise.broken",),
        messages=(
            "receipt",
            "remedy_choice",
            "reminder",
            "reminder",
            "closed_unconfirmed",
            "reopened",
            "replacement",
            "shipped",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "silent about the solution",
        silent_about_solution,
        language="en",
        jurisdiction="GB",
        path=("resolution.proposed", *REMINDED, "case.closed", "case.reopened", "case.closed"),
        never=("promise.broken",),
        messages=("receipt", "solved", "reminder", "reminder", "closed_unconfirmed", "closed"),
    ),
    Journey(
        "silent after a greeting",
        silent_after_greeting,
        language="en",
        jurisdiction="GB",
        path=("case.classified", "information.requested", *REMINDED, "case.closed"),
        never=("case.rejected", "promise.broken"),
        messages=("receipt", "information", "reminder", "reminder", "closed_unconfirmed"),
    ),
    Journey(
        "silent about the unit",
        silent_about_unit,
        things=(GUARANTEE,),
        path=("information.requested", *REMINDED, "case.assigned", "replacement.approved", *SOLVED),
        never=("promise.broken", "case.escalated"),
        messages=(
            "receipt",
            "information",
            "reminder",
            "reminder",
            "progress",
            "remedy_choice",
            "replacement",
            "shipped",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "a quote expires",
        quote_expires,
        things=(OUT,),
        path=("quote.issued", "quote.expired", *REMINDED, *SOLVED),
        never=("promise.broken", "repair.authorized"),
        messages=(
            "receipt",
            "out_of_guarantee",
            "quote_requested",
            "quote",
            "reminder",
            "reminder",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "business: the default choice",
        default_choice,
        things=(Thing(100, seller="acme-shop", buyer=Buyer.BUSINESS),),
        path=("coverage.assessed", "information.requested", "customer.reminded", "case.escalated", *SOLVED),
        never=("case.remedy_chosen", "promise.broken"),
        messages=("receipt", "remedy_choice", "reminder", "repair", "solved", "closed"),
    ),
    Journey(
        "a word about nothing",
        word_about_nothing,
        language="en",
        jurisdiction="GB",
        path=("case.opened", *SOLVED),
        never=("quote.accepted", "case.quote_answered"),
        messages=("receipt", "solved", "closed"),
    ),
)
