"""Who answers for a case: a queue, then a person of it. Changes of hands are counted."""

from ciclo_schemas.routing import CaseAssigned
from ciclo_schemas.values import Code, Identifier, Party, PartyKind
from services.routing.domain.case import FIRST_LINE
from services.routing.domain.turn import Turn

FIRST_LINE_QUEUE = Party(kind=PartyKind.QUEUE, id=FIRST_LINE)
WARRANTY = Party(kind=PartyKind.SERVICE, id="warranty")
ROUTING = Party(kind=PartyKind.SERVICE, id="routing")


def agent(staff_no: Identifier) -> Party:
    """A person by staff number."""
    return Party(kind=PartyKind.AGENT, id=staff_no)


def take_over(turn: Turn, owner: Party, queue: Identifier) -> None:
    """Change the owner. Another queue or another person is a handoff; from a queue to its person is not."""
    state = turn.state
    changes_hands = queue != state.queue or (state.has_person and owner != state.owner)
    first_line_person = owner.kind is PartyKind.AGENT and queue == FIRST_LINE
    turn.change(
        owner=owner,
        queue=queue,
        handoffs=state.handoffs + changes_hands,
        person=owner.id if first_line_person else state.person,
    )


def assign(turn: Turn, owner: Party, queue: Identifier, reason: Code) -> None:
    """Give the case to an owner, and tell why."""
    take_over(turn, owner, queue)
    turn.say(CaseAssigned(owner=owner, queue=queue, reason=reason, playbook=turn.state.playbook))


def person_of_first_line(turn: Turn) -> Identifier:
    """The person the customer knows already, else one of the staff, the same one for the same case."""
    staff = turn.charter.first_line.staff
    return turn.state.person or staff[turn.case_id.int % len(staff)]


def assign_person(turn: Turn, reason: Code) -> None:
    """Give the case to a named person of the first line."""
    assign(turn, agent(person_of_first_line(turn)), FIRST_LINE, reason)


def assign_named(turn: Turn, staff_no: Identifier, reason: Code) -> None:
    """Give the case to this person, or to the supervisor if this person has it and it went wrong."""
    has_it = turn.state.has_person and turn.state.owner.id == staff_no
    assign(turn, agent(turn.charter.first_line.supervisor if has_it else staff_no), FIRST_LINE, reason)


def assign_supervisor(turn: Turn, reason: Code) -> None:
    """Give the case to the supervisor of the first line."""
    assign(turn, agent(turn.charter.first_line.supervisor), FIRST_LINE, reason)


def assign_first_line(turn: Turn, reason: Code) -> None:
    """Give the case to the first line: to the person who has it, else to the queue."""
    state = turn.state
    with_person = state.has_person and state.queue == FIRST_LINE
    assign(turn, state.owner if with_person else FIRST_LINE_QUEUE, FIRST_LINE, reason)
