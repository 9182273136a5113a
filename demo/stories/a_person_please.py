"""A human on demand: he gets a person by name, with a date."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Liam would rather talk to somebody."""
    case = await stage.customer.writes("How do I change the language on my oven display?")
    await stage.customer.wants_a_person()
    await stage.expects(case, "case.human_requested")
    person = await stage.owner_of(case)
    await person.proposes(case, "guided")
    await stage.customer.confirms()


STORY = Story(
    title="A person, please",
    customer="liam",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.human_requested",
        "case.assigned",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated",),
    once=("case.human_requested", "case.closed"),
    messages=("receipt", "progress", "solved", "closed"),
)
