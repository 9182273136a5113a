"""The work that is the same for all: routing's own decision about a new case, as rows and an event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.envelope import Envelope, from_record, schema_uri, to_headers
from services.chassis.decider import Decision, Given, Origin, Timer
from services.chassis.facts import FactStore
from services.chassis.ids import new_id
from services.routing import handlers, store
from services.routing.domain.charter import House
from services.routing.settings import HERE, read_charter, read_playbooks

CASES, ROUTING = "ciclo.cases.v1", "ciclo.routing.v1"


@dataclass(frozen=True, slots=True)
class Opened:
    """One record, read: who says it, in which order, and what."""

    subject: UUID
    id: UUID
    source: str
    sequence: int
    traceparent: str | None
    data: CaseOpened


def read(headers: Any, value: bytes | None) -> Opened:
    """A record of the topic of cases."""
    envelope, data = from_record(headers, value)
    assert envelope.sequence is not None
    return Opened(
        UUID(envelope.subject),
        UUID(envelope.id),
        envelope.source_name,
        envelope.sequence,
        envelope.traceparent,
        CaseOpened.read(data),
    )


def deciding() -> Callable[[Opened], Decision[Any]]:
    """Routing's decision with the house's own charter and playbooks."""
    house = House(read_charter(HERE / "charter.yaml"), read_playbooks(HERE / "playbooks.yaml"))
    handle = handlers.decider(house).on[CaseOpened]
    facts = FactStore(store.TABLES)

    def decide(opened: Opened) -> Decision[Any]:
        given = Given(opened.subject, datetime.now(UTC), opened.id, Origin.EVENT, facts)
        return handle(None, opened.data, given)

    return decide


@dataclass(frozen=True, slots=True)
class Row:
    """What a decision comes to in the database: one case, one promise, timers, one effect, one event."""

    opened: Opened
    state: str
    case: Any
    promise: Any
    timers: tuple[Timer, ...]
    effect_kind: str
    effect: str
    event_id: UUID
    event_type: str
    body: str
    now: datetime


def row(opened: Opened, decision: Decision[Any]) -> Row:
    """The decision about one case, of the simplest kind: anything else is a mistake of the benchmark."""
    case, promise = decision.rows
    (effect,) = decision.effects
    (event,) = decision.events
    return Row(
        opened,
        decision.state.model_dump_json() if decision.state else "{}",
        case,
        promise,
        tuple(timer for timer in decision.timers if isinstance(timer, Timer)),
        type(effect.data).__name__,
        effect.data.model_dump_json(),
        new_id(),
        event.event_type,
        event.write().decode(),
        datetime.now(UTC),
    )


def headers_of(made: Row) -> list[tuple[str, bytes]]:
    """The envelope of the promise that is published."""
    subject = str(made.opened.subject)
    return to_headers(
        Envelope(
            id=str(made.event_id),
            source="/ciclo/routing",
            type=made.event_type,
            subject=subject,
            time=made.now,
            sequence=1,
            clock={made.opened.source: made.opened.sequence},
            correlation=subject,
            causation=str(made.opened.id),
            traceparent=made.opened.traceparent,
            schema=schema_uri(made.event_type),
        )
    )
