"""We believe it is solved, the customer says no: the same person goes on from there, never from the start."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Grace's speaker works for an hour, then loses the connection again."""
    case = await stage.customer.writes("My new speaker won't pair with my phone over bluetooth.")
    await stage.agent.takes(case)
    await stage.agent.tries(case, helped=True)
    await stage.agent.proposes(case, "guided")
    await stage.customer.denies("still_failing", "It worked for an hour, then it lost the connection again.")
    await stage.agent.has(case)
    await stage.agent.tries(case, helped=True)
    await stage.agent.proposes(case, "guided")
    await stage.customer.confirms()


STORY = Story(
    title="Denied, then solved",
    customer="grace",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.assigned",
        "resolution.proposed",
        "case.resolution_denied",
        "promise.made",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated",),
    once=("case.opened", "case.resolution_denied", "case.closed"),
    messages=("receipt", "progress", "solved", "progress", "solved", "closed"),
)
