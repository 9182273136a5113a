"""Compensation (compensación): what the house owes for its own fault, proposed once for each cause.

Routing proposes; warranty grants or declines within its limits. It never takes the place of what the law
gives.
"""

from ciclo_schemas.routing import CompensationCause, CompensationProposed
from ciclo_schemas.values import Code, Money, Party
from services.routing.domain import owners
from services.routing.domain.case import CaseState
from services.routing.domain.records import Compensation, LivePromise
from services.routing.domain.turn import Turn


def is_proposed(state: CaseState, cause: CompensationCause, cause_no: int) -> bool:
    """Whether a compensation for this cause was proposed already."""
    return any((one.cause, one.cause_no) == (cause, cause_no) for one in state.compensations)


def propose(
    turn: Turn,
    cause: CompensationCause,
    cause_no: int,
    by: Party,
    reason: Code,
    amount: Money | None = None,
) -> None:
    """Propose a compensation, unless one was proposed for this cause."""
    if is_proposed(turn.state, cause, cause_no):
        return
    proposed = Compensation(cause=cause, cause_no=cause_no)
    turn.change(compensations=(*turn.state.compensations, proposed))
    turn.say(
        CompensationProposed(cause=cause, cause_no=cause_no, proposed_by=by, reason=reason, amount=amount)
    )


def for_broken(turn: Turn, promise: LivePromise) -> None:
    """A promise broke: propose a compensation if the charter counts its kind as our fault."""
    turn.change(broken=(*turn.state.broken, promise.no))
    if promise.kind in turn.charter.compensate_when_broken:
        propose(turn, CompensationCause.PROMISE, promise.no, owners.ROUTING, "promise_broken")
