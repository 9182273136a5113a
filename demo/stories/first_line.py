"""A network problem looks like a broken television: the first line solves it in two steps."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Andrés never needs a technician."""
    case = await stage.customer.writes("mi smart tv no abre youtube: network problem")
    await stage.agent.takes(case)
    await stage.agent.tries(case, helped=False)
    await stage.agent.tries(case, helped=True)
    await stage.agent.proposes(case, "network_restored")
    await stage.customer.confirms()


STORY = Story(
    title="First line: no YouTube, solved",
    customer="andres",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.assigned",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "coverage.assessed"),
    once=("resolution.proposed", "case.closed"),
    messages=("receipt", "progress", "solved", "closed"),
)
