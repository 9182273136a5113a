"""Nobody knows yet, and the house says so: who finds out, and by when the customer hears again."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from ciclo_schemas.routing import CaseUnknownDeclared, CaseUnknownResolved, PromiseKind
from ciclo_schemas.values import Code, Identifier
from services.chassis.decider import Message, Refusal
from services.routing.domain import owners, promises
from services.routing.domain.records import LivePromise
from services.routing.domain.turn import Turn

SUPERVISOR_FROM = 3
"""From this declaration on, after broken updates, the supervisor finds out."""
TOLD = (PromiseKind.FIRST_ANSWER, PromiseKind.NEXT_STEP, PromiseKind.UPDATE)
"""What an honest "we do not know yet" keeps: who finds out, and when the customer hears again."""


class DeclareUnknown(Message):
    """A person does not know yet; `next_update_hours` is when the customer hears again, else the charter."""

    agent: Identifier
    reason: Code
    next_update_hours: int | None = Field(default=None, ge=1)


class ResolveUnknown(Message):
    """A person knows now what was not known."""

    agent: Identifier
    reason: Code


def declare(turn: Turn, reason: Code, hours: int | None = None) -> None:
    """Say that nobody knows yet; the person who has the case finds out. Needs a named owner."""
    number = turn.state.unknowns + 1
    owner = turn.state.owner
    due = (
        turn.charter.due(PromiseKind.UPDATE, turn.now) if hours is None else turn.now + timedelta(hours=hours)
    )
    turn.change(unknowns=number, unknown=number)
    turn.say(CaseUnknownDeclared(owner=owner, next_update_at=due, reason=reason, unknown_no=number))
    promises.keep(turn, "case.unknown_declared", *TOLD)
    promises.make(turn, PromiseKind.UPDATE, owner, due)


def declare_by_person(turn: Turn, command: DeclareUnknown) -> Refusal | None:
    """Whoever has the case says that nobody knows yet, and when the customer hears again."""
    longest = turn.charter.longest_update_hours
    if refusal := owners.not_theirs(turn, command.agent):
        return refusal
    if command.next_update_hours is not None and command.next_update_hours > longest:
        detail = f"the customer hears again within {longest} hours"
        return Refusal("too_late", detail, ("body.next_update_hours",), 422)
    declare(turn, command.reason, command.next_update_hours)
    return None


def resolve_by_person(turn: Turn, command: ResolveUnknown) -> Refusal | None:
    """Whoever has the case knows now; what he makes of it is promised next."""
    if refusal := owners.not_theirs(turn, command.agent):
        return refusal
    if turn.state.unknown is None:
        return Refusal("nothing_unknown", "nothing was declared unknown in this case")
    resolve(turn, command.reason)
    promises.ensure(turn)
    return None


def abstained(turn: Turn) -> None:
    """The classifier does not know: a person does it, and the customer is told so, once."""
    if turn.state.unknown is not None:
        return
    if not turn.state.has_person:
        owners.assign_person(turn, "abstained")
    declare(turn, "abstained")


def declare_again(turn: Turn, late: Sequence[LivePromise]) -> None:
    """The next word did not come in time: said again with a new date, the third time by the supervisor."""
    if turn.state.unknown is None or not any(promise.kind is PromiseKind.UPDATE for promise in late):
        return
    if turn.state.unknowns + 1 >= SUPERVISOR_FROM:
        owners.assign_supervisor(turn, "update_broken")
    declare(turn, "still_unknown")


def resolve(turn: Turn, reason: Code) -> None:
    """It is known now; nothing to say when nothing was unknown."""
    number = turn.state.unknown
    if number is None:
        return
    turn.change(unknown=None)
    turn.say(CaseUnknownResolved(unknown_no=number, reason=reason))
    promises.keep(turn, "case.unknown_resolved", PromiseKind.UPDATE)
