"""Questions to the customer (preguntas): asked once, all together, with a date to answer by."""

from datetime import datetime

from ciclo_schemas.routing import InformationRequested
from ciclo_schemas.values import Code, Party, TextRef
from services.routing.domain import promises, waits
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


def ask(
    turn: Turn,
    missing: tuple[Code, ...],
    purpose: Purpose,
    asked_by: Party | None = None,
    text_ref: TextRef | None = None,
) -> None:
    """Ask the customer and wait as long as the charter says: the promised answer is this question.

    The caller leaves out what is known and what was asked before. `text_ref` are the words of the person who
    asks, in intake's vault.
    """
    deadline = waits.customer_deadline(turn, purpose)
    _say(turn, InformationRequested(missing=missing, deadline=deadline, asked_by=asked_by, text_ref=text_ref))
    if purpose is Purpose.INFORMATION:
        turn.change(asked=(*turn.state.asked, *missing))
    waits.hold_for_customer(turn, purpose)


def offer_until(turn: Turn, what: Code, purpose: Purpose, until: datetime) -> None:
    """Let the customer decide about something that stands until a date."""
    _say(turn, InformationRequested(missing=(what,), deadline=until))
    waits.hold_for_offer(turn, purpose, until)


def _say(turn: Turn, question: InformationRequested) -> None:
    promises.keep(turn, "information.requested", *promises.ANSWERS)
    waits.resume(turn, "superseded")
    turn.say(question)
