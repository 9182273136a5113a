"""`python -m tests.drills.ablated ABLATION SERVICE run`: a service with one of its guarantees taken out.

For drills that prove that the checker sees what is then wrong. Nothing of this can be had from the product.
"""

import asyncio
import random
import runpy
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import ConsumerRecord

from services.chassis import app, engine, sql
from services.chassis.consumer import Consumer
from services.chassis.joining import Sent
from services.chassis.publisher import Publisher
from services.chassis.relay import DELETE, Relay
from services.chassis.storing import write_engine_rows
from services.chassis.working import Aggregate, Writes

WORKERS = 4
CLAIM = """
SELECT claimed.lane, claimed.id AS outbox_id, claimed.since, events.*
FROM (SELECT * FROM outbox ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED) AS claimed
JOIN events ON events.day = claimed.day AND events.id = claimed.event ORDER BY claimed.id
"""
DRAW = "SELECT nextval(pg_get_serial_sequence('outbox', 'id')) FROM generate_series(1, $1)"
PAUSE_S = 0.1
"""Widens the race that an ablation opens, so that a short drill meets it."""


class SkipLockedRelay(Relay):
    """Whoever is free takes the next rows that nobody else has: no lanes, no order."""

    _pool: asyncpg.Pool | None = None
    _workers: Sequence[Publisher] = ()

    async def turn(self) -> float | None:
        if self._pool is None:
            self._pool = await asyncpg.create_pool(self._lanes._dsn, min_size=0, max_size=WORKERS)
            kafka, prefix = self._publisher._kafka, self._publisher._prefix
            self._workers = [Publisher(kafka, prefix=prefix) for _ in range(WORKERS)]
        sent = await asyncio.gather(*(self._claim(self._pool, worker) for worker in self._workers))
        return 0 if any(sent) else None

    async def _claim(self, pool: asyncpg.Pool, publisher: Publisher) -> int:
        await publisher.connect()
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(CLAIM)
            if not rows:
                return 0
            receipt = await publisher.publish(rows)
            if receipt.done:
                lanes, ids = zip(*((row["lane"], row["outbox_id"]) for row in receipt.done), strict=True)
                await connection.execute(DELETE, lanes, ids)
        return len(rows)


def skip_locked_relay() -> None:
    """Several workers claim rows of the outbox with SKIP LOCKED."""
    vars(app)["Relay"] = SkipLockedRelay


def id_before_lock() -> None:
    """The outbox's ids are drawn before the aggregates are locked."""
    drawn: ContextVar[list[int]] = ContextVar("drawn")
    lock = engine._lock

    async def draw_then_lock(connection: Any, ids: list[UUID]) -> dict[UUID, Aggregate]:
        drawn.set([row[0] for row in await connection.fetch(DRAW, 500)])
        await asyncio.sleep(random.uniform(0, PAUSE_S))  # noqa: S311
        return await lock(connection, ids)

    def with_ids(writes: Writes, now: datetime, release: str) -> Iterable[Sent]:
        for statement, arguments in write_engine_rows(writes, now, release):
            if statement is sql.WRITE_OUTBOX:
                yield _with_ids(statement, len(arguments) + 1), (*arguments, drawn.get())
            else:
                yield statement, arguments

    vars(engine)["_lock"] = draw_then_lock
    vars(engine)["write_engine_rows"] = with_ids


def _with_ids(statement: str, parameter: int) -> str:
    """The statement that writes the outbox, with its ids as its last parameter."""
    changed = statement.replace("INSERT INTO outbox (", "INSERT INTO outbox (id, ").replace(
        ")\nSELECT lane,", f") OVERRIDING SYSTEM VALUE\nSELECT (${parameter}::bigint[])[n], lane,"
    )
    if changed.count("id, lane") != 1 or "OVERRIDING" not in changed:
        raise SystemExit("the statement that writes the outbox has changed: so must this ablation")
    return changed


def offset_first() -> None:
    """The offsets are committed before the database's transaction."""
    apply = Consumer._apply

    async def commit_then_apply(self: Consumer, records: Sequence[ConsumerRecord]) -> None:
        self._offsets.applied(records)
        await self._offsets.flush()
        await apply(self, records)

    vars(sys.modules[Consumer.__module__])["Consumer"]._apply = commit_then_apply


PATCHES: Mapping[str, Callable[[], None]] = {
    "skip-locked-relay": skip_locked_relay,
    "id-before-lock": id_before_lock,
    "offset-first": offset_first,
}


def main() -> None:
    """Take the guarantee out, then run the service."""
    _, ablation, service, *rest = sys.argv
    PATCHES[ablation]()
    sys.argv = [service, *rest]
    runpy.run_module(f"services.{service}", run_name="__main__")


if __name__ == "__main__":
    main()
