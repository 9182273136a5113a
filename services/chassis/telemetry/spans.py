"""A span as plain data, until it is certain that what it tells has happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import is_sampled, span_id, trace_id

Value = str | int
Links = tuple[tuple[str, Mapping[str, Value]], ...]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)
_SCOPE = InstrumentationScope(semconv.SCOPE, schema_url=semconv.SCHEMA_URL)


@dataclass(slots=True)
class Span:
    """What is told of one piece of work. Moments are nanoseconds since 1970; `error` is a code."""

    name: str
    kind: SpanKind
    traceparent: str
    parent: str | None
    start: int
    end: int
    attributes: dict[str, Value] = field(default_factory=dict)
    links: Links = ()
    error: str | None = None

    def fail(self, error: str) -> None:
        """Say that the work failed, and why, in a word of low cardinality."""
        self.error = error
        self.attributes[semconv.ERROR_TYPE] = error


def linked(*links: tuple[str, semconv.Reason]) -> Links:
    """Links with nothing but their reason; contexts of which no spans are recorded are left out."""
    return tuple((context, _because(reason)) for context, reason in links if is_sampled(context))


def about_message(operation: str, topic: str) -> dict[str, Value]:
    """The attributes that every span of Kafka has; `operation`: create, send or process."""
    return {
        semconv.SYSTEM: "kafka",
        semconv.OPERATION: operation,
        semconv.OPERATION_TYPE: operation,
        semconv.DESTINATION: topic,
    }


def of_this_case(case: UUID | str) -> dict[str, Value]:
    """The attributes of a message about a case."""
    return {semconv.CASE_ID: str(case), semconv.CONVERSATION: str(case)}


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """The same for OpenTelemetry's SDK."""
    return ReadableSpan(
        name=span.name,
        context=_context(span.traceparent),
        parent=None if span.parent is None else _context(span.parent),
        resource=resource,
        attributes=span.attributes,
        links=[Link(_context(context), attributes) for context, attributes in span.links],
        kind=span.kind,
        status=_UNSET if span.error is None else _ERROR,
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=_SCOPE,
    )


@lru_cache
def _because(reason: semconv.Reason) -> Mapping[str, Value]:
    return {semconv.LINK_REASON: reason.value}


def _context(traceparent: str) -> SpanContext:
    return SpanContext(
        int(trace_id(traceparent), 16),
        int(span_id(traceparent), 16),
        is_remote=False,
        trace_flags=_SAMPLED,
    )
