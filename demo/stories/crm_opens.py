"""A CRM opens the case by event and passes on the customer's answer; Ciclo does the rest."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Manuel called his shop."""
    case = await stage.crm.opens(
        stage.customer.owner, "El secador huele a quemado y no calienta.", symptom="no_heat"
    )
    await stage.logistics.brings(case)
    await stage.crm.confirms(case)
    await stage.expects(case, "case.closed")


STORY = Story(
    title="Opened by the CRM",
    customer="manuel",
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
    never=("case.escalated", "repair.authorized"),
    once=("replacement.approved", "case.closed"),
    messages=("receipt", "safety", "replacement", "shipped", "solved", "closed"),
)
