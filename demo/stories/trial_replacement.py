"""A fryer fails in the trial period (periodo de prueba): a new unit at once, never through the workshop."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Marta bought it twelve days ago; the seller gives thirty days of trial."""
    case = await stage.customer.writes(
        "La freidora no calienta desde ayer. La enchufo y no hace nada.",
        symptom="no_heat",
        asked_for="replacement",
    )
    await stage.logistics.brings(case)
    await stage.customer.confirms()


STORY = Story(
    title="Trial: a new unit at once",
    customer="marta",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "replacement.approved",
        "replacement.shipped",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized", "information.requested"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "replacement", "shipped", "solved", "closed"),
)
