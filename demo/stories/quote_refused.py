"""Out of guarantee: the quote is too high; refusing it costs nothing, and the customer ends the case."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Iker will rather buy another amplifier."""
    case = await stage.customer.writes("El amplificador no suena, está averiado.", symptom="no_sound")
    await stage.customer.chooses("quote")
    await stage.workshop.quotes(case, 190)
    await stage.customer.answers_quote(accepted=False)
    await stage.customer.confirms()


STORY = Story(
    title="Out of guarantee: quote refused",
    customer="iker",
    play=play,
    path=(
        "case.opened",
        "coverage.assessed",
        "case.remedy_chosen",
        "quote.requested",
        "quote.issued",
        "case.quote_answered",
        "quote.refused",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("repair.authorized", "case.escalated", "replacement.approved"),
    once=("quote.refused", "case.closed"),
    messages=("receipt", "out_of_guarantee", "quote_requested", "quote", "solved", "closed"),
)
