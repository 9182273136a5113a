"""Portugal: a defect within thirty days gives a new unit at once (DL 84/2021 art. 16)."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Bruno writes in Portuguese; he answers by the link in the mail."""
    case = await stage.customer.writes(
        "O ferro de engomar deixou de aquecer ao fim de uma semana.", symptom="no_heat"
    )
    await stage.logistics.brings(case)
    await stage.customer.confirms_on_the_page()


STORY = Story(
    title="Portugal: the thirty days",
    customer="bruno",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized", "information.requested"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "replacement", "shipped", "solved", "closed"),
)
