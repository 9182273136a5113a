"""A question about the guarantee is answered with dates and reasons, by the rules alone."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Inés only wants to know."""
    await stage.customer.writes("¿Cuántos años de garantía tiene el lavavajillas? ¿Sigue en garantía?")
    await stage.customer.confirms()


STORY = Story(
    title="Warranty question answered",
    customer="ines",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "case.assigned", "replacement.approved"),
    once=("coverage.assessed", "resolution.proposed", "case.closed"),
    messages=("receipt", "coverage", "closed"),
)
