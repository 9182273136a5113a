"""What an operator does with inputs whose decision failed: look, try again, give up with a reason.

An aggregate's dead letters form a sequence: they are redriven oldest first, and what waited behind them goes
on in the same transaction. Payloads are shown without their values unless asked for.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.chassis.engine import Engine
from services.chassis.inputs import Claim, Fate, Operation

MAX_ROWS = 1_000

LIST = """
SELECT d.id, d.aggregate, d.blocking, d.type, d.source, d.sequence, d.error, d.message, d.fingerprint,
    d.attempts, d.first_failed_at, d.last_failed_at, d.release,
    (SELECT count(*) FROM parked p WHERE p.aggregate = d.aggregate) AS behind
FROM dead_letters d
WHERE ($1::uuid IS NULL OR d.aggregate = $1) AND ($2::text IS NULL OR d.fingerprint = $2)
ORDER BY d.id LIMIT $3
"""

GROUPS = """
SELECT fingerprint, error, message, count(*) AS letters, count(DISTINCT aggregate) AS aggregates,
    min(first_failed_at) AS since, max(last_failed_at) AS latest
FROM dead_letters GROUP BY 1, 2, 3 ORDER BY letters DESC, fingerprint LIMIT $1
"""

UNSEEN_SOURCES = """
SELECT p.aggregate, p.source, p.sequence, p.record
FROM parked p LEFT JOIN aggregates a ON a.id = p.aggregate
WHERE p.reason IN ('gap', 'clock') AND NOT coalesce(a.watermarks ? $1, false)
    AND ($2::uuid IS NULL OR p.aggregate = $2)
ORDER BY p.aggregate, p.id
"""


class NoSuchLetter(LookupError):
    """There is no dead letter with this id (any more)."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one dead letter."""

    id: int
    fate: Fate
    reason: str


class DeadLetters:
    """The dead letters of one service's database."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine) -> None:
        self._pool, self._engine = pool, engine

    async def ls(
        self, *, aggregate: UUID | None = None, fingerprint: str | None = None, limit: int = 100
    ) -> Sequence[Any]:
        """Dead letters, oldest first, and how many inputs wait behind each."""
        rows: Sequence[Any] = await self._pool.fetch(LIST, aggregate, fingerprint, min(limit, MAX_ROWS))
        return rows

    async def groups(self, limit: int = 100) -> Sequence[Any]:
        """Dead letters by cause, the most frequent first."""
        rows: Sequence[Any] = await self._pool.fetch(GROUPS, min(limit, MAX_ROWS))
        return rows

    async def show(self, letter: int, *, values: bool = False) -> dict[str, Any]:
        """Everything about one dead letter; the payload's values only if asked for.

        Raises NoSuchLetter.
        """
        row = await self._row(letter)
        record = json.loads(row["record"])
        payload = _json_or_text(record["raw"])
        shown = {name: _plain(value) for name, value in row.items() if name != "record"}
        shown["clock"] = record["clock"]
        shown["payload"] = payload if values else masked(payload)
        return shown

    async def redrive(
        self, *, letters: Iterable[int] = (), aggregate: UUID | None = None, fingerprint: str | None = None
    ) -> list[Redriven]:
        """Decide dead letters again with today's code, oldest first: the named ones, or all that match.

        What succeeds is gone from the dead letters; what fails again stays with one more attempt.
        Raises NoSuchLetter.
        """
        chosen = sorted(letters)
        if not chosen:
            found = await self.ls(aggregate=aggregate, fingerprint=fingerprint, limit=MAX_ROWS)
            chosen = [row["id"] for row in found]
        return [await self._redrive(letter) for letter in chosen]

    async def discard(self, letter: int, *, actor: str, reason: str) -> None:
        """Give a dead letter up: its place in the sequence counts as applied, what waited goes on.

        Raises NoSuchLetter.
        """
        row = await self._row(letter)
        mark = None
        if row["source"] is not None and row["sequence"] is not None:
            mark = (row["source"], row["sequence"], str(row["input_id"]))
        await self._engine.operate(Operation(actor, "discard", reason, row["aggregate"], mark, letter))

    async def take_baseline(
        self, source: str, *, actor: str, reason: str, aggregate: UUID | None = None
    ) -> int:
        """Let a group that started late begin where its records of `source` begin; how many aggregates.

        For aggregates that wait for records of a source of which they never saw one: what came before the
        first waiting record, or, if none waits, all that others had seen of it, counts as applied.
        """
        marks: dict[UUID, int] = {}
        first: set[UUID] = set()
        for row in await self._pool.fetch(UNSEEN_SOURCES, source, aggregate):
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
            await self._engine.operate(Operation(actor, "baseline", reason, subject, (source, mark, "")))
        return len(taken)

    async def _redrive(self, letter: int) -> Redriven:
        row = await self._row(letter)
        again = replace(
            self._engine.codec.parked_input(row),
            claim=Claim("dead_letters", (letter,)),
            blocked_by_dead=False,
            attempts=row["attempts"],
            first_failed_at=row["first_failed_at"],
        )
        outcome = (await self._engine.apply([again]))[0]
        return Redriven(letter, outcome.fate, outcome.reason)

    async def _row(self, letter: int) -> Any:
        row = await self._pool.fetchrow("SELECT * FROM dead_letters WHERE id = $1", letter)
        if row is None:
            raise NoSuchLetter(f"there is no dead letter {letter}")
        return row


def masked(payload: Any) -> Any:
    """The shape of a payload: names and kinds, no values."""
    if isinstance(payload, dict):
        return {name: masked(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [masked(value) for value in payload]
    return f"<{type(payload).__name__}>"


def _json_or_text(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
