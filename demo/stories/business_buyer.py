"""A business is no consumer: the law gives it nothing here, and the answer says so plainly."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """A café's coffee machine; its owner decides against a paid repair and withdraws."""
    case = await stage.customer.writes("La cafetera profesional no calienta.", symptom="no_heat")
    await stage.expects(case, "information.requested")
    await stage.customer.cancels("not_worth_it")


STORY = Story(
    title="Business buyer: out, and why",
    customer="cafeteria",
    play=play,
    ends="cancelled",
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "case.cancellation_requested",
        "cancellation.assessed",
        "case.cancelled",
    ),
    never=("replacement.approved", "repair.authorized", "refund.approved"),
    once=("case.cancelled",),
    messages=("receipt", "out_of_guarantee", "cancelled"),
)
