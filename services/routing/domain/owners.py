"""Who answers for a case: a queue, then a person of it. Changes of hands are counted."""

from ciclo_schemas.routing import CaseAssigned, CaseHandedOff
from ciclo_schemas.values import Code, Identifier, Party, PartyKind
from services.chassis.decider import Refusal
from services.routing.domain.case import EDUCATION, FIRST_LINE
from services.routing.domain.turn import Turn

FIRST_LINE_QUEUE = Party(kind=PartyKind.QUEUE, id=FIRST_LINE)
WARRANTY = Party(kind=PartyKind.SERVICE, id="warranty")
ROUTING = Party(kind=PartyKind.SERVICE, id="routing")

CLOSED = Refusal("case_closed", "the case is closed; a word of the customer reopens it")


def agent(staff_no: Identifier) -> Party:
    """A person by staff number."""
    return Party(kind=PartyKind.AGENT, id=staff_no)


def not_theirs(turn: Turn, staff_no: Identifier) -> Refusal | None:
    """Why this person may not act on the case, or None: whoever acts on it has taken it."""
    state = turn.state
    if state.is_closed:
        return CLOSED
    if state.owner == agent(staff_no):
        return None
    if state.has_person:
        return Refusal("already_taken", f"the case is with {state.owner.id}")
    return Refusal("not_taken", "take the case first")


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
        people=_with(state.people, owner),
    )


def hand_off(turn: Turn, to: Party, queue: Identifier, reason: Code) -> Refusal | None:
    """One party hands the case to another (traspaso): said and counted.

    After as many as the charter allows only a supervisor takes it: the customer is not passed around
    (Ley 10/2025 art. 9).
    """
    state = turn.state
    to_supervisor = to.kind is PartyKind.AGENT and turn.charter.supervises(to.id)
    if state.handed_off >= turn.charter.max_handoffs and not to_supervisor:
        return Refusal("too_many_handoffs", "this case changed hands too often: only a supervisor takes it")
    number = state.handed_off + 1
    take_over(turn, to, queue)
    turn.change(handed_off=number)
    turn.say(CaseHandedOff(by=state.owner, to=to, queue=queue, reason=reason, handoff_no=number))
    return None


def assign(turn: Turn, owner: Party, queue: Identifier, reason: Code) -> None:
    """Give the case to an owner, and tell why."""
    take_over(turn, owner, queue)
    turn.say(CaseAssigned(owner=owner, queue=queue, reason=reason, playbook=turn.state.playbook))


def person_of_first_line(turn: Turn) -> Identifier:
    """The person the customer knows already, else one of the staff, the same one for the same case."""
    staff = turn.charter.first_line.staff
    return turn.state.person or staff[turn.case_id.int % len(staff)]


def assign_person(turn: Turn, reason: Code) -> None:
    """Give the case to a named person: the one who trains the customer, else one of the first line."""
    if turn.state.has_person and turn.state.queue == EDUCATION:
        assign(turn, turn.state.owner, EDUCATION, reason)
        return
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


def _with(people: tuple[Identifier, ...], owner: Party) -> tuple[Identifier, ...]:
    is_new = owner.kind is PartyKind.AGENT and owner.id not in people
    return (*people, owner.id) if is_new else people
