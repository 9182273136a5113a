"""Nobody can say what a customer is entitled to before he names the unit: he is asked once, for all of it."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Helena forgot to say which blender it is."""
    case = await stage.customer.writes(
        "A varinha mágica faz um barulho estranho e parou.", asked_for="replacement", names=None
    )
    await stage.expects(case, "information.requested")
    await stage.customer.adds(**stage.named(0))
    await stage.logistics.brings(case)
    await stage.customer.confirms()


STORY = Story(
    title="Unknown coverage: asked once",
    customer="helena",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "information.requested",
        "case.information_received",
        "coverage.assessed",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized"),
    once=("information.requested", "replacement.approved", "case.closed"),
    messages=("receipt", "information", "replacement", "shipped", "solved", "closed"),
)
