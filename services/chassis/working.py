"""What a batch holds in memory: the locked aggregates, and everything that will be written."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ciclo_schemas.envelope import write_clock
from services.chassis.decider import CancelTimer, Decider, FanOut, State, Timer
from services.chassis.gate import Watermarks
from services.chassis.inputs import Input, Picture


class NewerState(Exception):
    """The state was written by a newer release: a replica of that release must decide."""


@dataclass(slots=True)
class Waiting:
    """A row of `parked`."""

    id: int
    reason: str
    input: Input


@dataclass(slots=True)
class Aggregate:
    """One locked row, as the batch changes it."""

    id: UUID
    kind: str | None = None
    raw_state: str | None = None
    state_version: int = 0
    epoch: int = 1
    sequence: int = 0
    version: int = 0
    watermarks: Watermarks = field(default_factory=dict)
    traceparent: str | None = None
    waiting: list[Waiting] = field(default_factory=list)
    dead: dict[int, tuple[str, int]] = field(default_factory=dict)
    deferred: bool = False
    made: bool = False
    """Whether there was no row to lock: it is made when the batch is written, and can fail then."""
    touched: bool = False
    _state: State | None = None
    _parsed: bool = False

    @classmethod
    def of_row(cls, row: Any) -> "Aggregate":
        """The aggregate of a row of `aggregates`."""
        marks = json.loads(row["watermarks"])
        return cls(
            id=row["id"],
            kind=row["kind"],
            raw_state=row["state"],
            state_version=row["state_version"],
            epoch=row["epoch"],
            sequence=row["sequence"],
            version=row["version"],
            watermarks={source: (mark[0], mark[1]) for source, mark in marks.items()},
            traceparent=row["traceparent"],
        )

    def state_for(self, decider: Decider[Any]) -> State | None:
        """The state as this decider reads it, upcast if it is of an older version.

        Raises NewerState, TypeError for an aggregate of another kind, pydantic.ValidationError.
        """
        if self.kind is not None and self.kind != decider.kind:
            raise TypeError(f"a {self.kind} got an input for a {decider.kind}")
        if self._parsed or self.raw_state is None:
            return self._state
        if self.state_version > decider.state_version:
            raise NewerState
        document: dict[str, Any] | None = None
        for version in range(self.state_version, decider.state_version):
            document = decider.upcasters[version](
                json.loads(self.raw_state) if document is None else document
            )
        if document is None:
            self._state = decider.state.model_validate_json(self.raw_state)
        else:
            self._state = decider.state.model_validate(document)
        self._parsed = True
        return self._state

    def picture(self) -> Picture:
        """What somebody who reads the aggregate now sees of it."""
        return Picture(self.version, self.epoch, self.sequence)

    def decided(self, decider: Decider[Any], state: State | None, *, changed: bool) -> None:
        """Take the state of a decision; `changed`: it changed something besides the state."""
        self.touched = True
        # A decision that changes nothing gives back the very state it was given.
        if changed or state is not self._state:
            self.version += 1
        if state is None:
            return
        self.kind, self._state, self._parsed = decider.kind, state, True
        self.state_version = decider.state_version
        self.raw_state = None

    def stored_state(self) -> str | None:
        """The state as it is written back."""
        if self.raw_state is None and self._state is not None:
            self.raw_state = self._state.stored()
        return self.raw_state

    def mark(self, source: str, sequence: int, event_id: str) -> None:
        """Advance the watermark of a source."""
        if sequence > self.watermarks.get(source, (0, ""))[0]:
            self.watermarks[source] = (sequence, event_id)
            self.touched = True

    def next_sequence(self, epoch: int) -> int:
        """The sequence of the next event; a new epoch counts from 1."""
        if self.epoch != epoch:
            self.epoch, self.sequence = epoch, 0
        self.sequence += 1
        self.touched = True
        return self.sequence

    def clock(self) -> str:
        """What this service has applied for the aggregate, as `ce_caseclock`."""
        return write_clock({source: mark[0] for source, mark in self.watermarks.items()})


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event to publish."""

    id: UUID
    aggregate: UUID
    source: str
    sequence: int
    topic: str
    type: str
    occurred_at: datetime
    clock: str
    correlation: str | None
    causation: str | None
    traceparent: str | None
    body: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One effect that is owed."""

    aggregate: UUID
    kind: str
    cause: UUID
    key: str
    ordering: str
    data: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """One input that waits."""

    input: Input
    reason: str
    try_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadRow:
    """One input whose decision failed."""

    input: Input
    blocking: bool
    error: str
    message: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One business key that is now taken."""

    scope: str
    key: str
    aggregate: UUID
    fingerprint: str
    reply: str | None


@dataclass(frozen=True, slots=True)
class FanOutRow:
    """One fan-out to run."""

    aggregate: UUID
    cause: UUID
    fan_out: FanOut
    traceparent: str | None


@dataclass(slots=True)
class Writes:
    """Everything a batch writes besides aggregates and the service's own rows."""

    events: list[EventRow] = field(default_factory=list)
    effects: list[EffectRow] = field(default_factory=list)
    timers: dict[tuple[UUID, str, str], tuple[Timer | CancelTimer, str | None]] = field(default_factory=dict)
    parked: list[ParkedRow] = field(default_factory=list)
    unparked: list[int] = field(default_factory=list)
    postponed: dict[int, tuple[str, datetime | None]] = field(default_factory=dict)
    """Why rows of `parked` wait on, and when to try them again."""
    dead: list[DeadRow] = field(default_factory=list)
    keys: dict[tuple[str, str], KeyRow] = field(default_factory=dict)
    freed_keys: set[tuple[str, str]] = field(default_factory=set)
    fan_outs: list[FanOutRow] = field(default_factory=list)

    def failures(self) -> int:
        """How many aggregates this batch would block anew: what the breaker counts."""
        return len({row.input.subject for row in self.dead if row.blocking and row.input.claim is None})


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A business key that an earlier transaction took."""

    aggregate: UUID
    fingerprint: str
    reply: str | None
