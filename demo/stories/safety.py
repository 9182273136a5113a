"""A heating blanket smells of burning: before anything else the customer is told to stop using it."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Nuria bought it six days ago; the trial brings a new one at once."""
    case = await stage.customer.writes(
        "La manta eléctrica huele a quemado y echa humo cuando la enchufo.", symptom="burning_smell"
    )
    await stage.logistics.brings(case)
    await stage.customer.confirms()


STORY = Story(
    title="Safety first",
    customer="nuria",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized"),
    once=("replacement.approved", "case.closed"),
    messages=("safety", "receipt", "replacement", "shipped", "solved", "closed"),
)
