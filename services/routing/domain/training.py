"""Training (formación): the education area takes over warmly.

Nobody lets go of the customer before a person of that area has confirmed.
"""

from ciclo_schemas.routing import CaseDivertedToTraining, PromiseKind
from ciclo_schemas.values import Identifier, Party, PartyKind
from services.chassis.decider import Message, Refusal
from services.routing.domain import owners, promises, waits
from services.routing.domain.case import EDUCATION
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

EDUCATION_QUEUE = Party(kind=PartyKind.QUEUE, id=EDUCATION)


class ConfirmTraining(Message):
    """A person of the education area takes the customer over."""

    agent: Identifier


def divert(turn: Turn) -> None:
    """Ask the education area to take over, by a promised date; the owner keeps the case until it does."""
    if turn.state.promised(PromiseKind.TRAINING):
        return
    due = turn.charter.due(PromiseKind.TRAINING, turn.now)
    turn.say(CaseDivertedToTraining(queue=EDUCATION, due=due))
    promises.keep(turn, "case.diverted_to_training", PromiseKind.FIRST_ANSWER, PromiseKind.NEXT_STEP)
    promises.make(turn, PromiseKind.TRAINING, EDUCATION_QUEUE, due)
    waits.hold(turn, Purpose.EDUCATION, EDUCATION_QUEUE, due)


def confirm(turn: Turn, command: ConfirmTraining) -> Refusal | None:
    """The hand-over is confirmed: the customer has a person of the education area, who promises what follows.

    Too late once the promise broke: then the first line has taken the case back.
    """
    area = turn.charter.queues[EDUCATION]
    if command.agent not in (*area.staff, area.supervisor):
        return Refusal("not_in_education", "this person does not work in the education area", status=403)
    if not turn.state.promised(PromiseKind.TRAINING):
        return Refusal("not_diverted", "the case does not wait for the education area")
    refusal = owners.hand_off(turn, owners.agent(command.agent), EDUCATION, "training_confirmed")
    if refusal is not None:
        return refusal
    promises.keep(turn, "case.handed_off", PromiseKind.TRAINING, PromiseKind.NEXT_STEP)
    waits.resume_for(turn, "case.handed_off", PromiseKind.TRAINING)
    promises.owe_next_step(turn)
    return None
