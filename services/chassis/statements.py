"""The engine's SQL: one statement per table per batch, whatever the size of the batch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.chassis.codec import record_of
from services.chassis.decider import Lookup, Timer
from services.chassis.definition import Connection
from services.chassis.facts import FactStore, Key
from services.chassis.inputs import BusinessKey, Claim, Operation
from services.chassis.lanes import lane_of
from services.chassis.tables import Table
from services.chassis.working import Aggregate, DeadRow, KnownKey, ParkedRow, Writes

MAKE_ROWS = "INSERT INTO aggregates (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id"

LOCK_ROWS = """
SELECT id, kind, state, state_version, epoch, sequence, watermarks, traceparent
FROM aggregates WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""

# Runs after the locks were taken: `now` and what waits at the aggregates, in one round trip.
NOW_AND_WAITING = """
SELECT clock.now, w.* FROM (SELECT ciclo_now() AS now) AS clock LEFT JOIN LATERAL (
    SELECT 'parked' AS kept, id, aggregate, reason, origin, type, input_id, source, sequence, record,
        expires_at
    FROM parked WHERE aggregate = ANY($1::uuid[])
    UNION ALL
    SELECT 'dead', id, aggregate, '', origin, type, input_id, source, sequence, '{}', NULL
    FROM dead_letters WHERE aggregate = ANY($1::uuid[]) AND blocking
) AS w ON true ORDER BY w.id
"""

KNOWN_KEYS = """
SELECT scope, key, aggregate, fingerprint, reply
FROM business_keys JOIN unnest($1::text[], $2::text[]) AS asked (scope, key) USING (scope, key)
"""

CLAIMS = {
    "timers": """
DELETE FROM timers USING unnest($1::uuid[], $2::text[], $3::text[]) AS due (aggregate, kind, key)
WHERE (timers.aggregate, timers.kind, timers.key) = (due.aggregate, due.kind, due.key)
    AND due_at <= ciclo_now()
RETURNING timers.aggregate, timers.kind, timers.key, timers.data
""",
    "effects": "DELETE FROM effects WHERE id = ANY($1::bigint[]) RETURNING id",
    "dead_letters": "DELETE FROM dead_letters WHERE id = ANY($1::bigint[]) RETURNING id",
}

WRITE_AGGREGATES = """
UPDATE aggregates AS a SET kind = u.kind, state = u.state::jsonb, state_version = u.state_version,
    epoch = u.epoch, sequence = u.sequence, watermarks = u.watermarks::jsonb, traceparent = u.traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::text[], $8::text[])
    AS u (id, kind, state, state_version, epoch, sequence, watermarks, traceparent)
WHERE a.id = u.id
"""

FORGET_ROWS = "DELETE FROM aggregates WHERE id = ANY($1::uuid[])"

# The ordering keeps an aggregate's events in their sequence: outbox ids are drawn in that order.
WRITE_EVENTS = """
WITH written AS (
    INSERT INTO events (day, id, aggregate, source, sequence, topic, type, occurred_at, clock, correlation,
        causation, traceparent, body)
    SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[],
        $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
)
INSERT INTO outbox (lane, day, event)
SELECT lane, $1, id FROM unnest($14::smallint[], $2::uuid[]) WITH ORDINALITY AS o (lane, id, n) ORDER BY n
"""

WRITE_EFFECTS = """
INSERT INTO effects (aggregate, lane, kind, cause, key, ordering, data, due_at, traceparent)
SELECT aggregate, lane, kind, cause, key, ordering, data::jsonb, $1, traceparent
FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
    $9::text[])
    WITH ORDINALITY AS u (aggregate, lane, kind, cause, key, ordering, data, traceparent, n)
ORDER BY n
ON CONFLICT (aggregate, kind, cause, key) DO NOTHING
"""

SET_TIMERS = """
INSERT INTO timers (aggregate, kind, key, lane, due_at, data, traceparent)
SELECT aggregate, kind, key, lane, due_at, data::jsonb, traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[], $6::text[], $7::text[])
    AS u (aggregate, kind, key, lane, due_at, data, traceparent)
ON CONFLICT (aggregate, kind, key) DO UPDATE SET due_at = excluded.due_at, data = excluded.data,
    traceparent = excluded.traceparent
"""

CANCEL_TIMERS = """
DELETE FROM timers USING unnest($1::uuid[], $2::text[], $3::text[]) AS u (aggregate, kind, key)
WHERE (timers.aggregate, timers.kind, timers.key) = (u.aggregate, u.kind, u.key)
"""

PARK = """
INSERT INTO parked (aggregate, lane, reason, origin, type, input_id, source, sequence, record, parked_at,
    try_at, expires_at)
SELECT aggregate, lane, reason, origin, type, input_id, source, sequence, record, $1, try_at,
    expires_at
FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
    $9::bigint[], $10::text[], $11::timestamptz[], $12::timestamptz[])
    WITH ORDINALITY AS u (aggregate, lane, reason, origin, type, input_id, source, sequence, record, try_at,
        expires_at, n)
ORDER BY n
ON CONFLICT (aggregate, source, sequence) WHERE sequence IS NOT NULL DO NOTHING
"""

UNPARK = "DELETE FROM parked WHERE id = ANY($1::bigint[])"

POSTPONE = """
UPDATE parked SET try_at = u.try_at FROM unnest($1::bigint[], $2::timestamptz[]) AS u (id, try_at)
WHERE parked.id = u.id
"""

BURY = """
INSERT INTO dead_letters (aggregate, blocking, origin, type, input_id, source, sequence, topic, partition,
    "offset", record, error, message, fingerprint, attempts, first_failed_at, last_failed_at, release,
    traceparent)
SELECT aggregate, blocking, origin, type, input_id, source, sequence, topic, partition, "offset",
    record, error, message, fingerprint, attempts, coalesce(first_failed_at, $1), $1, $2, traceparent
FROM unnest($3::uuid[], $4::boolean[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::bigint[],
    $10::text[], $11::int[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int[],
    $18::timestamptz[], $19::text[])
    WITH ORDINALITY AS u (aggregate, blocking, origin, type, input_id, source, sequence, topic, partition,
        "offset", record, error, message, fingerprint, attempts, first_failed_at, traceparent, n)
ORDER BY n
ON CONFLICT (topic, partition, "offset") WHERE topic IS NOT NULL DO NOTHING
"""

TAKE_KEYS = """
INSERT INTO business_keys (scope, key, aggregate, fingerprint, reply, at)
SELECT scope, key, aggregate, fingerprint, reply::jsonb, $1
FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    AS u (scope, key, aggregate, fingerprint, reply)
"""

FAN_OUT = """
INSERT INTO fan_outs (lane, kind, cause, data, created_at, traceparent)
SELECT lane, kind, cause, data::jsonb, $1, traceparent
FROM unnest($2::smallint[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    AS u (lane, kind, cause, data, traceparent)
"""

AUDIT = """
INSERT INTO operator_actions (actor, action, aggregate, subject, reason)
VALUES ($1, $2, $3, $4::jsonb, $5)
"""

MOVE_FAN_OUT = """
UPDATE fan_outs SET position = $3 WHERE id = $1 AND position IS NOT DISTINCT FROM $2 RETURNING id
"""

END_FAN_OUT = "DELETE FROM fan_outs WHERE id = $1 AND position IS NOT DISTINCT FROM $2 RETURNING id"

Sent = tuple[str, tuple[Any, ...]]


def operation_subject(operation: Operation) -> str:
    """What an operation touched, as JSON for the audit."""
    return json.dumps({"mark": operation.mark, "dead_letter": operation.dead_letter})


async def known_keys(connection: Connection, keys: Sequence[BusinessKey]) -> dict[tuple[str, str], KnownKey]:
    """Which of these business keys are taken, and the answers given then."""
    if not keys:
        return {}
    rows = await connection.fetch(KNOWN_KEYS, [k.scope for k in keys], [k.key for k in keys])
    return {
        (row["scope"], row["key"]): KnownKey(row["aggregate"], row["fingerprint"], row["reply"])
        for row in rows
    }


async def take_claims(connection: Connection, claims: Iterable[Claim]) -> dict[Claim, str | None]:
    """Delete the rows that inputs came from; which were still there (timers with their data)."""
    by_table: dict[str, list[Claim]] = {}
    for claim in claims:
        by_table.setdefault(claim.table, []).append(claim)
    taken: dict[Claim, str | None] = {}
    for table, of_table in sorted(by_table.items()):
        columns = list(zip(*sorted(claim.key for claim in of_table), strict=True))
        rows = await connection.fetch(CLAIMS[table], *columns)
        width = len(columns)
        taken.update(
            (Claim(table, tuple(row)[:width]), tuple(row)[width] if width > 1 else None) for row in rows
        )
    return taken


async def load_facts(
    connection: Connection, store: FactStore, lookups: Iterable[Lookup], *, wait: bool
) -> bool:
    """Load lookups, one query per table and set of columns, locking what is to be locked in key order.

    With `wait` False, rows that somebody else holds are not waited for: the answer is False then.
    """
    groups: dict[tuple[type, tuple[str, ...]], list[Lookup]] = {}
    for lookup in lookups:
        groups.setdefault((lookup.model, tuple(name for name, _ in lookup.by)), []).append(lookup)
    complete = True
    for (model, columns), asked in sorted(groups.items(), key=lambda g: (store.table(g[0][0]).name, g[0][1])):
        table = store.table(model)
        values = list(zip(*([value for _, value in lookup.by] for lookup in asked), strict=True))
        lock = "" if not table.locked else "FOR UPDATE" if wait else "FOR UPDATE SKIP LOCKED"
        rows = await connection.fetch(_select(table, columns, lock), *values)
        if lock and not wait:
            count = await connection.fetchval(_count(table, columns), *values)
            complete = complete and count == len(rows)
        if complete:
            store.loaded(asked, model, (model(**row) for row in rows))
    return complete


def _where(table: Table, columns: Sequence[str]) -> str:
    arrays = ", ".join(f"${n}::{table.types[column]}[]" for n, column in enumerate(columns, 1))
    return f"WHERE ({', '.join(columns)}) IN (SELECT * FROM unnest({arrays}))"  # noqa: S608 - declared names


def _select(table: Table, columns: Sequence[str], lock: str) -> str:
    names, key = ", ".join(table.types), ", ".join(table.key)
    return f"SELECT {names} FROM {table.name} {_where(table, columns)} ORDER BY {key} {lock}"  # noqa: S608


def _count(table: Table, columns: Sequence[str]) -> str:
    return f"SELECT count(*) FROM {table.name} {_where(table, columns)}"  # noqa: S608 - declared names


def write_rows(store: FactStore) -> Iterable[Sent]:
    """The statements for the service's own tables."""
    for table, kept, gone in store.changes():
        if gone:
            yield _delete(table, gone)
        if kept:
            columns = [[getattr(row, field.name) for row in kept] for field in fields(table.model)]
            yield _upsert(table), tuple(columns)


def _upsert(table: Table) -> str:
    params = ", ".join(
        f"${n}::{'text' if kind == 'jsonb' else kind}[]" for n, kind in enumerate(table.types.values(), 1)
    )
    names = ", ".join(table.types)
    casts = ", ".join(f"{name}::jsonb" if kind == "jsonb" else name for name, kind in table.types.items())
    updates = ", ".join(f"{name} = excluded.{name}" for name in table.types if name not in table.key)
    action = f"DO UPDATE SET {updates}" if updates else "DO NOTHING"
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {casts} FROM unnest({params}) AS u ({names}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(table.key)}) {action}"
    )


def _delete(table: Table, keys: Sequence[Key]) -> Sent:
    columns = list(zip(*keys, strict=True))
    return f"DELETE FROM {table.name} {_where(table, table.key)}", tuple(columns)  # noqa: S608


def write_aggregates(aggregates: Mapping[UUID, Aggregate], fresh: set[UUID]) -> Iterable[Sent]:
    """The statements for the aggregates' rows; rows made for nothing are taken back."""
    touched = [aggregate for aggregate in aggregates.values() if aggregate.touched]
    if touched:
        yield (
            WRITE_AGGREGATES,
            (
                [a.id for a in touched],
                [a.kind for a in touched],
                [a.stored_state() for a in touched],
                [a.state_version for a in touched],
                [a.epoch for a in touched],
                [a.sequence for a in touched],
                [json.dumps(a.watermarks, separators=(",", ":")) for a in touched],
                [a.traceparent for a in touched],
            ),
        )
    unused = [id_ for id_ in fresh if not aggregates[id_].touched]
    if unused:
        yield FORGET_ROWS, (unused,)


def write_engine_rows(writes: Writes, now: datetime, release: str) -> Iterable[Sent]:
    """The statements for the engine's tables, each only if it has rows."""
    if writes.events:
        yield WRITE_EVENTS, _event_columns(writes, now)
    if writes.effects:
        rows = writes.effects
        yield (
            WRITE_EFFECTS,
            (
                now,
                [r.aggregate for r in rows],
                [lane_of(r.aggregate) for r in rows],
                [r.kind for r in rows],
                [r.cause for r in rows],
                [r.key for r in rows],
                [r.ordering for r in rows],
                [r.data for r in rows],
                [r.traceparent for r in rows],
            ),
        )
    yield from _timers(writes)
    parked = [row for row in writes.parked if row.reason]
    if parked:
        yield PARK, (now, *_parked_columns(parked))
    if writes.unparked:
        yield UNPARK, (writes.unparked,)
    if writes.postponed:
        yield POSTPONE, (list(writes.postponed), list(writes.postponed.values()))
    if writes.dead:
        yield BURY, (now, release, *_dead_columns(writes.dead))
    if writes.keys:
        keys = [writes.keys[key] for key in sorted(writes.keys)]
        yield (
            TAKE_KEYS,
            (
                now,
                [k.scope for k in keys],
                [k.key for k in keys],
                [k.aggregate for k in keys],
                [k.fingerprint for k in keys],
                [k.reply for k in keys],
            ),
        )
    if writes.fan_outs:
        outs = writes.fan_outs
        yield (
            FAN_OUT,
            (
                now,
                [lane_of(f.aggregate) for f in outs],
                [type(f.fan_out.data).__name__ for f in outs],
                [f.cause for f in outs],
                [f.fan_out.data.model_dump_json() for f in outs],
                [f.traceparent for f in outs],
            ),
        )


def _event_columns(writes: Writes, now: datetime) -> tuple[Any, ...]:
    rows = writes.events
    return (
        now.astimezone(UTC).date(),
        [r.id for r in rows],
        [r.aggregate for r in rows],
        [r.source for r in rows],
        [r.sequence for r in rows],
        [r.topic for r in rows],
        [r.type for r in rows],
        [r.occurred_at for r in rows],
        [r.clock for r in rows],
        [r.correlation for r in rows],
        [r.causation for r in rows],
        [r.traceparent for r in rows],
        [r.body for r in rows],
        [lane_of(r.aggregate) for r in rows],
    )


def _timers(writes: Writes) -> Iterable[Sent]:
    ordered = sorted(writes.timers.items())
    cancelled = [key for key, (timer, _) in ordered if not isinstance(timer, Timer)]
    if cancelled:
        yield CANCEL_TIMERS, tuple(zip(*cancelled, strict=True))
    kept = [(key, timer, trace) for key, (timer, trace) in ordered if isinstance(timer, Timer)]
    if kept:
        yield (
            SET_TIMERS,
            (
                [key[0] for key, _, _ in kept],
                [key[1] for key, _, _ in kept],
                [key[2] for key, _, _ in kept],
                [lane_of(key[0]) for key, _, _ in kept],
                [timer.due for _, timer, _ in kept],
                [timer.data.model_dump_json() for _, timer, _ in kept],
                [trace for _, _, trace in kept],
            ),
        )


def _parked_columns(rows: Sequence[ParkedRow]) -> tuple[Any, ...]:
    return (
        [r.input.subject for r in rows],
        [lane_of(r.input.subject) for r in rows],
        [r.reason for r in rows],
        [r.input.origin.value for r in rows],
        [r.input.type for r in rows],
        [r.input.id for r in rows],
        [r.input.source for r in rows],
        [r.input.sequence for r in rows],
        [record_of(r.input) for r in rows],
        [r.try_at for r in rows],
        [r.expires_at for r in rows],
    )


def _dead_columns(rows: Sequence[DeadRow]) -> tuple[Any, ...]:
    positions = [r.input.position for r in rows]
    return (
        [r.input.subject for r in rows],
        [r.blocking for r in rows],
        [r.input.origin.value for r in rows],
        [r.input.type for r in rows],
        [r.input.id for r in rows],
        [r.input.source for r in rows],
        [r.input.sequence for r in rows],
        [p.topic if p else None for p in positions],
        [p.partition if p else None for p in positions],
        [p.offset if p else None for p in positions],
        [record_of(r.input) for r in rows],
        [r.error for r in rows],
        [r.message for r in rows],
        [r.fingerprint for r in rows],
        [r.input.attempts + 1 for r in rows],
        [r.input.first_failed_at for r in rows],
        [r.input.traceparent for r in rows],
    )
