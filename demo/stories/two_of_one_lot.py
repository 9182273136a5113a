"""Two heaters of one lot, each with its defect: two cases, two new units, neither taken for the other."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Pilar bought two; the lot is held back meanwhile, and lifted again."""
    case = await stage.customer.writes("El radiador no calienta.", symptom="no_heat", names=0)
    second = await stage.other.writes("El otro radiador hace un ruido fuerte.", symptom="noise", names=1)
    await stage.logistics.brings(case)
    await stage.customer.confirms()
    await stage.logistics.brings(second)
    await stage.other.confirms()
    await stage.other.is_done()


STORY = Story(
    title="Two of one lot",
    customer="pilar",
    play=play,
    path=(
        "case.opened",
        "coverage.assessed",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    others=(("case.opened", "coverage.assessed", "replacement.approved", "case.closed"),),
    never=("case.escalated", "repair.authorized", "case.linked"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "replacement", "shipped", "solved", "closed"),
)
