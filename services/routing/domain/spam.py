"""Words that nobody can act on: unclear ones are asked about once, spam is rejected until somebody objects.

Nothing is rejected that bears a safety word, states a product, or that a person has seen.
"""

from collections.abc import Sequence
from datetime import timedelta

from ciclo_schemas.values import Code
from services.routing.domain import complaints, owners, promises, questions, resolution
from services.routing.domain.case import CaseState
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

REQUEST = "request"
"""What the customer is asked for: what it is about."""
SPAM = "spam."
"""How the reasons of spam begin; those of unclear words begin with `unclear.`."""


def is_spam(reasons: Sequence[Code]) -> bool:
    """Whether the words speak for spam; else they are only unclear."""
    return any(reason.startswith(SPAM) for reason in reasons)


def take_up(turn: Turn, reasons: Sequence[Code]) -> None:
    """The classifier takes it for spam, or cannot make anything of it."""
    if is_spam(reasons) and _is_nobodys(turn.state):
        reject(turn)
    elif turn.state.safety or turn.state.has_person or REQUEST in turn.state.asked or is_spam(reasons):
        owners.assign_person(turn, "unclear")
        promises.owe_next_step(turn)
    else:
        questions.ask(turn, (REQUEST,), Purpose.INFORMATION)


def reject(turn: Turn) -> None:
    """Reject it, with a way to object."""
    resolution.reject(turn, "spam", turn.now + timedelta(hours=turn.charter.objection_hours))


def may_be_rejected(state: CaseState) -> bool:
    """Whether a person may reject it: never what is dangerous, complained of or under way."""
    return not state.safety and state.remedy is None and not complaints.unsettled(state)


def _is_nobodys(state: CaseState) -> bool:
    seen = state.has_person or bool(state.people) or state.reopenings > 0
    stated = bool(state.facts) or state.asked_for is not None
    return may_be_rejected(state) and not seen and not stated
