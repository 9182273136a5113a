"""Statements sent to PostgreSQL: all are told to whoever listens, slow and failed ones become spans.

Only a statement's text is looked at, never its arguments.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import asyncpg
from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import child_of
from services.chassis.telemetry.spans import Span, Value

SLOW_S: Final = 0.050
"""Statements that take longer become spans."""

_CHANGE = re.compile(
    r"\b(?:(INSERT)\s+INTO|(DELETE)\s+FROM|(UPDATE))\s+(?:ONLY\s+)?(?!SET\b)([a-z_][a-z0-9_.]*+)",
    re.IGNORECASE,
)
_READ = re.compile(r"\bFROM\s+([a-z_][a-z0-9_.]*+)(?!\s*\()", re.IGNORECASE)
_LOCKS = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)
_collected: ContextVar[list["Statement"] | None] = ContextVar("statements", default=None)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its summary (`INSERT events`), when it ended (ns since 1970), how long it took (s).

    `summary` tells of every table that it changes; `label`, where they are several, only how many.
    """

    summary: str
    label: str
    end: int
    seconds: float
    database: str
    error: BaseException | None

    @property
    def status(self) -> str | None:
        """PostgreSQL's code of the failure, if it gave one."""
        return getattr(self.error, "sqlstate", None)

    @property
    def failure(self) -> str:
        """Why it failed, in a word; empty if it did not."""
        return "" if self.error is None else self.status or type(self.error).__name__


watchers: list[Callable[[Statement], None]] = []
"""Called with every statement of every pool, in the event loop: metrics."""


def watch(watcher: Callable[[Statement], None]) -> None:
    """Tell this function of every statement from now on, once however often it is asked for."""
    if watcher not in watchers:
        watchers.append(watcher)


@contextmanager
def collecting(statements: list[Statement]) -> Iterator[None]:
    """Inside the block, statements worth a span are added to the list, soon after they end."""
    token = _collected.set(statements)
    try:
        yield
    finally:
        _collected.reset(token)


async def listen(connection: asyncpg.Connection) -> None:
    """Watch the statements of a connection."""
    connection.add_query_logger(_noticed)


def statement_span(statement: Statement, parent: str, case: Value | None) -> Span:
    """The span of a statement, under the work that sent it."""
    start = statement.end - int(statement.seconds * 1e9)
    attributes: dict[str, Value] = {
        semconv.DB_SYSTEM: "postgresql",
        semconv.DB_NAMESPACE: statement.database,
        semconv.DB_SUMMARY: statement.summary,
    }
    if case is not None:
        attributes[semconv.CASE_ID] = case
    span = Span(
        statement.summary, SpanKind.CLIENT, child_of(parent), parent, start, statement.end, attributes
    )
    if statement.error is not None:
        if statement.status is not None:
            attributes[semconv.DB_STATUS] = statement.status
        span.fail(statement.failure)
    return span


@lru_cache(maxsize=1024)
def described(query: str) -> tuple[str, str]:
    """The summary and the label of a statement: what it does to which table, without any value.

    They differ when it changes several tables: which ones differs from batch to batch, and that would be too
    many values for the label of a metric.
    """
    query = _LOCKS.sub("", query)
    changes = [
        f"{(insert or delete or update).upper()} {table}"
        for insert, delete, update, table in _CHANGE.findall(query)
    ]
    summary = " ".join(changes) or _read(query)
    return summary, f"WRITE {len(changes)} tables" if len(changes) > 1 else summary


def _read(query: str) -> str:
    verb = (query.split(None, 1) or ["statement"])[0].rstrip(";").upper()
    if verb not in ("SELECT", "WITH"):
        return verb
    table = _READ.search(query)
    return "SELECT" if table is None else f"SELECT {table[1]}"


def _noticed(record: Any) -> None:
    collected = _collected.get()
    worth = record.elapsed > SLOW_S or record.exception is not None
    if not watchers and not (worth and collected is not None):
        return
    statement = Statement(
        *described(record.query), nanoseconds(), record.elapsed, record.conn_params.database, record.exception
    )
    for watcher in watchers:
        watcher(statement)
    if worth and collected is not None:
        collected.append(statement)
