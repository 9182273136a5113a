"""FastStream's own telemetry, as its documentation sets it up, exporting to the endpoint of OTEL_*."""

from collections.abc import Sequence
from typing import Any

from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def faststream_telemetry() -> Sequence[Any]:
    """The middleware for a broker."""
    provider = TracerProvider(resource=Resource.create({"service.name": "idiom"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return (KafkaTelemetryMiddleware(tracer_provider=provider),)
