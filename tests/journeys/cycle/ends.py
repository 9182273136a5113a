"""Ends, and what comes after them: cancellations at every moment, and words after every kind of end."""

from ciclo_schemas.inbound import ScanKind, WordKind, WorkshopReportKind
from demo.actors import Case
from tests.journeys.cycle.journey import GUARANTEE, OUT, SOLVED, TRIAL, Journey, Scene

FORGOTTEN = "I cannot log in to my account, I forgot my password."
BROKEN = "El microondas está averiado, no calienta."


async def solved_by_agent(s: Scene, case: Case) -> None:
    """An agent takes a new case and proposes its resolution."""
    await s.agent.takes(case)
    await s.agent.proposes(case, "guided")


async def reopened_twice(s: Scene) -> None:
    """Reopened by what he adds, and again by asking for a person: the second time the supervisor goes on."""
    case = await s.customer.writes(FORGOTTEN)
    await solved_by_agent(s, case)
    await s.customer.confirms()
    await s.expects(case, "case.closed")
    await s.customer.adds("It asks for the code again.")
    await s.expects(case, "case.reopened")
    await s.proposes(case)
    await s.customer.confirms()
    await s.expects(case, "case.closed", 2)
    await s.customer.wants_a_person()
    await s.expects(case, "case.reopened", 2)
    assert s.data(case, "case.reopened")[1]["owner"]["id"] == "agent-07"
    await s.proposes(case, "agent-07")
    await s.expects(case, "resolution.proposed", 3)
    await s.customer.confirms()
    await s.expects(case, "case.closed", 3)


async def denied_after_the_end(s: Scene) -> None:
    """Confirmed, and then after all not solved."""
    case = await s.customer.writes(FORGOTTEN)
    await solved_by_agent(s, case)
    await s.customer.confirms()
    await s.expects(case, "case.closed")
    await s.line.says(case, WordKind.DENIAL, proposal_no=1, reason="not_solved", text="Again the same.")
    await s.expects(case, "case.reopened")
    await s.proposes(case)
    await s.expects(case, "resolution.proposed", 2)
    await s.customer.confirms()
    await s.expects(case, "case.closed", 2)


async def back_again(s: Scene) -> None:
    """Withdrawn, then he speaks again: no remedy begins before the case is open, and then it does."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.expects(case, "information.requested")
    await s.customer.cancels("changed_mind")
    await s.expects(case, "case.cancelled")
    await s.customer.adds("He cambiado de opinión, quiero que lo reparen.")
    await s.expects(case, "case.reopened")
    await s.expects(case, "information.requested", 2)
    await s.customer.chooses("repair")
    await s.workshop.reports(case, WorkshopReportKind.COMPLETED)
    await s.customer.confirms()
    await s.expects(case, "case.closed")


async def word_after_rejection(s: Scene) -> None:
    """Taken for spam; not an objection but further words open it again."""
    case = await s.customer.writes("Win money fast with crypto, click here, exclusive offer.")
    await s.expects(case, "case.rejected")
    await s.customer.adds("Sorry, that was a forward. My speaker does not pair by bluetooth.")
    await s.expects(case, "case.reopened")
    await s.proposes(case)
    await s.customer.confirms()


async def withdrawn_at_once(s: Scene) -> None:
    """Withdrawn before anybody knows what it is about."""
    case = await s.customer.writes(FORGOTTEN)
    await s.customer.cancels()
    await s.expects(case, "case.cancelled")


async def withdrawn_while_choosing(s: Scene) -> None:
    """Withdrawn while he is asked what he wants."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.expects(case, "information.requested")
    await s.customer.cancels()


async def withdrawn_after_shipping(s: Scene) -> None:
    """The new unit is on its way: that cannot be taken back, and the case goes on to its end."""
    case = await s.customer.writes("La plancha no calienta, está averiada.", symptom="no_heat")
    await s.line.scans(case, ScanKind.SHIPPED)
    await s.expects(case, "replacement.shipped")
    await s.customer.cancels("changed_mind")
    await s.expects(case, "cancellation.assessed")
    assert s.data(case, "cancellation.assessed")[0]["cannot"]
    await s.line.scans(case, ScanKind.DELIVERED)
    await s.customer.confirms()


async def withdrawn_before_shipping(s: Scene) -> None:
    """The new unit has not left: it is taken back."""
    case = await s.customer.writes("La plancha no calienta, está averiada.", symptom="no_heat")
    await s.expects(case, "replacement.approved")
    await s.customer.cancels("changed_mind")


async def withdrawn_during_quote(s: Scene) -> None:
    """A workshop works out a quote that nobody wants any longer."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("quote")
    await s.expects(case, "quote.requested")
    await s.customer.cancels("too_expensive")


async def withdrawn_after_paid_repair(s: Scene) -> None:
    """The paid repair is done: it cannot be taken back, and the customer says that it is solved."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("quote")
    await s.workshop.quotes(case, 90)
    await s.customer.answers_quote(accepted=True)
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED)
    await s.expects(case, "resolution.proposed")
    await s.customer.cancels("too_expensive")
    await s.expects(case, "cancellation.assessed")
    assert s.data(case, "cancellation.assessed")[0]["cannot"]
    await s.proposes(case)
    await s.expects(case, "resolution.proposed", 2)
    await s.customer.confirms()


WITHDRAWN = ("case.cancellation_requested", "cancellation.assessed", "case.cancelled")
ONCE = ("receipt", "solved", "closed")

JOURNEYS = (
    Journey(
        "reopened twice",
        reopened_twice,
        language="en",
        jurisdiction="GB",
        path=("case.opened", *SOLVED, "case.reopened", *SOLVED, "case.reopened", *SOLVED),
        messages=(*ONCE, "reopened", "solved", "closed", "reopened", "solved", "closed"),
    ),
    Journey(
        "denied after the end",
        denied_after_the_end,
        language="en",
        jurisdiction="GB",
        path=("case.opened", *SOLVED, "case.resolution_denied", "case.reopened", *SOLVED),
        once=("case.reopened",),
        messages=(*ONCE, "reopened", "solved", "closed"),
    ),
    Journey(
        "withdrawn, and back again",
        back_again,
        things=(GUARANTEE,),
        path=(
            "coverage.assessed",
            "information.requested",
            *WITHDRAWN,
            "case.reopened",
            "coverage.assessed",
            "information.requested",
            "case.remedy_chosen",
            "repair.authorized",
            "case.escalated",
            *SOLVED,
        ),
        once=("repair.authorized", "case.cancelled", "case.reopened"),
        messages=(
            "receipt",
            "remedy_choice",
            "cancelled",
            "reopened",
            "remedy_choice",
            "repair",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "spam, and further words",
        word_after_rejection,
        language="en",
        jurisdiction="GB",
        path=("case.opened", "case.rejected", "case.information_received", "case.reopened", *SOLVED),
        once=("case.rejected",),
        messages=("receipt", "rejected", "reopened", "solved", "closed"),
    ),
    Journey(
        "withdrawn at once",
        withdrawn_at_once,
        language="en",
        jurisdiction="GB",
        ends="cancelled",
        path=("case.opened", *WITHDRAWN),
        once=WITHDRAWN,
        messages=("receipt", "cancelled"),
    ),
    Journey(
        "withdrawn while choosing",
        withdrawn_while_choosing,
        things=(GUARANTEE,),
        ends="cancelled",
        path=("case.opened", "information.requested", *WITHDRAWN),
        never=("repair.authorized", "replacement.approved"),
        once=WITHDRAWN,
        messages=("receipt", "remedy_choice", "cancelled"),
    ),
    Journey(
        "withdrawn too late",
        withdrawn_after_shipping,
        things=(TRIAL,),
        path=("replacement.shipped", "cancellation.assessed", "replacement.delivered", *SOLVED),
        never=("case.cancelled", "replacement.withdrawn"),
        messages=("receipt", "replacement", "shipped", "cancellation", "solved", "closed"),
    ),
    Journey(
        "withdrawn before the new unit left",
        withdrawn_before_shipping,
        things=(TRIAL,),
        ends="cancelled",
        path=("replacement.approved", "replacement.withdrawn", *WITHDRAWN),
        never=("resolution.proposed", "promise.broken"),
        messages=("receipt", "replacement", "cancelled"),
    ),
    Journey(
        "withdrawn during a quote",
        withdrawn_during_quote,
        things=(OUT,),
        ends="cancelled",
        path=("quote.requested", *WITHDRAWN),
        never=("resolution.proposed", "promise.broken", "repair.authorized"),
        messages=("receipt", "out_of_guarantee", "quote_requested", "cancelled"),
    ),
    Journey(
        "withdrawn after a paid repair",
        withdrawn_after_paid_repair,
        things=(OUT,),
        path=("repair.completed", "resolution.proposed", "cancellation.assessed", *SOLVED),
        never=("case.cancelled", "promise.broken"),
        messages=(
            "receipt",
            "out_of_guarantee",
            "quote_requested",
            "quote",
            "repair",
            "solved",
            "cancellation",
            "progress",
            "solved",
            "closed",
        ),
    ),
)
