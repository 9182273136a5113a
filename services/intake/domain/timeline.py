"""The timeline of a case: every event of every service about it, as intake heard or said it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ciclo_schemas.registry import EVENTS, Event
from services.chassis.decider import Published
from services.intake.domain.records import TimelineEntry


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the timeline, read back."""

    event_id: UUID
    at: datetime
    source: str
    sequence: int
    event: Event


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
        traceparent=published.traceparent,
    )


def read_back(entries: Iterable[TimelineEntry]) -> list[Happened]:
    """The events in the order in which they happened: by time, each writer's in the writer's own order.

    Types that this release does not know (a newer one was here before) are left out.
    """
    known = sorted((e for e in entries if e.type in EVENTS), key=lambda e: (e.source, e.sequence))
    placed: list[tuple[datetime, TimelineEntry]] = []
    for entry in known:
        # A clock that was set back must not put an event before the one that it follows.
        follows = placed and placed[-1][1].source == entry.source
        placed.append((max(entry.at, placed[-1][0]) if follows else entry.at, entry))
    placed.sort(key=lambda pair: (pair[0], pair[1].source, pair[1].sequence))
    return [
        Happened(entry.event_id, entry.at, entry.source, entry.sequence, EVENTS[entry.type].read(entry.data))
        for _, entry in placed
    ]
