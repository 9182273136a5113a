"""What an operator does with inputs whose decision failed: look, try, mend, decide again, give up.

An aggregate's dead letters form a sequence: they are redriven oldest first, and what waited behind them goes
on in the same transaction. Values are shown only where a reason is given, which is audited like every change.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from services.chassis.auditing import audit
from services.chassis.clock import seconds
from services.chassis.engine import Engine, Rehearsal
from services.chassis.inputs import Claim, Fate, Input, Operation

MAX_ROWS = 1_000
GroupBy = Literal["error", "type", "case"]

_CHOSEN = """
FROM dead_letters d
WHERE (cardinality($1::bigint[]) = 0 OR d.id = ANY($1)) AND ($2::uuid IS NULL OR d.aggregate = $2)
    AND ($3::text IS NULL OR d.fingerprint = $3) AND ($4::text IS NULL OR d.type = $4)
    AND ($5::timestamptz IS NULL OR d.first_failed_at >= $5)
    AND ($6::interval IS NULL OR d.first_failed_at >= ciclo_now() - $6)
"""
LIST = f"""
SELECT d.id, d.aggregate, d.blocking, d.type, d.source, d.sequence, d.error, d.message, d.fingerprint,
    d.attempts, d.first_failed_at, d.last_failed_at, d.release, d.original IS NOT NULL AS transformed,
    (SELECT count(*) FROM parked p WHERE p.aggregate = d.aggregate) AS behind
{_CHOSEN} ORDER BY d.id LIMIT $7
"""  # noqa: S608
PAGE = f"SELECT d.* {_CHOSEN} AND d.id > $7 ORDER BY d.id LIMIT $8"
GROUPS = {
    by: f"SELECT {what} AS name, {more}, count(*) AS letters, count(DISTINCT d.aggregate) AS aggregates,"
    f" min(d.first_failed_at) AS since, max(d.last_failed_at) AS latest {_CHOSEN}"
    f" GROUP BY {grouped} ORDER BY letters DESC, name LIMIT $7"
    for by, what, more, grouped in (
        ("error", "d.fingerprint", "d.error, d.message", "1, 2, 3"),
        ("type", "d.type", "NULL AS error, NULL AS message", "1"),
        ("case", "d.aggregate::text", "NULL AS error, NULL AS message", "1"),
    )
}


class NoSuchLetter(LookupError):
    """There is no dead letter with this id (any more)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters: all those that fit everything that is given. `since`: a moment, or so long ago."""

    ids: tuple[int, ...] = ()
    aggregate: UUID | None = None
    fingerprint: str | None = None
    type: str | None = None
    since: datetime | timedelta | None = None

    def arguments(self) -> tuple[Any, ...]:
        """For the condition of the statements above."""
        moment = self.since if isinstance(self.since, datetime) else None
        ago = self.since if isinstance(self.since, timedelta) else None
        return (list(self.ids), self.aggregate, self.fingerprint, self.type, moment, ago)


ALL = Selection()


@dataclass(frozen=True, slots=True)
class Who:
    """An operator, and why he does what he does."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one dead letter."""

    id: int
    fate: Fate
    reason: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of the dead letters of one aggregate; `failure` if it could not even be stored."""

    aggregate: UUID
    letters: tuple[int, ...]
    rehearsal: Rehearsal | None
    failure: str = ""


class DeadLetters:
    """The dead letters of one service's database."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine) -> None:
        self._pool, self._engine = pool, engine

    async def ls(self, chosen: Selection = ALL, limit: int = 100) -> Sequence[Any]:
        """Dead letters, oldest first, and how many inputs wait behind each."""
        rows: Sequence[Any] = await self._pool.fetch(LIST, *chosen.arguments(), min(limit, MAX_ROWS))
        return rows

    async def groups(self, by: GroupBy = "error", chosen: Selection = ALL, limit: int = 100) -> Sequence[Any]:
        """Dead letters by cause, by type of input or by case; the largest group first."""
        rows: Sequence[Any] = await self._pool.fetch(GROUPS[by], *chosen.arguments(), min(limit, MAX_ROWS))
        return rows

    async def show(self, letter: int, *, reveal: Who | None = None) -> dict[str, Any]:
        """Everything about one dead letter; the values of its data only for a reason. Raises NoSuchLetter."""
        row = await self._row(letter)
        if reveal is not None:
            await self._audit(row, "reveal", reveal)
        shown = {name: _plain(value) for name, value in row.items() if name not in ("record", "original")}
        record = json.loads(row["record"])
        shown["clock"] = record["clock"]
        for name, raw in (("data", record["raw"]), ("original data", row["original"])):
            if raw is not None:
                data = json_or_text(raw)
                shown[name] = masked(data) if reveal is None else data
        return shown

    async def test(self, chosen: Selection, who: Who) -> AsyncIterator[Trial]:
        """Decide them with today's code, aggregate by aggregate, and roll everything back."""
        by_aggregate: dict[UUID, list[Any]] = {}
        async for row in self.rows(chosen):
            by_aggregate.setdefault(row["aggregate"], []).append(row)
        for aggregate, rows in by_aggregate.items():
            for row in rows:
                await self._audit(row, "test", who)
            numbers = tuple(row["id"] for row in rows)
            try:
                rehearsal = await self._engine.rehearse([self._again(row) for row in rows])
            except asyncpg.IntegrityConstraintViolationError as error:
                name = error.constraint_name or ""
                yield Trial(aggregate, numbers, None, f"{type(error).__name__} {name}")
            else:
                yield Trial(aggregate, numbers, rehearsal)

    async def redrive(
        self, chosen: Selection, who: Who, *, per_second: float | None = None
    ) -> AsyncIterator[Redriven]:
        """Decide dead letters again with today's code, oldest first, so many a second at most.

        What succeeds is gone from the dead letters; what fails again keeps its number, with one more attempt.
        Doing it again does nothing to what is gone.
        """
        due = seconds()
        async for row in self.rows(chosen):
            if per_second is not None:
                await asyncio.sleep(max(0.0, due - seconds()))
                due = max(due, seconds() - 1) + 1 / per_second
            # Written down first: what was done without that would be worse than what was not done after it.
            await self._audit(row, "redrive", who)
            outcome = (await self._engine.apply([self._again(row)]))[0]
            yield Redriven(row["id"], outcome.fate, outcome.reason)

    async def discard(self, letter: int, who: Who) -> None:
        """Give a dead letter up: its place in the sequence counts as applied, what waited goes on.

        Raises NoSuchLetter.
        """
        row = await self._row(letter)
        mark = None
        if row["blocking"] and row["source"] is not None and row["sequence"] is not None:
            mark = (row["source"], row["sequence"], str(row["input_id"]))
        await self._engine.operate(
            Operation(
                who.actor, "discard", who.reason, row["aggregate"], mark, letter, input_id=row["input_id"]
            )
        )

    async def rows(self, chosen: Selection) -> AsyncIterator[Any]:
        """The rows of the chosen dead letters, oldest first, however many there are."""
        last = 0
        while page := await self._pool.fetch(PAGE, *chosen.arguments(), last, MAX_ROWS):
            for row in page:
                yield row
            last = page[-1]["id"]

    def _again(self, row: Any) -> Input:
        return replace(
            self._engine.codec.parked_input(row),
            claim=Claim("dead_letters", (row["id"],)),
            blocked_by_dead=False,
            attempts=row["attempts"],
            first_failed_at=row["first_failed_at"],
            original=row["original"],
        )

    async def _audit(self, row: Any, action: str, who: Who) -> None:
        what = {"dead_letter": row["id"], "input": str(row["input_id"])}
        await audit(self._pool, who.actor, action, row["aggregate"], what, who.reason)

    async def _row(self, letter: int) -> Any:
        row = await self._pool.fetchrow("SELECT * FROM dead_letters WHERE id = $1", letter)
        if row is None:
            raise NoSuchLetter(f"there is no dead letter {letter}")
        return row


def masked(data: Any) -> Any:
    """The shape of some JSON: names and kinds, no values."""
    if isinstance(data, dict):
        return {name: masked(value) for name, value in data.items()}
    if isinstance(data, list):
        return [masked(value) for value in data]
    return f"<{type(data).__name__}>"


def json_or_text(raw: str) -> Any:
    """The data of a record, read if they can be."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
