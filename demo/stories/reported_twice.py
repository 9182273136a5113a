"""The same fridge reported by web and by the CRM: one case waits for the other and ends with it."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Elena writes; her shop reports it as well."""
    case = await stage.customer.writes("El frigorífico no enfría, está averiado.", symptom="no_cold")
    other = await stage.crm.opens(
        stage.customer.owner, "El frigorífico de la clienta no enfría.", symptom="no_cold"
    )
    await stage.expects(other, "case.linked")
    await stage.customer.chooses("replacement")
    await stage.logistics.brings(case)
    await stage.customer.confirms()
    await stage.expects(other, "case.closed")


STORY = Story(
    title="Reported twice, solved once",
    customer="elena",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "case.remedy_chosen",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    others=(("case.opened", "case.linked", "case.held", "case.closed"),),
    never=("case.escalated", "case.linked"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "remedy_choice", "replacement", "shipped", "solved", "closed"),
)
