"""Taken for spam, with a way to object: the objection opens the case again, and a person looks at it."""

from demo.stories.story import Stage, Story


async def play(stage: Stage) -> None:
    """Gustavo forwards an advertisement, and then says what he meant."""
    case = await stage.customer.writes(
        "Gane dinero rápido con criptomonedas, haga clic aquí, oferta exclusiva."
    )
    await stage.customer.objects("Es el mensaje que sale en mi televisor, no lo he escrito yo.")
    await stage.expects(case, "case.assigned")
    person = await stage.owner_of(case)
    await person.proposes(case, "guided")
    await stage.customer.confirms()


STORY = Story(
    title="Spam, and an objection",
    customer="gustavo",
    play=play,
    path=(
        "case.opened",
        "case.classified",
        "case.rejected",
        "case.objection_raised",
        "case.reopened",
        "resolution.proposed",
        "case.resolution_confirmed",
        "case.closed",
    ),
    never=("case.escalated",),
    once=("case.rejected", "case.reopened", "case.closed"),
    messages=("receipt", "rejected", "reopened", "solved", "closed"),
)
