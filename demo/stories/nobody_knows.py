"""Nobody knows yet what it is about: that is said, with an owner and a date, until a person finds out."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Priya describes something that no list of words covers."""
    case = await stage.customer.writes(
        "It does the thing again when the neighbour comes home, only at night."
    )
    await stage.expects(case, "case.unknown_declared")
    person = await stage.owner_of(case)
    await person.classifies(case, "online_support")
    await person.proposes(case, "guided")
    await stage.customer.confirms()


STORY = Story(
    title="I don't know, honestly",
    customer="priya",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.unknown_declared",
        "case.classified",
        "case.unknown_resolved",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "replacement.approved"),
    once=("case.unknown_declared", "case.unknown_resolved", "case.closed"),
    messages=("receipt", "unknown", "progress", "solved", "closed"),
)
