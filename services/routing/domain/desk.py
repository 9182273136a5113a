"""What a person who has a case does besides solving it: asks the customer, hands the case to a colleague."""

from pydantic import Field

from ciclo_schemas.values import Code, Codes, Identifier, Party, PartyKind, TextRef
from services.chassis.decider import Message, Refusal
from services.routing.domain import assessment, owners, promises, questions
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn


class AskInformation(Message):
    """A person asks the customer for what is missing; `text_ref` are his words, kept in intake's vault."""

    agent: Identifier
    missing: Codes = Field(min_length=1)
    text_ref: TextRef | None = None


class HandOff(Message):
    """A person hands the case to a colleague, or to a queue (traspaso)."""

    agent: Identifier
    person: Identifier | None = None
    queue: Identifier | None = None
    reason: Code


def ask_information(turn: Turn, command: AskInformation) -> Refusal | None:
    """Ask the customer, who is never asked for what is known, nor twice."""
    state = turn.state
    refusal = owners.not_theirs(turn, command.agent)
    if refusal is not None:
        return refusal
    if state.waits_for(Purpose.CONFIRMATION):
        return Refusal("already_proposed", "the customer has not answered the last proposal yet")
    if state.cancelling:
        return Refusal("withdrawn", "the customer withdraws the case and is asked nothing more")
    if state.remedy is not None:
        return Refusal("remedy_under_way", "a replacement, a repair or a refund is under way")
    if any(assessment.is_known(state, code) for code in command.missing):
        return Refusal("already_known", "the customer has stated this already", ("body.missing",))
    if any(code in state.asked for code in command.missing):
        return Refusal("already_asked", "the customer was asked for this already", ("body.missing",))
    asked_by = owners.agent(command.agent)
    questions.ask(turn, command.missing, Purpose.INFORMATION, asked_by, command.text_ref)
    return None


def hand_off(turn: Turn, command: HandOff) -> Refusal | None:
    """Hand the case over. What was promised stays promised, by the same date."""
    refusal = owners.not_theirs(turn, command.agent)
    if refusal is not None:
        return refusal
    if command.person == command.agent:
        return Refusal("same_owner", "the case is with this person already", ("body.person",))
    queue = command.queue if command.person is None else turn.charter.queue_of(command.person)
    if queue is None:
        return Refusal("unknown_person", "this person works in no queue", ("body.person",), 422)
    if queue not in turn.charter.queues:
        return Refusal("unknown_queue", "there is no such queue", ("body.queue",), 422)
    of_queue = Party(kind=PartyKind.QUEUE, id=queue)
    to = of_queue if command.person is None else owners.agent(command.person)
    refusal = owners.hand_off(turn, to, queue, command.reason)
    if refusal is None:
        promises.ensure(turn)
    return refusal
