"""The spans of what the relay hands to Kafka: one for each topic of a batch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.telemetry import semconv
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.links import linked
from services.chassis.telemetry.semconv import Reason
from services.chassis.telemetry.spans import Span, about_message, of_this_case


def tell_sent(tracing: Tracing, began: int, rows: Sequence[Any], error: str | None) -> None:
    """Tell that these rows of `events` were handed over since `began` (ns), or why they were not."""
    if not tracing.on:
        return
    by_topic: dict[str, list[Any]] = {}
    for row in rows:
        if row["topic"] is not None and row["traceparent"] is not None:
            by_topic.setdefault(row["topic"], []).append(row)
    tracing.emit(_spans(tracing, began, by_topic, error))


def _spans(
    tracing: Tracing, began: int, by_topic: Mapping[str, Sequence[Any]], error: str | None
) -> Iterator[Span]:
    now = nanoseconds()
    for topic, rows in by_topic.items():
        attributes, name = about_message("send", topic), f"send {topic}"
        contexts = dict.fromkeys(row["traceparent"] for row in rows)
        parent = None
        if len(contexts) == 1:
            parent = rows[0]["traceparent"]
            if rows[0]["correlation"] is not None:
                attributes |= of_this_case(rows[0]["correlation"])
        if len(rows) == 1:
            attributes[semconv.MESSAGE_ID] = str(rows[0]["id"])
        else:
            attributes[semconv.BATCH_COUNT] = len(rows)
        links = linked(*((context, Reason.MESSAGE) for context in contexts))
        context = tracing.under(parent, name)
        span = Span(name, SpanKind.CLIENT, context, parent, began, now, attributes, links)
        if error is not None:
            span.fail(error)
        if links:
            yield span
