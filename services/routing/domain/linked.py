"""Duplicates (duplicados): the same customer reports the same unit twice. One case goes on, the others wait.

The survivor (caso superviviente) is the case that bears a remedy, else the one reported earlier. Which case
that is stands in the `Matter`, whose lock every decision about it holds; cases tell one another to look
there, so that messages may come late or twice. Different units are never one matter.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import CaseInformationReceived, CaseOpened
from ciclo_schemas.routing import CaseLinked
from ciclo_schemas.values import Code, ProductUnit, TextRef
from ciclo_schemas.warranty import (
    CoverageAssessed,
    RefundApproved,
    RemedyAlreadyInForce,
    RepairAuthorized,
    ReplacementApproved,
)
from services.chassis.decider import Lookup, Message
from services.routing.domain import assessment, classification, owners, promises, waits, words
from services.routing.domain.case import CaseState
from services.routing.domain.rows import CaseRow, Matter
from services.routing.domain.stages import Purpose
from services.routing.domain.turn import Turn

WAITS_OF_LINKED = (Purpose.LINKED_CASE, Purpose.CONFIRMATION)
"""What a linked case waits for: its survivor, or the answer to the survivor's proposal."""


class Joined(Message):
    """To the survivor: a case waits for you; what its customer said counts for you."""

    to: UUID
    case: UUID
    unit: ProductUnit
    texts: tuple[TextRef, ...]
    safety: bool


class LookAgain(Message):
    """To one case: the matter goes on elsewhere, perhaps."""

    to: UUID


class Freed(Message):
    """To all who wait for this case: it does not go on in your place any longer."""

    survivor: UUID


ALWAYS_ASK = (
    Joined,
    LookAgain,
    Freed,
    RemedyAlreadyInForce,
    ReplacementApproved,
    RepairAuthorized,
    RefundApproved,
)
"""What makes a case look at its matter, whatever its unit."""


def needs(state: CaseState | None, data: Any) -> Iterable[Lookup]:
    """The facts that an input will ask for."""
    if isinstance(data, CaseOpened):
        unit, customer = data.facts.product_unit, data.customer_ref
    elif state is None:
        return
    else:
        unit, customer = _unit_after(state, data), state.customer_ref
        if not isinstance(data, ALWAYS_ASK) and unit == state.unit:
            return
    if unit is not None:
        yield Lookup.of(Matter, customer_ref=customer, product_unit=unit)
    if isinstance(data, RemedyAlreadyInForce):
        yield Lookup.of(CaseRow, case_id=data.case)


def find_place(turn: Turn) -> None:
    """Be the survivor of the matter, or be linked to it, as the matter stands now."""
    state = turn.state
    if state.is_closed or state.unit is None:
        return
    matter = turn.given.facts.one(Matter, customer_ref=state.customer_ref, product_unit=state.unit)
    if matter is not None and matter.survivor == turn.case_id:
        free(turn, "survives")
        return
    other = None if matter is None else turn.given.facts.one(CaseRow, case_id=matter.survivor)
    if other is None or not other.is_open or other.product_unit != state.unit:
        _claim(turn)
    elif _outlives(turn, other):
        _claim(turn)
        turn.tell(LookAgain(to=other.case_id))
    elif state.remedy is None:
        _link(turn, other.case_id, "bears_remedy" if other.bears_remedy else "reported_earlier")
    else:  # each bears a remedy, for defects of their own: both go on
        free(turn, "remedy_of_its_own")


def joined(turn: Turn, message: Joined) -> None:
    """A case waits for this one: its words count here. One that cannot be waited for sends it on."""
    if turn.state.survivor is not None:
        find_place(turn)
    state = turn.state
    if state.is_closed or state.survivor is not None or state.unit != message.unit:
        turn.tell(LookAgain(to=message.case))
        return
    turn.change(has_linked=True)
    for text in message.texts:
        if text not in turn.state.texts:
            words.note(turn, text, message.safety)
    turn.change(safety=turn.state.safety or message.safety)


def look_again(turn: Turn, _message: LookAgain) -> None:
    """The matter may go on elsewhere."""
    find_place(turn)


def freed(turn: Turn, message: Freed) -> None:
    """The survivor does not go on: this case finds its place anew."""
    if turn.state.survivor == message.survivor:
        find_place(turn)


def remedy_in_force(turn: Turn, blocked: RemedyAlreadyInForce) -> None:
    """Another case bears the remedy: it survives if it is of the same matter, else a person explains."""
    state, unit = turn.state, blocked.product_unit
    if blocked.case == turn.case_id:
        assessment.remedy_already_in_force(turn, blocked)
        return
    other = turn.given.facts.one(CaseRow, case_id=blocked.case)
    if state.is_closed or state.remedy is not None or not _is_same_matter(state, other, unit):
        assessment.remedy_already_in_force(turn, blocked)
        return
    turn.change(unit=unit)
    turn.given.facts.one(Matter, customer_ref=state.customer_ref, product_unit=unit)  # locks it
    turn.keep_matter(Matter(state.customer_ref, unit, survivor=blocked.case))
    _link(turn, blocked.case, "remedy.already_in_force")


def settle(turn: Turn, before: CaseState, data: Any) -> None:
    """After an input: the case is about another unit than before, or bears a remedy now."""
    state = turn.state
    if state.is_closed or isinstance(data, RemedyAlreadyInForce):
        return
    unit = _unit_after(state, data)
    if unit != state.unit:
        if state.has_linked:
            turn.change(has_linked=False)
            turn.tell(Freed(survivor=turn.case_id))
        turn.change(unit=unit)
        find_place(turn)
    elif state.remedy is not None and before.remedy is None:
        find_place(turn)


def free(turn: Turn, reason: Code) -> None:
    """Go on alone, if the case was linked: a person takes it up, unless a remedy is under way."""
    if turn.state.survivor is None:
        return
    turn.change(survivor=None, survivor_proposal=0)
    if turn.state.remedy is not None:
        return
    if turn.state.waits_for(*WAITS_OF_LINKED):
        waits.resume(turn, reason)
    owners.assign_person(turn, reason)
    promises.owe_next_step(turn)
    classification.ask(turn)


def wait_deadline(turn: Turn) -> datetime:
    """Until when a linked case waits for its survivor before a person looks at both."""
    return turn.now + timedelta(hours=turn.charter.linked_case_hours)


def _claim(turn: Turn) -> None:
    unit = turn.state.unit
    if unit is not None:
        turn.keep_matter(Matter(turn.state.customer_ref, unit, survivor=turn.case_id))
    free(turn, "survives")


def _link(turn: Turn, survivor: UUID, reason: Code) -> None:
    state = turn.state
    unit = state.unit or ""
    turn.tell(Joined(to=survivor, case=turn.case_id, unit=unit, texts=state.texts, safety=state.safety))
    if state.survivor == survivor and state.waits_for(*WAITS_OF_LINKED):
        return
    turn.change(survivor=survivor, survivor_proposal=0, has_linked=False)
    turn.say(CaseLinked(survivor=survivor, reason=reason))
    promises.keep(turn, "case.linked", *promises.OF_THE_MATTER)
    waits.hold(turn, Purpose.LINKED_CASE, state.owner, wait_deadline(turn))
    if state.has_linked:
        turn.tell(Freed(survivor=turn.case_id))


def _is_same_matter(state: CaseState, other: CaseRow | None, unit: str) -> bool:
    """Whether an open case is of the same customer and both are about this unit."""
    if other is None or not other.is_open or other.customer_ref != state.customer_ref:
        return False
    return other.product_unit == unit and state.unit in (None, unit)


def _outlives(turn: Turn, other: CaseRow) -> bool:
    """Who bears a remedy first, then who was reported earlier."""
    state = turn.state
    mine = (state.remedy is None, state.opened_at, turn.case_id)
    return mine < (not other.bears_remedy, other.opened_at, other.case_id)


def _unit_after(state: CaseState, data: Any) -> str | None:
    """The unit the case is about once `data` is heard: what the customer states goes before all else."""
    stated = state.facts.get("product_unit")
    if isinstance(data, CaseInformationReceived) and data.facts.product_unit is not None:
        stated = data.facts.product_unit
    found = data.product_unit if isinstance(data, CoverageAssessed | RemedyAlreadyInForce) else None
    return stated or state.unit or found
