"""How contestants other than Ciclo store a decision: into the same tables, one by one or in bulk."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from services.chassis.lanes import lane_of
from services.routing.store import CASES, PROMISES
from tests.benchmarks.hot.work import ROUTING, Row

CREATE_INBOX = "CREATE TABLE IF NOT EXISTS inbox (id uuid PRIMARY KEY, at timestamptz DEFAULT now())"

AGGREGATE = {
    "id": "uuid",
    "kind": "text",
    "state": "jsonb",
    "state_version": "integer",
    "sequence": "bigint",
    "version": "bigint",
    "watermarks": "jsonb",
    "traceparent": "text",
}
TIMER = {
    "aggregate": "uuid",
    "kind": "text",
    "key": "text",
    "lane": "smallint",
    "due_at": "timestamptz",
    "data": "jsonb",
    "traceparent": "text",
}
EFFECT = {
    "aggregate": "uuid",
    "lane": "smallint",
    "kind": "text",
    "cause": "uuid",
    "key": "text",
    "ordering": "text",
    "data": "jsonb",
    "due_at": "timestamptz",
    "asked_at": "timestamptz",
    "traceparent": "text",
}
EVENT = {
    "day": "date",
    "id": "uuid",
    "aggregate": "uuid",
    "source": "text",
    "sequence": "bigint",
    "topic": "text",
    "type": "text",
    "occurred_at": "timestamptz",
    "clock": "text",
    "correlation": "text",
    "causation": "text",
    "traceparent": "text",
    "body": "text",
}
OUTBOX = {"lane": "smallint", "day": "date", "event": "uuid"}
TABLES = {
    "aggregates": AGGREGATE,
    "cases": dict(CASES.types),
    "promises": dict(PROMISES.types),
    "timers": TIMER,
    "effects": EFFECT,
}
PUBLISHED = {"events": EVENT, "outbox": OUTBOX}
Values = tuple[Any, ...]


def statements() -> Callable[[Row], Iterable[tuple[str, Values]]]:
    """Of a row, one INSERT for each thing that is stored, as somebody writes it who handles one message."""
    texts = {name: _insert(name, columns) for name, columns in TABLES.items()}

    def each(made: Row) -> Iterable[tuple[str, Values]]:
        for name, rows in _rows(made).items():
            if name in texts:
                yield from ((texts[name], values) for values in rows)

    return each


def bulk() -> tuple[str, Callable[[Sequence[Row]], list[list[Any]]]]:
    """One statement that stores a whole batch, and the arrays it takes."""
    every = TABLES | PUBLISHED
    parts, at = [], 1
    for name, columns in every.items():
        parts.append(_insert_many(name, columns, at))
        at += len(columns)
    stored = ", ".join(f"{name}_ AS ({part})" for name, part in zip(every, parts[:-1], strict=False))

    def arrays(made: Sequence[Row]) -> list[list[Any]]:
        rows: dict[str, list[Values]] = {name: [] for name in every}
        for one in made:
            for name, of_one in _rows(one).items():
                rows[name] += of_one
        return [list(column) for name in every for column in zip(*rows[name], strict=True)]

    return f"WITH {stored} {parts[-1]}", arrays


def _rows(made: Row) -> dict[str, list[Values]]:
    opened, lane, day = made.opened, lane_of(made.opened.subject), made.now.date()
    marks = json.dumps({opened.source: [opened.sequence, str(opened.id)]})
    subject, trace = opened.subject, opened.traceparent
    effect = (subject, lane, made.effect_kind, opened.id, "", "", made.effect, made.now, made.now, trace)
    return {
        "aggregates": [(subject, "case", made.state, 1, 1, 1, marks, trace)],
        "cases": [_values(made.case)],
        "promises": [_values(made.promise)],
        "timers": [
            (
                subject,
                type(timer.data).__name__,
                timer.key,
                lane,
                timer.due,
                timer.data.model_dump_json(),
                trace,
            )
            for timer in made.timers
        ],
        "effects": [effect],
        "events": [_event(made, subject, trace)],
        "outbox": [(lane, day, made.event_id)],
    }


def _event(made: Row, subject: UUID, trace: str | None) -> Values:
    opened = made.opened
    clock = f"{opened.source}:{opened.sequence}"
    causes = (str(subject), str(opened.id), trace)
    about = (made.now.date(), made.event_id, subject, "/ciclo/routing", 1, ROUTING, made.event_type)
    return (*about, made.now, clock, *causes, made.body)


def _values(of: Any) -> Values:
    return tuple(getattr(of, field.name) for field in fields(of))


def _insert(table: str, columns: dict[str, str]) -> str:
    values = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 - names from above


def _insert_many(table: str, columns: dict[str, str], first: int) -> str:
    kinds = ("text" if kind == "jsonb" else kind for kind in columns.values())
    given = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, first))
    read = ", ".join(f"{name}::jsonb" if kind == "jsonb" else name for name, kind in columns.items())
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) SELECT {read} FROM unnest({given}) AS u ({names})"  # noqa: S608
