"""How far a service is: what it has published about each aggregate, and what it has applied of the others.

Served on the admin port alone, page by page, one statement a page. `ciclo-reconcile` compares these pages.
"""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from ciclo_schemas.envelope import source_name
from services.chassis.definition import Definition
from services.chassis.lanes import lane_of
from services.chassis.recording import Source

PAGE: Final = 1_000
MAX_PAGE: Final = 5_000
MAX_SUBJECTS: Final = 200

_HEAD = """
    a.epoch, a.sequence, a.watermarks,
    CASE WHEN a.epoch > 1 THEN (
        SELECT jsonb_object_agg(log.source, log.last)
        FROM (SELECT source, max(sequence) AS last FROM events WHERE aggregate = a.id GROUP BY source) AS log
    ) END AS logged
"""
READ: Final = f"SELECT a.id, {_HEAD} FROM aggregates AS a WHERE a.id > $1 ORDER BY a.id LIMIT $2"  # noqa: S608
READ_SOME: Final = f"""
WITH unsent AS MATERIALIZED (
    SELECT events.aggregate, events.source, min(events.sequence) AS first
    FROM outbox JOIN events ON events.day = outbox.day AND events.id = outbox.event
    WHERE outbox.lane = ANY($2::smallint[]) AND events.aggregate = ANY($1::uuid[])
    GROUP BY 1, 2
)
SELECT a.id, {_HEAD},
    (SELECT jsonb_object_agg(source, first) FROM unsent WHERE aggregate = a.id) AS unsent,
    (
        SELECT jsonb_agg(jsonb_build_array(source, sequence)) FROM (
            SELECT source, sequence FROM parked WHERE aggregate = a.id AND sequence IS NOT NULL
            UNION
            SELECT source, sequence FROM dead_letters
            WHERE aggregate = a.id AND blocking AND sequence IS NOT NULL
        ) AS kept
    ) AS waiting
FROM aggregates AS a WHERE a.id = ANY($1::uuid[]) ORDER BY a.id
"""  # noqa: S608


class Head(BaseModel):
    """One aggregate: the last sequence by source, epochs apart (`{"warranty@2": 5}`).

    `emitted` is what this service published, `applied` what it has applied of others.
    """

    subject: UUID
    emitted: dict[str, int]
    applied: dict[str, int]


class CloseHead(Head):
    """A head seen closely: where what is not published yet begins, by source; what is here and waits."""

    unsent: dict[str, int]
    waiting: list[tuple[str, int]]


class Heads(BaseModel):
    """A page, in the order of the subjects. `reads`: topics this service hears; `next`: ask `after` it."""

    service: str
    source: str
    reads: list[str]
    heads: list[Head]
    next: UUID | None


class CloseHeads(BaseModel):
    """The heads of those subjects that this service knows."""

    heads: list[CloseHead]


async def read_heads(
    pool: asyncpg.Pool, definition: Definition, source: Source, after: UUID | None, limit: int
) -> Heads:
    """The page of heads after a subject; the first if None."""
    rows = await pool.fetch(READ, after or UUID(int=0), limit)
    return Heads(
        service=definition.name,
        source=source.label,
        reads=sorted(definition.reads),
        heads=[Head(**_head(row, definition.name)) for row in rows],
        next=rows[-1]["id"] if len(rows) == limit else None,
    )


async def read_some(pool: asyncpg.Pool, definition: Definition, subjects: Sequence[UUID]) -> CloseHeads:
    """The heads of these subjects, closely."""
    rows = await pool.fetch(READ_SOME, subjects, sorted({lane_of(subject) for subject in subjects}))
    return CloseHeads(
        heads=[
            CloseHead(
                **_head(row, definition.name),
                unsent=_by_name(row["unsent"]),
                waiting=json.loads(row["waiting"] or "[]"),
            )
            for row in rows
        ]
    )


def _head(row: Any, service: str) -> dict[str, Any]:
    emitted = _by_name(row["logged"])
    if row["sequence"]:
        emitted[Source(service, row["epoch"]).label] = row["sequence"]
    marks = json.loads(row["watermarks"])
    return {
        "subject": row["id"],
        "emitted": emitted,
        "applied": {source: mark[0] for source, mark in marks.items()},
    }


def _by_name(by_uri: str | None) -> dict[str, int]:
    """Sequences by the name of their source instead of its URI."""
    return {source_name(uri): sequence for uri, sequence in json.loads(by_uri or "{}").items()}
