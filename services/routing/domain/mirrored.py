"""What linked cases share: the survivor's proposals and end reach them all, their customers' words reach it.

The survivor alone decides. It tells the others by messages that may come late or in another order: proposals
are numbered, and an older number changes nothing.
"""

from typing import Any
from uuid import UUID

from ciclo_schemas.cases import (
    CaseEvent,
    CaseHumanRequested,
    CaseInformationReceived,
    CaseObjectionRaised,
    CaseResolutionConfirmed,
    CaseResolutionDenied,
)
from ciclo_schemas.events import read_event
from ciclo_schemas.routing import CaseClosed, ClosedAs, ResolutionProposed
from ciclo_schemas.values import Code, Facts, Party, TextRef
from services.chassis.decider import Message, Refusal
from services.routing.domain import linked, resolution, waits, words
from services.routing.domain.case import CaseState
from services.routing.domain.classification import Classified
from services.routing.domain.records import Proposal
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


class SurvivorProposed(Message):
    """To all who wait for this case: a resolution is proposed."""

    survivor: UUID
    proposal_no: int
    reason: Code
    proposed_by: Party
    text_ref: TextRef | None


class SurvivorWentOn(Message):
    """To all who wait for this case: the proposal is off."""

    survivor: UUID
    proposal_no: int


class SurvivorClosed(Message):
    """To all who wait for this case: it was closed, and so are you."""

    survivor: UUID
    closed_as: ClosedAs
    reason: Code


class WordOfLinked(Message):
    """To the survivor: what the customer said about a linked case; `body` is the event's JSON."""

    to: UUID
    event_type: str
    body: str


def tell(turn: Turn, before: CaseState) -> None:
    """After an input: remember the proposal, and tell the cases that wait for this one what became of it."""
    proposed = turn.said(ResolutionProposed)
    if proposed is not None:
        turn.change(proposal=_proposal(proposed))
    if turn.state.is_closed:
        _end(turn)
        return
    if not turn.state.has_linked:
        return
    if proposed is not None:
        _tell_proposal(turn)
    elif before.waits_for(Purpose.CONFIRMATION) and not turn.state.waits_for(Purpose.CONFIRMATION):
        turn.tell(SurvivorWentOn(survivor=turn.case_id, proposal_no=turn.state.proposals))


def joined(turn: Turn, message: linked.Joined) -> None:
    """A case waits for this one, and hears of the proposal that is out."""
    linked.joined(turn, message)
    if turn.state.has_linked and turn.state.waits_for(Purpose.CONFIRMATION):
        _tell_proposal(turn)


def survivor_proposed(turn: Turn, message: SurvivorProposed) -> None:
    """The same resolution is proposed here."""
    if not _is_news(turn, message.survivor) or message.proposal_no <= turn.state.survivor_proposal:
        return
    resolution.propose(turn, message.reason, message.proposed_by, message.text_ref)
    turn.change(survivor_proposal=message.proposal_no, mirrored_proposal=turn.state.proposals)


def survivor_went_on(turn: Turn, message: SurvivorWentOn) -> None:
    """The proposal is off here, too: the case waits for the survivor again."""
    if not _is_news(turn, message.survivor) or message.proposal_no < turn.state.survivor_proposal:
        return
    turn.change(survivor_proposal=message.proposal_no)
    if turn.state.waits_for(Purpose.CONFIRMATION) and not _proposes_itself(turn.state):
        waits.hold(turn, Purpose.LINKED_CASE, turn.state.owner, linked.wait_deadline(turn))


def survivor_closed(turn: Turn, message: SurvivorClosed) -> None:
    """The same end for both."""
    if _is_news(turn, message.survivor):
        turn.change(survivor=None)
        resolution.close(turn, message.closed_as, message.reason)


def forward(turn: Turn, data: Any) -> bool:
    """Whether the input was for the survivor: then it is on its way there."""
    state = turn.state
    if state.survivor is None or state.is_closed:
        return False
    if isinstance(data, Classified):  # the survivor is classified, with the words of this case
        turn.change(classifying=False)
        return True
    if not isinstance(data, FORWARDED) or _names_another_unit(state, data) or _answers_own(state, data):
        return False
    text_ref = None if isinstance(data, CaseResolutionConfirmed) else data.text_ref
    safety = not isinstance(data, CaseResolutionConfirmed) and data.safety_flag
    facts = None
    if isinstance(data, CaseInformationReceived):
        facts = words.facts_of(data.facts)
        turn.change(attachments=(*state.attachments, *data.attachments))
    words.note(turn, text_ref, safety, facts)
    word = _for_survivor(state, data)
    if word is not None:
        body = word.write().decode()
        turn.tell(WordOfLinked(to=state.survivor, event_type=word.event_type, body=body))
    return True


def word_in(message: WordOfLinked) -> Any:
    """The event that the customer's word came as. Raises ValueError if it cannot be read."""
    return read_event(message.event_type, message.body.encode())


def refuses(turn: Turn) -> Refusal | None:
    """Why people work on the survivor instead; a linked case that waits no longer is its person's own."""
    state = turn.state
    if state.survivor is None or state.is_closed:
        return None
    if state.wait is not None:
        return Refusal("linked_case", f"the case goes on in {state.survivor}")
    turn.change(survivor=None, survivor_proposal=0)
    return None


FORWARDED = (
    CaseInformationReceived,
    CaseHumanRequested,
    CaseObjectionRaised,
    CaseResolutionConfirmed,
    CaseResolutionDenied,
)
"""Words that count for the survivor. A choice, a quote's answer and a cancellation are this case's own."""


def _for_survivor(state: CaseState, data: Any) -> CaseEvent | None:
    """The word as the survivor hears it: its own proposal's number, no facts; None if it has no meaning."""
    if isinstance(data, CaseInformationReceived):
        return data.model_copy(update={"facts": Facts(), "attachments": ()})
    if not isinstance(data, CaseResolutionConfirmed | CaseResolutionDenied):
        return data if isinstance(data, CaseEvent) else None
    if state.waits_for(Purpose.CONFIRMATION) and data.proposal_no == state.proposals:
        return data.model_copy(update={"proposal_no": state.survivor_proposal})
    if isinstance(data, CaseResolutionDenied) and data.text_ref is not None:  # about an older proposal
        return CaseInformationReceived(
            channel=data.channel,
            reported_at=data.reported_at,
            facts=Facts(),
            safety_flag=data.safety_flag,
            text_ref=data.text_ref,
        )
    return None


def _names_another_unit(state: CaseState, data: Any) -> bool:
    if not isinstance(data, CaseInformationReceived):
        return False
    return data.facts.product_unit not in (None, state.unit)


def _answers_own(state: CaseState, data: Any) -> bool:
    """Whether the customer answers a proposal of this case alone, as after its complaint was answered."""
    is_answer = isinstance(data, CaseResolutionConfirmed | CaseResolutionDenied)
    return is_answer and _proposes_itself(state) and data.proposal_no == state.proposals


def _proposes_itself(state: CaseState) -> bool:
    return state.proposals != state.mirrored_proposal


def _end(turn: Turn) -> None:
    """The case ended: so do those that wait for it, unless the customer withdrew this one alone."""
    turn.change(survivor=None, survivor_proposal=0)
    if not turn.state.has_linked:
        return
    turn.change(has_linked=False)
    closed = turn.said(CaseClosed)
    if closed is None:
        turn.tell(linked.Freed(survivor=turn.case_id))
    else:
        turn.tell(SurvivorClosed(survivor=turn.case_id, closed_as=closed.closed_as, reason=closed.reason))


def _tell_proposal(turn: Turn) -> None:
    proposal = turn.state.proposal
    if proposal is not None:
        turn.tell(
            SurvivorProposed(
                survivor=turn.case_id,
                proposal_no=proposal.no,
                reason=proposal.reason,
                proposed_by=proposal.proposed_by,
                text_ref=proposal.text_ref,
            )
        )


def _proposal(event: ResolutionProposed) -> Proposal:
    return Proposal(
        no=event.proposal_no, reason=event.reason, proposed_by=event.proposed_by, text_ref=event.text_ref
    )


def _is_news(turn: Turn, survivor: UUID) -> bool:
    return turn.state.survivor == survivor and not turn.state.is_closed
