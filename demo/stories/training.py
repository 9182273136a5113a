"""The customer wants to learn, not to have something repaired: the education area takes over, warmly."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Teresa asks for a course."""
    case = await stage.customer.writes(
        "¿Dan cursos para aprender a usar el programa de costura? Empiezo desde cero."
    )
    await stage.educator.confirms_training(case)
    await stage.educator.proposes(case, "course_booked")
    await stage.customer.confirms()


STORY = Story(
    title="Training: handed over, warmly",
    customer="teresa",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.diverted_to_training",
        "case.held",
        "case.handed_off",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "coverage.assessed"),
    once=("case.diverted_to_training", "case.handed_off", "case.closed"),
    messages=("receipt", "training", "progress", "solved", "closed"),
)
