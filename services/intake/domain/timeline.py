"""The timeline of a case: every event of every service about it, as intake heard or said it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ciclo_schemas.envelope import read_clock, write_clock
from ciclo_schemas.registry import EVENTS, Event
from services.chassis.decider import Published
from services.intake.domain.records import TimelineEntry


@dataclass(frozen=True, slots=True)
class Span:
    """Where a trace back end has an event: the ids of the span that created it (W3C Trace Context)."""

    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the timeline, read back; `event` is None for a type that this release does not know.

    `counted_at` is when it counts as having happened (see `read_back`). `seen` is what its writer had
    applied: the sequence by source.
    """

    event_id: UUID
    at: datetime
    source: str
    sequence: int
    event: Event | None
    type: str
    counted_at: datetime
    seen: Mapping[str, int] = field(default_factory=dict)
    span: Span | None = None


def project(published: Published) -> Iterable[TimelineEntry]:
    """The timeline's row for an event; events hold no personal data, so neither does the row."""
    yield TimelineEntry(
        event_id=published.id,
        case_id=published.subject,
        at=published.time,
        source=published.source,
        sequence=published.sequence,
        type=published.type,
        data=published.data.model_dump_json(exclude_none=True),
        clock=write_clock(published.clock),
        traceparent=published.traceparent,
    )


def read_back(entries: Iterable[TimelineEntry]) -> list[Happened]:
    """The events in the order in which they happened: by time, but never before what their writer had seen.

    Clocks of services may differ, so an event counts as no earlier than the events its case clock names and
    its writer's event before it.
    """
    by_place = {(entry.source, entry.sequence): entry for entry in entries}
    order: dict[tuple[str, int], tuple[datetime, int]] = {}

    def place(key: tuple[str, int]) -> tuple[datetime, int]:
        """When the event happened at the earliest, and how many events led to it."""
        if key not in order:
            entry = by_place[key]
            before = [(entry.source, entry.sequence - 1), *read_clock(entry.clock).items()]
            led = [place(one) for one in before if one in by_place]
            order[key] = (
                max((entry.at, *(at for at, _ in led))),
                1 + max((depth for _, depth in led), default=0),
            )
        return order[key]

    return [_read(by_place[key], place(key)[0]) for key in sorted(sorted(by_place), key=place)]


def _read(entry: TimelineEntry, counted_at: datetime) -> Happened:
    model = EVENTS.get(entry.type)
    return Happened(
        event_id=entry.event_id,
        at=entry.at,
        source=entry.source,
        sequence=entry.sequence,
        event=None if model is None else model.read(entry.data),
        type=entry.type,
        counted_at=counted_at,
        seen=read_clock(entry.clock),
        span=_span(entry.traceparent),
    )


def _span(traceparent: str | None) -> Span | None:
    if traceparent is None:
        return None
    _, trace_id, span_id, *_ = traceparent.split("-")
    return Span(trace_id, span_id)
