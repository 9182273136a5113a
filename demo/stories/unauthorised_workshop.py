"""A workshop that warranty did not authorise reports the repair as done: it is refused, and nothing moves."""

from ciclo_schemas.inbound import WorkshopReportKind
from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Eva's dryer is at the official workshop all the time."""
    case = await stage.customer.writes("La secadora está averiada, no gira.", symptom="no_spin")
    await stage.customer.chooses("repair")
    await stage.workshop.reports(case, WorkshopReportKind.FAILED, as_one_of="SAT-SEVILLA-TRIANA")
    await stage.rejected("not_this_workshop")
    await stage.workshop.reports(
        case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED, WorkshopReportKind.RETURNED
    )
    await stage.customer.confirms()


STORY = Story(
    title="Not this workshop",
    customer="eva",
    play=play,
    path=(
        "case.opened",
        "case.remedy_chosen",
        "repair.authorized",
        "case.escalated",
        "repair.completed",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("repair.failed", "replacement.approved"),
    once=("repair.authorized", "repair.completed", "case.closed"),
    messages=("receipt", "remedy_choice", "repair", "solved", "closed"),
)
