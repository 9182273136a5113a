"""A washing machine fails under guarantee: in Spain the customer may choose a new one, and does."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Lucía bought it thirteen months ago; the shop opens the case at the counter."""
    case = await stage.customer.writes(
        "La lavadora está averiada: no centrifuga y se para a mitad del programa.", symptom="no_spin"
    )
    await stage.customer.chooses("replacement")
    await stage.logistics.brings(case)
    await stage.customer.confirms()


STORY = Story(
    title="Guarantee: new unit chosen",
    customer="lucia",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "information.requested",
        "case.remedy_chosen",
        "replacement.approved",
        "replacement.shipped",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "remedy_choice", "replacement", "shipped", "solved", "closed"),
)
