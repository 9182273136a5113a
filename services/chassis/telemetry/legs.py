"""Where a leg of a case begins: which context is a span's parent, and which ones it is linked to.

A leg is what one trigger causes: a request, a timer, another system. It is one trace, of seconds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.chassis.decider import KAFKA, Origin
from services.chassis.inputs import Input
from services.chassis.telemetry.context import trace_id
from services.chassis.telemetry.semconv import Reason

LEG_MAX_AGE: Final = timedelta(minutes=15)
"""What is older begins a leg of its own: back ends cannot show traces of days."""

_ALWAYS = {Origin.TIMER: Reason.TIMER, Origin.INTERNAL: Reason.FAN_OUT}


@dataclass(frozen=True, slots=True)
class Leg:
    """The place of a span: `parent` is None where a leg begins; `links` are contexts and why."""

    parent: str | None
    links: tuple[tuple[str, Reason], ...]


def leg_of(one: Input, previous: str | None, now: datetime) -> Leg:
    """The place of the span of an input; `previous` is the context that last changed its aggregate."""
    cause = one.traceparent
    reason = _begins(one, now)
    parent = cause if reason is None else None
    links = []
    if cause is not None and reason is not None:
        links.append((cause, reason))
    elif cause is not None and one.origin in KAFKA:
        links.append((cause, Reason.MESSAGE))
    if previous is not None and (parent is None or trace_id(previous) != trace_id(parent)):
        links.append((previous, Reason.PREVIOUS_LEG))
    return Leg(parent, tuple(links))


def parent_of(one: Input, now: datetime) -> str | None:
    """The parent of the span of an input alone; None where a leg begins."""
    return one.traceparent if _begins(one, now) is None else None


def leg_of_effect(cause: str | None, age: timedelta) -> Leg:
    """The place of the span of an outside call that was asked for so long ago."""
    if cause is None:
        return Leg(None, ())
    return Leg(None, ((cause, Reason.EFFECT),)) if age > LEG_MAX_AGE else Leg(cause, ())


def _begins(one: Input, now: datetime) -> Reason | None:
    """Why a leg begins with this input, although something caused it; None if it goes on with its cause's."""
    if one.claim is not None and one.claim.table == "dead_letters":
        return Reason.REDRIVE
    if one.origin in _ALWAYS:
        return _ALWAYS[one.origin]
    if one.replayed:
        return Reason.REPLAY
    if one.origin in KAFKA and one.time is not None and now - one.time > LEG_MAX_AGE:
        return Reason.LATE
    return None
