"""The end of a case: a resolution is proposed, the customer says whether it is solved, the case is closed.

Only the customer says "solved"; any later word of the customer reopens the case.
"""

from ciclo_schemas.routing import CaseClosed, CaseReopened, ClosedAs, PromiseKind, ResolutionProposed
from ciclo_schemas.values import Code, Party, TextRef
from services.routing.domain import owners, promises, waits
from services.routing.domain.case import FIRST_LINE, Purpose
from services.routing.domain.turn import Turn


def propose(turn: Turn, reason: Code, proposed_by: Party, text_ref: TextRef | None = None) -> None:
    """Propose a resolution and ask the customer whether it is solved: every promise is thereby kept."""
    number = turn.state.proposals + 1
    waits.resume(turn, reason)
    turn.change(proposals=number)
    promises.keep(turn, reason, *PromiseKind)
    turn.say(
        ResolutionProposed(proposal_no=number, reason=reason, proposed_by=proposed_by, text_ref=text_ref)
    )
    waits.hold_for_customer(turn, Purpose.CONFIRMATION)


def close(turn: Turn, closed_as: ClosedAs, reason: Code) -> None:
    """End the case; nothing stays owed."""
    waits.end(turn)
    promises.keep(turn, "case.closed", *PromiseKind)
    turn.change(closed_as=closed_as)
    number = turn.state.proposals or None
    turn.say(CaseClosed(closed_as=closed_as, proposal_no=number, reason=reason))


def reopen(turn: Turn, reason: Code) -> None:
    """The customer spoke after the end: the same person goes on, from the second time the supervisor."""
    reopenings = turn.state.reopenings + 1
    person = turn.charter.first_line.supervisor if reopenings >= 2 else owners.person_of_first_line(turn)
    turn.change(closed_as=None, reopenings=reopenings)
    owners.take_over(turn, owners.agent(person), FIRST_LINE)
    turn.say(CaseReopened(reason=reason, owner=turn.state.owner))
    promises.make(turn, PromiseKind.NEXT_STEP, turn.state.owner)
