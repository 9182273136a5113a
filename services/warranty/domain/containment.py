"""Containment (contención): a model or lot is held back, and every open case about it is told, once.

Producers and distributors warn consumers of a risk that they learn of (Regulation (EU) 2023/988 arts. 9.8,
12.4 and 35; RDL 1/2007 art. 13). A case is told when the containment starts, when it names its unit or the
unit is registered later, and when it is reopened: as long as the containment is not lifted.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import Field

from ciclo_schemas.values import Code, Identifier
from ciclo_schemas.warranty import ContainmentLifted, ContainmentNotified, ContainmentStarted
from services.chassis.decider import Decision, Delete, FanOut, Given, Message, Refusal, State, Timer
from services.warranty.domain.answers import AssessAgain, Decided
from services.warranty.domain.records import Containment, OpenCase, Unit
from services.warranty.domain.rights import CaseRights

LOOK_AGAIN_AFTER = timedelta(minutes=1)
"""By then a case is found that was being decided while the containment started."""


class ContainmentDetails(Message):
    """What is held back, what is wrong with it, and what its owners should do."""

    model: Identifier
    lot: Identifier | None = Field(None, description="every lot when empty")
    cause: Code = Field(description="what is wrong, such as `overheats`")
    advice: Code = Field(description="what customers should do, such as `stop_using`")


class StartContainment(ContainmentDetails):
    """Hold a model or lot back."""

    id: Identifier


class LiftContainment(Message):
    """The model or lot is free again."""

    id: Identifier
    reason: Code


class TellContained(Message):
    """The open cases about what is held back are told, unless they were."""

    containment: str
    model: str
    lot: str | None


class TellAgain(TellContained):
    """Once more, for the cases that were being decided while it started."""


class ContainmentState(State):
    """A containment; its row holds the rest."""

    id: str


Contained = Decision[ContainmentState]
CaseHandler = Callable[[CaseRights | None, Any, Given], Decided]


def start(state: ContainmentState | None, command: StartContainment, given: Given) -> Contained:
    """Hold back, and tell. The same again changes nothing; another content, or a lifted one, is refused."""
    known = given.facts.one(Containment, id=command.id)
    row = Containment(**command.model_dump(), active=True, started_at=given.now)
    if known is not None:
        if not known.active:
            return _refuse(state, "already_lifted", "this containment was lifted; a new one needs a new id")
        if not known.says_the_same_as(row):
            return _refuse(state, "already_started", "this containment holds something else back")
        return Decision(state)
    tell = TellContained(containment=row.id, model=row.model, lot=row.lot)
    started = ContainmentStarted(
        containment=row.id, model=row.model, lot=row.lot, cause=row.cause, advice=row.advice
    )
    return Decision(
        ContainmentState(id=row.id),
        events=(started,),
        rows=(row,),
        fan_outs=(FanOut(tell),),
        timers=(Timer(due=given.now + LOOK_AGAIN_AFTER, data=TellAgain(**tell.model_dump())),),
    )


def tell_again(state: ContainmentState | None, again: TellAgain, _given: Given) -> Contained:
    """Tell those, too, that were being decided while it started."""
    return Decision(state, fan_outs=(FanOut(TellContained(**again.model_dump())),))


def lift(state: ContainmentState | None, command: LiftContainment, given: Given) -> Contained:
    """Nobody is told any more; those who were hear it from whoever has their case."""
    known = given.facts.one(Containment, id=command.id)
    if known is None:
        return _refuse(state, "unknown_containment", "there is no such containment", status=404)
    if not known.active:
        same = known.lift_reason == command.reason
        return Decision(state) if same else _refuse(state, "already_lifted", "it was lifted before")
    lifted = ContainmentLifted(containment=known.id, reason=command.reason)
    return Decision(state, events=(lifted,), rows=(known.lifted(given.now, command.reason),))


def watching(handler: CaseHandler) -> CaseHandler:
    """The same handler for a case, whose unit is looked at afterwards if it is another one, or open again."""

    def watched(case: CaseRights | None, data: Any, given: Given) -> Decided:
        return _watch(case, data, handler(case, data, given), given)

    return watched


def tell(case: CaseRights | None, message: TellContained, given: Given) -> Decided:
    """A containment that started concerns this case, if it is still open and about that unit."""
    if case is None or case.ended:
        return Decision(case)
    containment = given.facts.one(Containment, id=message.containment)
    concerned = () if containment is None else (containment,)
    return _notify(Decision(case), concerned, given)


def _watch(before: CaseRights | None, data: Any, decision: Decided, given: Given) -> Decided:
    after = decision.state
    if after is None or decision.refusal is not None:
        return decision
    was, unit = _open_unit(before), _open_unit(after)
    if unit is None:
        return decision if was is None else _with_row(decision, Delete(OpenCase, (after.case_id,)))
    if unit != was:
        decision = _with_row(decision, OpenCase(after.case_id, unit))
    elif not isinstance(data, AssessAgain):
        return decision
    return _notify(decision, given.facts.find(Containment, active=True), given)


def _open_unit(case: CaseRights | None) -> str | None:
    return None if case is None or case.ended else case.product_unit


def _notify(decision: Decided, containments: tuple[Containment, ...], given: Given) -> Decided:
    case = decision.state
    unit = None
    if case is not None and case.product_unit is not None and containments:
        unit = given.facts.one(Unit, product_unit=case.product_unit)
    if case is None or unit is None:
        return decision
    new = [one for one in containments if one.holds_back(unit) and one.id not in case.contained_by]
    notified = tuple(
        ContainmentNotified(
            containment=one.id, product_unit=unit.product_unit, cause=one.cause, advice=one.advice
        )
        for one in new
    )
    told = (*case.contained_by, *(one.id for one in new))
    return replace(
        decision,
        state=case.model_copy(update={"contained_by": told}),
        events=(*decision.events, *notified),
    )


def _with_row(decision: Decided, row: OpenCase | Delete) -> Decided:
    return replace(decision, rows=(*decision.rows, row))


def _refuse(state: ContainmentState | None, code: str, detail: str, status: int = 409) -> Contained:
    return Decision(state, refusal=Refusal(code=code, detail=detail, locations=("id",), status=status))
