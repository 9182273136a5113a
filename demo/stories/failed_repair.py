"""A repair fails: the customer may now have his money back, which takes the place of the repair."""

from ciclo_schemas.inbound import WorkshopReportKind
from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Sofía chose the repair; the workshop gives up, the ERP pays."""
    case = await stage.customer.writes("El horno no calienta, está averiado.", symptom="no_heat")
    await stage.customer.chooses("repair")
    await stage.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.FAILED)
    await stage.customer.chooses("refund", assessment=2)
    await stage.erp.pays(case, 420)
    await stage.customer.confirms()


STORY = Story(
    title="Failed repair: refund",
    customer="sofia",
    play=play,
    path=(
        "case.opened",
        "coverage.assessed",
        "case.remedy_chosen",
        "repair.authorized",
        "case.escalated",
        "repair.failed",
        "coverage.assessed",
        "case.remedy_chosen",
        "refund.approved",
        "refund.paid",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("replacement.approved",),
    once=("repair.authorized", "refund.approved", "case.closed"),
    messages=(
        "receipt",
        "remedy_choice",
        "repair",
        "apology",
        "remedy_choice",
        "refund",
        "compensation",
        "solved",
        "closed",
    ),
)
