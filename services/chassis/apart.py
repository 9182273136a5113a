"""Takes a batch apart that cannot be stored, until the aggregate that is to blame is alone (ADR 3)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import asyncpg

from services.chassis.breaker import BreakerOpen
from services.chassis.database import is_transient
from services.chassis.inputs import Claim, FanOutMoved, Input, Outcome


@dataclass(frozen=True, slots=True)
class Mode:
    """How a transaction treats what waits at its aggregates; `doomed` sends it to the dead letters."""

    release: bool = True
    doomed: str | None = None


Apply = Callable[[Sequence[Input]], Awaitable[list[Outcome]]]
"""Decides and stores a batch; takes it apart again if it must."""
DecideAlone = Callable[[Input, Mode], Awaitable[Outcome]]
"""Decides and stores one input."""


async def apart(inputs: Sequence[Input], apply: Apply, decide_alone: DecideAlone) -> list[Outcome]:
    """Find the aggregate whose decision cannot be stored; all the others lose nothing."""
    subjects = list(dict.fromkeys(one.subject for one in inputs))
    if len(subjects) == 1:
        return [await _alone(one, decide_alone) for one in inputs]
    first = set(subjects[: len(subjects) // 2])
    outcomes: dict[int, Outcome] = {}
    for half in (
        [index for index, one in enumerate(inputs) if one.subject in first],
        [index for index, one in enumerate(inputs) if one.subject not in first],
    ):
        decided = await apply([inputs[index] for index in half])
        outcomes.update(zip(half, decided, strict=True))
    return [outcomes[index] for index in range(len(inputs))]


async def _alone(one: Input, decide_alone: DecideAlone) -> Outcome:
    """Decide again with fresh facts; what cannot be stored even then is a dead letter."""
    outcome, failure = await _attempt(one, Mode(), decide_alone)
    if outcome is not None:
        return outcome
    outcome, failure = await _attempt(one, Mode(release=False), decide_alone)
    if outcome is None:
        return await decide_alone(replace(one, error=failure), Mode(release=False))
    # The input itself is fine: it let something go on that had waited, and that cannot be stored.
    sweep = replace(one, claim=Claim("parked", (0,)), business_key=None)
    _, failure = await _attempt(sweep, Mode(), decide_alone)
    if failure:
        await decide_alone(sweep, Mode(doomed=failure))
    return outcome


async def _attempt(one: Input, mode: Mode, decide_alone: DecideAlone) -> tuple[Outcome | None, str]:
    """The outcome, or why the decision could not be stored."""
    try:
        return await decide_alone(one, mode), ""
    except Exception as error:
        if not is_of_an_input(error):
            raise
        return None, name_of(error)


def is_of_an_input(error: Exception) -> bool:
    """Whether a decision is to blame: not the database, the batch, or a schema that lacks a migration."""
    others = (BreakerOpen, FanOutMoved, asyncpg.SyntaxOrAccessError)
    return not (is_transient(error) or isinstance(error, others))


def name_of(error: Exception) -> str:
    """An error as operators group dead letters by: its class, and the constraint that said no."""
    constraint = getattr(error, "constraint_name", None)
    return f"{type(error).__name__} {constraint}" if constraint else type(error).__name__
