"""What a drill writes down while it runs: the history that is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Emitted:
    """A service recorded an event, in transaction `tx`; `cause` is the input that led to it."""

    order: int
    at: float
    service: str
    subject: str
    source: str
    sequence: int
    event: str
    cause: str | None
    type: str
    topic: str
    tx: int

    @property
    def name(self) -> str:
        """`case.opened` of `ciclo.case.opened.v1`."""
        return self.type.removeprefix("ciclo.").rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Applied:
    """A service's watermark of a source went from `low` to `high` for a subject, in transaction `tx`."""

    order: int
    at: float
    service: str
    subject: str
    source: str
    low: int
    high: int
    tx: int


@dataclass(frozen=True, slots=True)
class Owed:
    """A service came to owe a call to the outside."""

    service: str
    subject: str
    kind: str
    cause: str
    key: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as the outside reader found it; records of a partition are in the order of their offsets."""

    topic: str
    partition: int
    offset: int
    source: str
    subject: str
    sequence: int
    event: str
    type: str
    clock: Mapping[str, int]
    window: str = ""
    """The window of a `coverage.assessed`."""

    @property
    def name(self) -> str:
        """`case.opened` of `ciclo.case.opened.v1`."""
        return self.type.removeprefix("ciclo.").rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request, repeated until it was answered; `began` and `ended` in monotonic seconds."""

    key: str
    what: str
    wall: float
    began: float
    ended: float
    subject: str
    """The case that the answer names; empty if it was refused."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an accepted case is at the end."""

    subject: str
    is_terminal: bool
    is_waiting: bool
    """A timer or a promise is live."""
    is_held: bool
    """One of its inputs is parked, or a dead letter."""


@dataclass(slots=True)
class History:
    """All of it. `readers` says which services read a topic."""

    readers: Mapping[str, frozenset[str]]
    emitted: list[Emitted] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    expected: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """How often events must have happened in a case."""
    arrived: int = 0
    """Different messages (Message-IDs) that reached customers, since the world began."""
    told: int = 0
    """Messages that notifications knows as sent, since the world began."""
    broken: list[str] = field(default_factory=list)
    """Invariants that the databases themselves show to be broken."""
