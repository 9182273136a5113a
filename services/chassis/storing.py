"""Writes what a batch changed: at most one statement per table and kind of change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.chassis import sql
from services.chassis.codec import record_of
from services.chassis.decider import Timer
from services.chassis.facts import FactStore, Key
from services.chassis.lanes import lane_of
from services.chassis.loading import where
from services.chassis.tables import Table
from services.chassis.working import Aggregate, DeadRow, ParkedRow, Writes

Sent = tuple[str, tuple[Any, ...]]
"""A statement and its arguments."""


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
    return f"DELETE FROM {table.name} {where(table, table.key)}", tuple(columns)  # noqa: S608


def write_aggregates(aggregates: Mapping[UUID, Aggregate]) -> Iterable[Sent]:
    """The statements for the aggregates' rows; rows made for nothing are taken back."""
    touched = [aggregate for aggregate in aggregates.values() if aggregate.touched]
    if touched:
        yield (
            sql.WRITE_AGGREGATES,
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
    unused = [a.id for a in aggregates.values() if a.made and not a.touched]
    if unused:
        yield sql.FORGET_ROWS, (unused,)


def write_engine_rows(writes: Writes, now: datetime, release: str) -> Iterable[Sent]:
    """The statements for the engine's tables, each only if it has rows."""
    if writes.events:
        yield sql.WRITE_EVENTS, _event_columns(writes, now)
    if writes.effects:
        rows = writes.effects
        yield (
            sql.WRITE_EFFECTS,
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
        yield sql.PARK, (now, *_parked_columns(parked))
    if writes.unparked:
        yield sql.UNPARK, (writes.unparked,)
    if writes.postponed:
        yield sql.POSTPONE, (list(writes.postponed), list(writes.postponed.values()))
    if writes.dead:
        yield sql.BURY, (now, release, *_dead_columns(writes.dead))
    if writes.keys:
        keys = [writes.keys[key] for key in sorted(writes.keys)]
        yield (
            sql.TAKE_KEYS,
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
            sql.FAN_OUT,
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
        yield sql.CANCEL_TIMERS, tuple(zip(*cancelled, strict=True))
    kept = [(key, timer, trace) for key, (timer, trace) in ordered if isinstance(timer, Timer)]
    if kept:
        yield (
            sql.SET_TIMERS,
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
