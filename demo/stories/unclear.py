"""Too few words: the customer is asked once what he needs."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Pablo greets, and then says what it is."""
    case = await stage.customer.writes("buenas")
    await stage.expects(case, "information.requested")
    await stage.customer.adds("No consigo emparejar el altavoz con el móvil por bluetooth.")
    await stage.expects(case, "case.classified", 2)
    await stage.agent.takes(case)
    await stage.agent.proposes(case, "guided")
    await stage.customer.confirms()


STORY = Story(
    title="Unclear words, asked once",
    customer="pablo",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "information.requested",
        "case.information_received",
        "case.classified",
        "case.assigned",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated", "case.rejected"),
    once=("information.requested", "case.closed"),
    messages=("receipt", "information", "progress", "solved", "closed"),
)
