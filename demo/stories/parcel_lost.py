"""The parcel with the new unit is lost: another one follows under the same approval."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Rosa is never sent to the carrier."""
    case = await stage.customer.writes(
        "La tostadora no funciona desde el primer día.", symptom="no_heat", asked_for="replacement"
    )
    await stage.logistics.loses_one_and_brings_another(case)
    await stage.customer.confirms()


STORY = Story(
    title="Parcel lost, another follows",
    customer="rosa",
    play=play,
    path=(
        "case.opened",
        "replacement.approved",
        "replacement.shipped",
        "replacement.lost",
        "replacement.shipped",
        "replacement.delivered",
        "promise.at_risk",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized"),
    once=("replacement.approved", "replacement.lost", "case.closed"),
    messages=("receipt", "replacement", "shipped", "lost", "shipped", "solved", "closed"),
)
