"""Where the other modules tell what happened, once for each batch; `metrics` holds what it moves."""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import asyncpg
import structlog
from starlette.types import Scope

from ciclo_schemas.events import Event
from services.chassis import metrics
from services.chassis.clock import seconds
from services.chassis.decider import Origin
from services.chassis.definition import Measures
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.meters import exemplar
from services.chassis.route_names import template_of
from services.chassis.telemetry.requests import Served
from services.chassis.telemetry.statements import Statement

BROKER: Final = "kafka"
SERVER_ERROR: Final = "500"
"""RFC 9110, 15.6: from here on it was the server that failed."""
DECIDED: Final = (Fate.APPLIED, Fate.REFUSED)

log = structlog.get_logger(__name__)


def batch_applied(
    inputs: Sequence[Input],
    outcomes: Sequence[Outcome],
    took: float,
    *,
    released: Sequence[Input] = (),
    now: datetime | None = None,
) -> None:
    """Count one committed batch; `released` had waited and went on with it, `now` is when it was decided."""
    metrics.BATCH_SECONDS.at().observe(took)
    metrics.BATCH_INPUTS.at().observe(len(inputs))
    pairs = list(zip(inputs, outcomes, strict=True))
    tally = Tally((one.origin.value, outcome.fate.value) for one, outcome in pairs)
    tally.update((one.origin.value, metrics.RELEASED) for one in released)
    for key, count in tally.items():
        metrics.INPUTS.at(*key).inc(count)
    if now is not None:
        _delivered([*(one for one, outcome in pairs if outcome.fate in DECIDED), *released], now)


def _delivered(inputs: Iterable[Input], now: datetime) -> None:
    """Note how long events took from their writer to here; the slowest of each topic leads to its trace."""
    by_topic: dict[str, list[tuple[float, str | None]]] = {}
    for one in inputs:
        # Not by `isinstance`, which costs more than all the rest with pydantic's models.
        topic = getattr(one.data, "topic", None)
        if one.origin is Origin.EVENT and one.time is not None and topic is not None:
            latency = max(0.0, (now - one.time).total_seconds())
            by_topic.setdefault(topic, []).append((latency, one.traceparent))
    for topic, latencies in by_topic.items():
        series = metrics.DELIVERY.at(topic)
        slowest = max(latencies, key=itemgetter(0))
        for each in latencies:
            series.observe(each[0], exemplar(each[1]) if each is slowest else None)


def events_published(measures: Measures | None, events: Iterable[Event]) -> None:
    """Let a service count what its committed events say. Never raises: they are committed."""
    if measures is None:
        return
    for event in events:
        count = measures.counts.get(type(event))
        if count is None:
            continue
        try:
            count(event)
        except Exception as error:  # noqa: BLE001 - a metric is no reason to fail
            log.warning("event_not_counted", type=event.event_type, error=type(error).__name__)


def records_taken(topics: Iterable[str], group: str) -> None:
    """Count the records of a batch that Kafka delivered, by topic."""
    for topic, count in Tally(topics).items():
        metrics.CONSUMED.at(BROKER, "poll", topic, group).inc(count)


def records_processed(inputs: Mapping[str, Input], group: str, took: float, error: str = "") -> None:
    """Note an attempt to apply a batch; `inputs` holds one of each topic."""
    for topic, one in inputs.items():
        series = metrics.PROCESS_SECONDS.at(BROKER, "process", topic, group, error)
        series.observe(took, exemplar(one.traceparent))


def offsets_committed(took: float, error: str = "") -> None:
    """Note a commit of offsets."""
    metrics.CLIENT_SECONDS.at(BROKER, "commit", "settle", "", error).observe(took)


def events_sent(sent: Iterable[tuple[Any, str]], took: float) -> None:
    """Count rows of `events` handed to the broker, each with why it has not acknowledged it, or nothing."""
    tally: Tally[tuple[str, str]] = Tally()
    first: dict[tuple[str, str], str | None] = {}
    for row, error in sent:
        key = (row["topic"], error)
        tally[key] += 1
        first.setdefault(key, row["traceparent"])
    for (topic, error), count in tally.items():
        metrics.SENT.at(BROKER, "send", topic, error).inc(count)
        series = metrics.CLIENT_SECONDS.at(BROKER, "send", "send", topic, error)
        series.observe(took, exemplar(first[topic, error]))


@contextmanager
def answering(scope: Scope, served: Served, *, is_told: bool) -> Iterator[None]:
    """Note the request that is answered inside the block, under the template of its address alone.

    `is_told`: there will be a span of it.
    """
    began = seconds()
    try:
        yield
    finally:
        route = template_of(scope) or ""
        status = "" if served.status is None else str(served.status)
        error = "cut" if not status else status if status >= SERVER_ERROR else ""
        series = metrics.HTTP_SECONDS.at(scope["method"], route, status, scope["scheme"], error)
        series.observe(seconds() - began, exemplar(served.traceparent if is_told else None))


def statement_ended(statement: Statement) -> None:
    """Note a statement of PostgreSQL."""
    series = metrics.DATABASE_SECONDS.at("postgresql", statement.label, statement.failure)
    series.observe(statement.seconds)


@asynccontextmanager
async def acquired(pool: asyncpg.Pool, name: str, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109
    """A connection of the pool `name`, as `pool.acquire` gives it; the wait for it is noted."""
    began = seconds()
    try:
        connection = await pool.acquire(timeout=timeout)
    except TimeoutError:
        metrics.POOL_TIMEOUTS.at(name).inc()
        raise
    metrics.POOL_WAIT.at(name).observe(seconds() - began)
    try:
        yield connection
    finally:
        await pool.release(connection)
