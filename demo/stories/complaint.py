"""An angry message about a broken product: the remedy goes its way, the complaint gets its own answer."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Víctor was promised a call that never came; the mixer is broken, too."""
    case = await stage.customer.writes(
        "La batidora está averiada y nadie me contesta desde hace dos semanas. Es una vergüenza.",
        symptom="no_power",
    )
    await stage.customer.chooses("replacement")
    await stage.complaints.answers_complaint(case, "upheld", "promise_not_kept")
    await stage.logistics.brings(case)
    await stage.customer.confirms()


STORY = Story(
    title="Complaint beside a repair",
    customer="victor",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "complaint.registered",
        "complaint.answered",
        "compensation.proposed",
        "replacement.approved",
        "replacement.delivered",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated",),
    once=("complaint.registered", "complaint.answered", "compensation.granted", "case.closed"),
    messages=(
        "receipt",
        "complaint",
        "remedy_choice",
        "replacement",
        "complaint_answered",
        "compensation",
        "shipped",
        "solved",
        "closed",
    ),
)
