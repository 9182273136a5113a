"""What an engine has stored about aggregates of a history, in one question."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tests.support.replica import Heard

QUESTION = """
SELECT a.state, a.watermarks,
    ARRAY(SELECT p.source || '-' || p.sequence FROM parked p
        WHERE p.aggregate = asked.id ORDER BY 1) AS waiting,
    (SELECT json_agg(
            json_build_array(e.sequence, e.causation, e.body::json -> 'remedy_no') ORDER BY e.sequence)
        FROM events e WHERE e.aggregate = asked.id) AS events,
    ARRAY(SELECT e.sequence FROM outbox o JOIN events e ON e.id = o.event AND e.day = o.day
        WHERE e.aggregate = asked.id ORDER BY o.id) AS outbox,
    (SELECT json_agg(json_build_array(b.number, b.slot) ORDER BY b.number)
        FROM bookings b WHERE b.owner = asked.id) AS bookings,
    ARRAY(SELECT f.cause::text FROM effects f WHERE f.aggregate = asked.id ORDER BY 1) AS effects
FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, number) LEFT JOIN aggregates a ON a.id = asked.id
ORDER BY asked.number
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is stored about an aggregate."""

    heard: list[str]
    marks: dict[str, int]
    waiting: list[str]
    events: list[tuple[int, str, int]]
    """Sequence, cause, and the number in the event's data."""
    outbox: list[int]
    bookings: list[tuple[int, str]]
    effects: list[str]

    @classmethod
    def of(cls, row: Any) -> "Stored":
        """From a row of the question."""
        state, marks = row["state"], json.loads(row["watermarks"] or "{}")
        return cls(
            [] if state is None else list(Heard.model_validate_json(state).words),
            {source: mark[0] for source, mark in marks.items()},
            row["waiting"],
            [(one, cause, number) for one, cause, number in json.loads(row["events"] or "[]")],
            row["outbox"],
            [(number, word) for number, word in json.loads(row["bookings"] or "[]")],
            row["effects"],
        )


async def stored_of(pool: asyncpg.Pool, aggregates: Sequence[UUID]) -> list[Stored]:
    """What the database holds about each, in their order."""
    return [Stored.of(row) for row in await pool.fetch(QUESTION, aggregates)]
