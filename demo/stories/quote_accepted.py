"""Out of guarantee: the customer is free to choose; an official workshop's quote is accepted and paid."""

from ciclo_schemas.inbound import WorkshopReportKind
from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Carmen keeps her old vacuum cleaner."""
    case = await stage.customer.writes("La aspiradora ya no arranca.", symptom="no_power")
    await stage.customer.chooses("quote")
    await stage.workshop.quotes(case, 65)
    await stage.customer.answers_quote(accepted=True)
    await stage.workshop.reports(
        case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED, WorkshopReportKind.RETURNED
    )
    await stage.customer.confirms()


STORY = Story(
    title="Out of guarantee: quote accepted",
    customer="carmen",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "case.remedy_chosen",
        "quote.requested",
        "quote.issued",
        "case.quote_answered",
        "quote.accepted",
        "repair.authorized",
        "case.escalated",
        "repair.completed",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("replacement.approved", "quote.refused"),
    once=("quote.accepted", "repair.authorized", "case.closed"),
    messages=("receipt", "out_of_guarantee", "quote_requested", "quote", "repair", "solved", "closed"),
)
