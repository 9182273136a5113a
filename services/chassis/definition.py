"""What a service is, as its app.py declares it and the chassis runs it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from prometheus_client import Gauge

from ciclo_schemas.events import Event
from ciclo_schemas.inbound import InboundEvent
from services.chassis.decider import Decider, Message, Published
from services.chassis.meters import Meter, Shown
from services.chassis.tables import Table

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Projection = Callable[[Published], Iterable[Any]]
Targets = Callable[[Connection, Any, UUID | None, int], Awaitable[Sequence[UUID]]]
"""`await targets(connection, data, after, limit)`: the next aggregates concerned, by id, after `after`."""


@dataclass(frozen=True, slots=True)
class EffectCall:
    """One call that is owed. `key` is the same at every attempt: give it to the provider."""

    subject: UUID
    key: str
    data: Any
    attempts: int
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Retry:
    """The call did not succeed this time; `reason` is a code, `after` overrides the usual back-off."""

    reason: str
    after: timedelta | None = None


class EffectRunner(Protocol):
    """Runs the effects of one type, up to `batch` calls at a time, and gives up after `attempts`."""

    data: type[Message]
    batch: int
    attempts: int | None

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Message | Retry]:
        """One result per call: an input for its aggregate, or Retry. An exception retries them all."""
        ...

    def give_up(self, call: EffectCall, reason: str) -> Message:
        """The result after the last attempt failed."""
        ...

    async def close(self) -> None:
        """Give back what is kept between batches: connections, mostly. Nothing is run afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Measures:
    """What a service counts of its own matter, beside what every service does.

    `counts`: called with every event of these types that the service has published, after the commit.
    `look` finds what `gauges` show, at every scrape: by an index, and bounded however many cases there are.
    """

    counts: Mapping[type[Event], Callable[[Any], None]] = field(default_factory=dict)
    gauges: tuple[Meter[Gauge], ...] = ()
    look: Callable[[Connection], Awaitable[Sequence[Shown]]] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A service: what it decides, which tables are its own, what it reads, what it does outside.

    `reads` are Ciclo's topics (never its own); `inbound` finds the aggregate of a record of another system.
    `projection` turns every known event of an applied input, and every own event, into rows; its failures
    never block.
    """

    name: str
    deciders: tuple[Decider[Any], ...]
    tables: tuple[Table, ...] = ()
    reads: tuple[str, ...] = ()
    inbound: Mapping[type[InboundEvent], Callable[[Any], UUID]] = field(default_factory=dict)
    runners: tuple[EffectRunner, ...] = ()
    targets: Mapping[type[Message], Targets] = field(default_factory=dict)
    projection: Projection | None = None
    measures: Measures | None = None
