"""A workshop's system sends the end of a repair twice, and never its beginning: it has been repaired once."""

from ciclo_schemas.inbound import WorkshopReportKind
from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """`completed` implies `received`; the second report changes nothing."""
    case = await stage.customer.writes(
        "El aspirador está roto: hace mucho ruido y ya no aspira.", symptom="no_suction", asked_for="repair"
    )
    await stage.customer.chooses("repair")
    await stage.workshop.reports(case, WorkshopReportKind.COMPLETED, WorkshopReportKind.COMPLETED)
    await stage.customer.confirms()


STORY = Story(
    title="A workshop reports twice",
    customer="ramon",
    play=play,
    path=(
        "case.opened",
        "coverage.assessed",
        "case.remedy_chosen",
        "repair.authorized",
        "case.escalated",
        "item.received",
        "repair.completed",
        "resolution.proposed",
        "case.closed",
    ),
    once=("item.received", "repair.completed", "resolution.proposed", "case.closed"),
    messages=("receipt", "remedy_choice", "repair", "solved", "closed"),
)
