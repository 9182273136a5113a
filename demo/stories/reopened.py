"""A word after the end: the case is open again, with the same person."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Yolanda's printer stops again the day after."""
    case = await stage.customer.writes("La impresora no se conecta al wifi.")
    await stage.agent.takes(case)
    await stage.agent.proposes(case, "guided")
    await stage.customer.confirms()
    await stage.customer.is_done()
    await stage.customer.adds("Hoy vuelve a fallar la conexión.")
    await stage.agent.has(case)
    await stage.agent.proposes(case, "guided")
    await stage.customer.confirms()
    await stage.expects(case, "case.closed", 2)


STORY = Story(
    title="Reopened by a word",
    customer="yolanda",
    play=play,
    path=(
        "case.opened",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
        "case.information_received",
        "case.reopened",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated",),
    once=("case.reopened",),
    messages=("receipt", "solved", "closed", "reopened", "solved", "closed"),
)
