"""Our spans as OpenTelemetry's SDK knows them: what its own encoder, and tests, can read."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags

from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import span_id, trace_id
from services.chassis.telemetry.spans import Span


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
        status=Status(StatusCode.UNSET if span.error is None else StatusCode.ERROR),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=InstrumentationScope(semconv.SCOPE, schema_url=semconv.SCHEMA_URL),
    )


def _context(traceparent: str) -> SpanContext:
    return SpanContext(
        int(trace_id(traceparent), 16),
        int(span_id(traceparent), 16),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
