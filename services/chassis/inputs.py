"""One shape for everything that happens to an aggregate, and what becomes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.inbound import InboundEvent
from services.chassis.decider import Origin, Refusal
from services.chassis.telemetry.spans import Span


@dataclass(frozen=True, slots=True)
class Claim:
    """The durable row an input came from; the transaction that applies the input deletes it.

    An input whose row is gone (another replica was faster) is dropped.
    """

    table: str
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class BusinessKey:
    """What makes an input without a sequence unique for ever; `fingerprint` tells a repeat from a misuse."""

    scope: str
    key: str
    fingerprint: str


REJECTED, WAITING = "rejected", "waiting"


def key_of(record: InboundEvent) -> BusinessKey:
    """What makes a record of another system unique for ever."""
    return BusinessKey(record.event_type, json.dumps(record.business_key()), "")


@dataclass(frozen=True, slots=True)
class Position:
    """Where in Kafka a record stands."""

    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> str:
        """The same in one word."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Picture:
    """What somebody has seen of an aggregate: its version, and the last event we had published about it."""

    version: int
    epoch: int
    sequence: int

    @property
    def etag(self) -> str:
        """As HTTP names it."""
        return f'"{self.version}.{self.epoch}.{self.sequence}"'


@dataclass(frozen=True, slots=True)
class Change:
    """An event that this service has published since a picture was taken."""

    type: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Input:
    """Something that happened to the aggregate `subject`.

    `data` is None for a type that this release does not know; `raw` is the data as it arrived, kept for
    parking. `source`, `sequence` and `clock` are set for Ciclo's own events alone.
    """

    subject: UUID
    origin: Origin
    type: str
    id: UUID
    data: BaseModel | None
    raw: str
    time: datetime | None = None
    source: str | None = None
    sequence: int | None = None
    clock: Mapping[str, int] = field(default_factory=dict)
    traceparent: str | None = None
    claim: Claim | None = None
    business_key: BusinessKey | None = None
    position: Position | None = None
    expires_at: datetime | None = None
    blocked_by_dead: bool = True
    """False for a redriven dead letter, which is what the others wait behind."""
    label: str | None = None
    """The id that another system gave its record; rejections name it."""
    error: str | None = None
    """Why the data of this input could not be read: it goes to the dead letters."""
    refusal: Refusal | None = None
    """Why a record of another system was refused before any decision: it is rejected."""
    if_version: Picture | None = None
    """What the sender of a command saw: it is refused if the aggregate has changed since."""
    attempts: int = 0
    first_failed_at: datetime | None = None
    """How often, and since when, this input failed before: set for redriven dead letters."""
    original: str | None = None
    """The data as they arrived, if an operator transformed those of a dead letter."""
    replayed: bool = False
    """Whether the event was emitted once more: its trace is over."""
    span: Span | None = field(default=None, repr=False, compare=False)
    """What tells already of that which asks for this decision: a request, or the call that it answers."""

    def place_key(self, fate: str) -> BusinessKey | None:
        """What makes the rejection or the waiting of a record unique: its place in Kafka.

        Not its business key, under which it may come again, corrected.
        """
        if self.origin is not Origin.INBOUND or self.position is None:
            return None
        return BusinessKey(fate, self.position.place, "")

    @property
    def keys(self) -> tuple[BusinessKey, ...]:
        """Every key by which this input may turn out to be a repeat."""
        keys = (self.business_key, self.place_key(REJECTED), self.place_key(WAITING))
        return tuple(key for key in keys if key is not None)


class Fate(StrEnum):
    """What became of an input."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    DEAD = "dead"
    REFUSED = "refused"
    GONE = "gone"
    LATER = "later"
    """A command that must be tried again: what it needs is locked, or its state is of a newer release."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one input and its reply (JSON); for commands the aggregate's clock and ETag after it.

    `changes` tells who was refused for his stale picture what has happened since.
    """

    fate: Fate
    reply: str | None = None
    refusal: Refusal | None = None
    clock: str = ""
    reason: str = ""
    etag: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator's audited intervention at one aggregate.

    `mark` (source, sequence, event id) advances a watermark: the baseline of a late group, or past a
    discarded dead letter (made of the input `input_id`), whose row goes away with it.
    """

    actor: str
    action: str
    reason: str
    aggregate: UUID
    mark: tuple[str, int, str] | None = None
    dead_letter: int | None = None
    input_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FanOutAdvance:
    """A page of a fan-out is told: its position goes from `before` to `after`, or its row goes when `done`.

    Positions are the last aggregate told (None: nobody yet); at another position than `before` somebody
    else was faster, and the page is rolled back.
    """

    id: int
    before: UUID | None
    after: UUID | None
    done: bool


class FanOutMoved(RuntimeError):
    """Another replica advanced this fan-out first."""
