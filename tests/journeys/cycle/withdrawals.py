"""Cancellations at every moment of a case: what can be taken back is, what cannot is said."""

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from tests.journeys.cycle.journey import GUARANTEE, OUT, SOLVED, TRIAL, Journey, Scene

FORGOTTEN = "I cannot log in to my account, I forgot my password."
BROKEN = "El microondas está averiado, no calienta."
WITHDRAWN = ("case.cancellation_requested", "cancellation.assessed", "case.cancelled")


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
    await s.customer.confirms(proposal=2)


JOURNEYS = (
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
