"""Who is waited for (a quién se espera), at every moment of a case: what its events say or imply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ciclo_schemas import cases, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.values import Party, PartyKind


class WaitedFor(StrEnum):
    """Whom or what a case waits for; the first ones are the names of waits in events."""

    CUSTOMER = "customer"
    FIRST_LINE = "first_line"
    WORKSHOP = "workshop"
    PART = "part"
    LOGISTICS = "logistics"
    EDUCATION = "education"
    REFUND = "refund"
    LINKED_CASE = "linked_case"
    UNKNOWN = "unknown"
    """Something that this release has no name for."""
    FINDING_OUT = "finding_out"
    """Whoever finds out what nobody knows yet."""
    COMPLAINTS = "complaints"
    """Whoever answers a complaint."""
    SPECIALIST = "specialist"
    """A person of another queue."""
    SERVICES = "services"
    """Our own services: nobody else is to do anything."""
    NOBODY = "nobody"
    """The case is over."""


@dataclass(frozen=True, slots=True)
class Waited:
    """Somebody who is waited for; `owner` answers for the case meanwhile, until `deadline` at the latest."""

    whom: WaitedFor
    owner: Party | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What tells who is waited for now. `complaint` is who answers the open one."""

    held: routing.CaseHeld | None = None
    owner: Party | None = None
    queue: str | None = None
    unknown: bool = False
    complaint: Party | None = None
    cancelling: bool = False
    over: bool = False

    def after(self, event: Event | None) -> "Standing":
        """How the case stands once this has happened; None is an event of a newer release."""
        change = None if event is None else _CHANGES.get(type(event))
        return self if change is None else replace(self, **change(event))


_OVER = {"over": True, "held": None, "unknown": False, "complaint": None, "cancelling": False}
_CHANGES: Mapping[type[Event], Callable[[Any], Mapping[str, Any]]] = {
    cases.CaseCancellationRequested: lambda _: {"cancelling": True},
    warranty.CancellationAssessed: lambda _: {"cancelling": False},
    routing.CaseHeld: lambda event: {"held": event},
    routing.CaseResumed: lambda _: {"held": None},
    routing.CaseAssigned: lambda event: {"owner": event.owner, "queue": event.queue},
    routing.CaseHandedOff: lambda event: {"owner": event.to, "queue": event.queue},
    routing.CaseEscalated: lambda event: {
        "owner": Party(kind=PartyKind.SERVICE_POINT, id=event.service_point),
        "queue": event.queue,
    },
    routing.CaseUnknownDeclared: lambda event: {"unknown": True, "owner": event.owner},
    routing.CaseUnknownResolved: lambda _: {"unknown": False},
    routing.ComplaintRegistered: lambda event: {"complaint": event.owner},
    routing.ComplaintAnswered: lambda _: {"complaint": None},
    routing.CaseReopened: lambda event: {"over": False, "owner": event.owner},
    routing.CaseClosed: lambda _: _OVER,
    routing.CaseCancelled: lambda _: _OVER,
    routing.CaseRejected: lambda _: _OVER,
}
_QUEUES = {
    "first_line": WaitedFor.FIRST_LINE,
    "education": WaitedFor.EDUCATION,
    "complaints": WaitedFor.COMPLAINTS,
    "technicians": WaitedFor.WORKSHOP,
}
"""Who works on the cases of a queue; a workshop's own is `technicians.<service point>`."""


def waited_for(now: Standing) -> tuple[Waited, ...]:
    """Everybody who is waited for, whom the case itself waits for first; never empty."""
    if now.over:
        return (Waited(WaitedFor.NOBODY),)
    found = [_of_the_case(now)]
    if now.unknown:
        found.append(Waited(WaitedFor.FINDING_OUT, now.owner))
    if now.complaint is not None:
        found.append(Waited(WaitedFor.COMPLAINTS, now.complaint))
    once = {one.whom: one for one in reversed(found)}
    return tuple(reversed(once.values()))


def _of_the_case(now: Standing) -> Waited:
    if now.held is not None:
        return Waited(WaitedFor(now.held.wait), now.held.owner, now.held.deadline)
    if now.cancelling or now.owner is None or now.owner.kind is PartyKind.SERVICE:
        return Waited(WaitedFor.SERVICES)
    if now.unknown:
        return Waited(WaitedFor.FINDING_OUT, now.owner)
    if now.owner.kind is PartyKind.SERVICE_POINT:
        return Waited(WaitedFor.WORKSHOP, now.owner)
    queue = (now.queue or "first_line").partition(".")[0]
    return Waited(_QUEUES.get(queue, WaitedFor.SPECIALIST), now.owner)
