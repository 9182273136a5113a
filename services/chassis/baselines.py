"""Where a group that started late begins: what came before counts as applied, and that is audited."""

import json
from uuid import UUID

import asyncpg

from services.chassis.engine import Engine
from services.chassis.inputs import Operation

UNSEEN_SOURCES = """
SELECT p.aggregate, p.source, p.sequence, p.record
FROM parked p LEFT JOIN aggregates a ON a.id = p.aggregate
WHERE p.reason IN ('gap', 'clock') AND NOT coalesce(a.watermarks ? $1, false)
    AND ($2::uuid IS NULL OR p.aggregate = $2)
ORDER BY p.aggregate, p.id
"""


async def take_baseline(
    pool: asyncpg.Pool, engine: Engine, source: str, *, actor: str, reason: str, aggregate: UUID | None = None
) -> int:
    """Let a group that started late begin where its records of `source` begin; how many aggregates.

    For aggregates that wait for records of a source of which they never saw one: what came before the
    first waiting record, or, if none waits, all that others had seen of it, counts as applied.
    """
    marks: dict[UUID, int] = {}
    first: set[UUID] = set()
    for row in await pool.fetch(UNSEEN_SOURCES, source, aggregate):
        subject = row["aggregate"]
        if row["source"] == source:
            before = row["sequence"] - 1
            marks[subject] = min(marks[subject], before) if subject in first else before
            first.add(subject)
        elif subject not in first:
            seen = json.loads(row["record"])["clock"].get(source, 0)
            marks[subject] = max(marks.get(subject, 0), seen)
    taken = {subject: mark for subject, mark in marks.items() if mark > 0}
    for subject, mark in taken.items():
        await engine.operate(Operation(actor, "baseline", reason, subject, (source, mark, "")))
    return len(taken)
