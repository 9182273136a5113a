"""A television fails under guarantee: the customer chooses the repair, a workshop does it."""

from ciclo_schemas.inbound import WorkshopReportKind
from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Daniel bought it fourteen months ago in the United Kingdom."""
    case = await stage.customer.writes(
        "My television is broken: there is sound but the screen stays black.", symptom="no_picture"
    )
    await stage.customer.chooses("repair")
    await stage.workshop.reports(
        case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED, WorkshopReportKind.RETURNED
    )
    await stage.customer.confirms()


STORY = Story(
    title="Guarantee: repair chosen",
    customer="daniel",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "information.requested",
        "case.remedy_chosen",
        "repair.authorized",
        "case.escalated",
        "item.received",
        "repair.completed",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("replacement.approved",),
    once=("repair.authorized", "case.escalated", "repair.completed", "case.closed"),
    messages=("receipt", "remedy_choice", "repair", "solved", "closed"),
)
