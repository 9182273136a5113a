"""Words after every kind of end: the case is open again, and goes on from where it was."""

from ciclo_schemas.inbound import WordKind, WorkshopReportKind
from demo.actors import Case
from tests.journeys.cycle.journey import GUARANTEE, SOLVED, Journey, Scene

FORGOTTEN = "I cannot log in to my account, I forgot my password."
BROKEN = "El microondas está averiado, no calienta."
WITHDRAWN = ("case.cancellation_requested", "cancellation.assessed", "case.cancelled")
ONCE = ("receipt", "solved", "closed")


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


async def objected_then_withdrawn(s: Scene) -> None:
    """Closed, objected to by telephone; closed again, and withdrawn after that: there is nothing to undo."""
    case = await s.customer.writes(FORGOTTEN)
    await solved_by_agent(s, case)
    await s.customer.confirms()
    await s.expects(case, "case.closed")
    await s.line.says(case, WordKind.OBJECTION)
    await s.expects(case, "case.reopened")
    await s.proposes(case)
    await s.expects(case, "resolution.proposed", 2)
    await s.customer.confirms()
    await s.expects(case, "case.closed", 2)
    await s.customer.cancels()
    await s.expects(case, "case.cancelled")


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
        "objected after the end, then withdrawn",
        objected_then_withdrawn,
        language="en",
        jurisdiction="GB",
        ends="cancelled",
        path=(*SOLVED, "case.reopened", *SOLVED, "case.reopened", "case.cancelled"),
        once=("cancellation.assessed",),
        messages=(*ONCE, "reopened", "solved", "closed", "cancelled"),
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
)
