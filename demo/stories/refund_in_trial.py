"""United Kingdom: within thirty days the customer may reject the goods and get his money (CRA 2015 s. 22)."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Oliver wants no other kettle."""
    case = await stage.customer.writes(
        "The kettle leaks at the base. I'd like my money back, please.", symptom="leaks", asked_for="refund"
    )
    await stage.erp.pays(case, 40)
    await stage.customer.confirms()


STORY = Story(
    title="Trial: the money back",
    customer="oliver",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "coverage.assessed",
        "refund.approved",
        "promise.made",
        "refund.paid",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "repair.authorized", "replacement.approved"),
    once=("refund.approved", "refund.paid", "case.closed"),
    messages=("receipt", "refund", "solved", "closed"),
)
