"""What a batch changed, as statements: at most one per table and kind of change, joined into a few."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from services.chassis import sql
from services.chassis.codec import record_of
from services.chassis.decider import Timer
from services.chassis.facts import FactStore, Key
from services.chassis.inputs import Input
from services.chassis.joining import Sent
from services.chassis.lanes import lane_of
from services.chassis.loading import where
from services.chassis.tables import Table
from services.chassis.working import (
    Aggregate,
    DeadRow,
    EffectRow,
    EventRow,
    FanOutRow,
    ParkedRow,
    Writes,
)


def delete_rows(store: FactStore) -> Iterable[Sent]:
    """The statements for rows of the service's own tables that are to go."""
    for table, _, gone in store.changes():
        if gone:
            yield _delete(table, gone)


def write_rows(store: FactStore) -> Iterable[Sent]:
    """The statements for rows of the service's own tables that are new or changed."""
    for table, kept, _ in store.changes():
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


def make_aggregates(aggregates: Mapping[UUID, Aggregate]) -> Iterable[Sent]:
    """The statement for aggregates that have no row yet, in the order of their ids.

    It comes before all others and is joined with none: an outbox id is drawn only once its aggregate is ours.
    A new aggregate gets its row even if something merely waits there, or is set aside: whoever decides about
    it at the same time must be stopped by the row, as he cannot see what waits.
    """
    made = [each for each in aggregates.values() if each.made and (each.touched or each.waiting or each.dead)]
    if made:
        yield sql.MAKE_AGGREGATES, _aggregates(made)


def write_aggregates(aggregates: Mapping[UUID, Aggregate]) -> Iterable[Sent]:
    """The statement for aggregates whose rows are locked."""
    known = [each for each in aggregates.values() if each.touched and not each.made]
    if known:
        yield sql.WRITE_AGGREGATES, _aggregates(known)


def _aggregates(rows: Sequence[Aggregate]) -> tuple[Any, ...]:
    ids, kinds = _columns(rows, "id", "kind")
    states = [aggregate.stored_state() for aggregate in rows]
    marks = [to_json(aggregate.watermarks).decode() for aggregate in rows]
    return (
        ids,
        kinds,
        states,
        *_columns(rows, "state_version", "epoch", "sequence", "version"),
        marks,
        *_columns(rows, "traceparent"),
    )


def delete_engine_rows(writes: Writes) -> Iterable[Sent]:
    """The statements for rows of the engine's tables that are to go."""
    cancelled = sorted(key for key, (timer, _) in writes.timers.items() if not isinstance(timer, Timer))
    if cancelled:
        yield sql.CANCEL_TIMERS, tuple(zip(*cancelled, strict=True))
    if writes.unparked:
        yield sql.UNPARK, (writes.unparked,)
    if writes.freed_keys:
        yield sql.FREE_KEYS, tuple(zip(*sorted(writes.freed_keys), strict=True))


def write_engine_rows(writes: Writes, now: datetime, release: str) -> Iterable[Sent]:
    """The statements for rows of the engine's tables that are new or changed."""
    if writes.events:
        yield sql.WRITE_EVENTS, _events(writes.events, now)
        yield sql.WRITE_OUTBOX, _outbox(writes.events, now)
    if writes.effects:
        yield sql.WRITE_EFFECTS, (now, *_effects(writes.effects))
    timers = [
        (*key, lane_of(key[0]), timer.due, timer.data.model_dump_json(), trace)
        for key, (timer, trace) in sorted(writes.timers.items())
        if isinstance(timer, Timer)
    ]
    if timers:
        yield sql.SET_TIMERS, tuple(zip(*timers, strict=True))
    parked = [row for row in writes.parked if row.reason]
    if parked:
        yield sql.PARK, (now, *_parked(parked))
    if writes.postponed:
        yield sql.POSTPONE, (list(writes.postponed), *zip(*writes.postponed.values(), strict=True))
    if writes.dead:
        yield sql.BURY, (now, release, *_dead(writes.dead))
    if writes.keys:
        keys = [writes.keys[key] for key in sorted(writes.keys)]
        yield sql.TAKE_KEYS, (now, *_columns(keys, "scope", "key", "aggregate", "fingerprint", "reply"))
    if writes.fan_outs:
        yield sql.FAN_OUT, (now, *_fan_outs(writes.fan_outs))


def _columns(rows: Sequence[Any], *names: str) -> list[list[Any]]:
    """One list for each attribute (dotted names go deeper), in the order of the rows."""
    return [list(map(attrgetter(name), rows)) for name in names]


def _events(rows: Sequence[EventRow], now: datetime) -> tuple[Any, ...]:
    names = [field.name for field in fields(EventRow)]
    return (_day(now), *_columns(rows, *names))


def _outbox(rows: Sequence[EventRow], now: datetime) -> tuple[Any, ...]:
    return (_day(now), now, [lane_of(row.aggregate) for row in rows], *_columns(rows, "id"))


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _effects(rows: Sequence[EffectRow]) -> tuple[Any, ...]:
    lanes = [lane_of(row.aggregate) for row in rows]
    rest = _columns(rows, "kind", "cause", "key", "ordering", "data", "traceparent")
    return (*_columns(rows, "aggregate"), lanes, *rest)


def _parked(rows: Sequence[ParkedRow]) -> tuple[Any, ...]:
    subjects, reasons = _columns(rows, "input.subject", "reason")
    lanes = [lane_of(subject) for subject in subjects]
    rest = _columns(rows, "input.origin", "input.type", "input.id", "input.source", "input.sequence")
    records = [record_of(row.input) for row in rows]
    return (subjects, lanes, reasons, *rest, records, *_columns(rows, "try_at", "expires_at"))


def _dead(rows: Sequence[DeadRow]) -> tuple[Any, ...]:
    inputs = [row.input for row in rows]
    places = [one.position for one in inputs]
    return (
        *_columns(rows, "input.subject", "blocking"),
        *_columns(inputs, "origin", "type", "id", "source", "sequence"),
        [place.topic if place else None for place in places],
        [place.partition if place else None for place in places],
        [place.offset if place else None for place in places],
        [record_of(one) for one in inputs],
        *_columns(rows, "error", "message", "fingerprint"),
        [one.attempts + 1 for one in inputs],
        *_columns(inputs, "first_failed_at", "traceparent", "original"),
        [_number(one) for one in inputs],
    )


def _number(one: Input) -> int | None:
    """The number of the dead letter that an input was before."""
    if one.claim is None or one.claim.table != "dead_letters":
        return None
    number: int = one.claim.key[0]
    return number


def _fan_outs(rows: Sequence[FanOutRow]) -> tuple[Any, ...]:
    lanes = [lane_of(row.aggregate) for row in rows]
    kinds = [type(row.fan_out.data).__name__ for row in rows]
    data = [row.fan_out.data.model_dump_json() for row in rows]
    causes, traces = _columns(rows, "cause", "traceparent")
    return (lanes, kinds, causes, data, traces)
