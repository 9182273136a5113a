"""The mails do not arrive: a person takes over, and the case is not closed behind the customer's back."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Noa mistyped her address; she calls back and confirms."""
    case = await stage.customer.writes("La radio no se oye, está averiada.", symptom="no_sound")
    await stage.expects(case, "notification.failed")
    await stage.expects(case, "case.assigned")
    await stage.logistics.brings(case)
    await stage.customer.confirms()
    await stage.expects(case, "case.closed")


STORY = Story(
    title="The mail bounces",
    customer="noa",
    play=play,
    path=(
        "case.opened",
        "replacement.approved",
        "notification.failed",
        "case.assigned",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("notification.sent",),
    once=("replacement.approved", "case.closed"),
    messages=(),
    bounces=True,
)
