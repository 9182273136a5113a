"""What a service decides with: pure functions from a state and an input to a decision.

Everything that happens to an aggregate is an input: a Kafka event, an inbound record of another system, an
HTTP command, a timer that fell due, the result of an effect, or an internal input of a fan-out. A handler is

    handler(state, data, given) -> Decision

and does no I/O. It may be called again for the same input (with more facts, or after a conflict), so it must
be a pure function of its arguments.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ciclo_schemas.events import Event


class State(BaseModel):
    """The state of an aggregate, and the base of every record inside it.

    Immutable (`model_copy(update=...)`); fields of a newer release are kept, so that an older replica that
    writes the state back erases nothing.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    def stored(self) -> str:
        """JSON without the values that are the model's defaults anyway.

        So a default, once released, is part of what is stored: to change it takes a new `state_version`, and
        an upcaster that writes the old one out.
        """
        return self.model_dump_json(exclude_defaults=True)


class Message(BaseModel):
    """The data of a command, a timer, an effect or its result: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(StrEnum):
    """How an input reached the service."""

    EVENT = "event"
    INBOUND = "inbound"
    COMMAND = "command"
    TIMER = "timer"
    RESULT = "result"
    INTERNAL = "internal"


KAFKA: Final = (Origin.EVENT, Origin.INBOUND)
"""The origins of records: events of Ciclo's services, and of other systems."""


T = TypeVar("T")


class Facts(Protocol):
    """Rows of the service's own tables that decisions rest on, as they stand when the input is decided."""

    def find(self, model: type[T], **by: Any) -> tuple[T, ...]:
        """Every row of a model whose columns have these values, in key order."""
        ...

    def one(self, model: type[T], **by: Any) -> T | None:
        """The only such row, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """What a decision may know besides the state and the input.

    `now` comes from the database; `cause` is the id of the input; `trace` is not for decisions.
    """

    subject: UUID
    now: datetime
    cause: UUID
    origin: Origin
    facts: Facts


@dataclass(frozen=True, slots=True)
class Effect:
    """A call to the outside, run after the commit; its result comes back as an input.

    Unique by (aggregate, type of `data`, cause, `key`). Effects of one `order` of an aggregate run one after
    another; an order of its own waits for nothing.
    """

    data: Message
    key: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """`data` comes back as an input at `due` or soon after; a timer of the same type and key is replaced."""

    due: datetime
    data: Message
    key: str = ""


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The timer of this type and key, if any, is forgotten."""

    data_type: type[Message]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """The row of a model with this key goes away."""

    model: type
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FanOut:
    """Every aggregate that the service's `targets` finds for this data gets it as an internal input."""

    data: Message


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an input is refused, as a code and a sentence; neither repeats what a person wrote.

    `locations` names the fields; `status` is the HTTP answer to a command; `wait` lets an inbound record
    about something not yet known be tried again for so long before it is rejected.
    """

    code: str
    detail: str
    locations: tuple[str, ...] = ()
    status: int = 409
    wait: timedelta | None = None


S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """What an input changes. A refused input changes nothing, whatever else the decision holds.

    `rows` are frozen dataclasses of the service's tables (inserted or replaced by key) and `Delete`s;
    `events` are published under this aggregate in this order; `reply` answers a command.
    """

    state: S | None
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    timers: tuple[Timer | CancelTimer, ...] = ()
    rows: tuple[Any, ...] = ()
    fan_outs: tuple[FanOut, ...] = ()
    refusal: Refusal | None = None
    reply: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A fact that an input will need: rows of `model` whose columns have these values."""

    model: type
    by: tuple[tuple[str, Any], ...]

    @staticmethod
    def of(model: type, **by: Any) -> "Lookup":
        """`Lookup.of(Unit, product_unit="SN-1")`."""
        return Lookup(model, tuple(sorted(by.items())))


@dataclass(frozen=True, slots=True)
class Published:
    """An event as a projection sees it: another service's, or one of our own that was just decided.

    `clock` is what its writer had applied for the subject: an event comes after all that its clock names.
    """

    id: UUID
    source: str
    sequence: int
    type: str
    subject: UUID
    time: datetime
    clock: Mapping[str, int]
    data: Event
    traceparent: str | None


Handler = Callable[[Any, Any, Given], Decision[Any]]
Needs = Callable[[Any, Any], Iterable[Lookup]]
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _no_needs(_state: Any, _data: Any) -> Iterable[Lookup]:
    return ()


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """All that one kind of aggregate hears and does: a handler for each type of input data.

    `needs` says before the fold which facts an input will ask for (a forgotten one is fetched later, at the
    price of one more query). `upcasters[n]` turns the JSON of a state of version n into version n + 1.
    `of_cases`: its aggregates are cases, and their ids those of the cases: spans name them so.
    """

    kind: str
    state: type[S]
    on: Mapping[type[BaseModel], Handler]
    needs: Needs = _no_needs
    state_version: int = 1
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)
    of_cases: bool = True
