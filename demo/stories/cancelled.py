"""The customer withdraws while the repair has not begun: it is taken back, and the case is cancelled."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Tomás's heater works again."""
    case = await stage.customer.writes("El calefactor no calienta, está averiado.", symptom="no_heat")
    await stage.customer.chooses("repair")
    await stage.expects(case, "case.escalated")
    await stage.customer.cancels("works_again")


STORY = Story(
    title="Cancelled in time",
    customer="tomas",
    play=play,
    ends="cancelled",
    path=(
        "case.opened",
        "case.remedy_chosen",
        "repair.authorized",
        "case.escalated",
        "case.cancellation_requested",
        "repair.cancelled",
        "cancellation.assessed",
        "case.cancelled",
    ),
    never=("case.closed", "repair.completed"),
    once=("case.cancelled", "cancellation.assessed"),
    messages=("receipt", "remedy_choice", "repair", "cancelled"),
)
