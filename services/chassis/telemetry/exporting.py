"""The way of spans to a collector: OpenTelemetry's SDK, as OTEL_* says, and never in anybody's way."""

import asyncio
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import structlog
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler

from services.chassis.ids import new_id
from services.chassis.telemetry.context import child_of, is_sampled, new_traceparent, trace_id
from services.chassis.telemetry.otlp import OtlpExporter
from services.chassis.telemetry.spans import Span

FLUSH_S: Final = 3.0
"""How long the end of a service may wait for the last spans to be sent."""
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")

log = structlog.get_logger(__name__)


class Exporter(Protocol):
    """What takes spans to a collector."""

    def export(self, spans: Sequence[Span]) -> bool:
        """Whether the collector took them. Called in a thread of the SDK."""
        ...

    def shutdown(self) -> None:
        """Send no more."""
        ...


class Tracing:
    """Where spans go; without an exporter, nowhere: then contexts flow and nothing is recorded.

    A part of the app. `dropped` counts the spans that were lost, by reason: queue_full, export_failed,
    shutdown.
    """

    name = "telemetry"

    def __init__(self, exporter: Exporter | None = None) -> None:
        self.dropped: Counter[str] = Counter()
        self._processor: _Processor | None = None
        if exporter is None:
            return
        self._sampler: Sampler = TracerProvider(shutdown_on_exit=False).sampler
        self._exporter = _Counted(exporter, self.dropped)
        self._processor = _Processor(self._exporter, self.dropped)

    @property
    def on(self) -> bool:
        """Whether spans are recorded."""
        return self._processor is not None

    def new_leg(self, name: str) -> str:
        """The context of a new trace, sampled as OTEL_TRACES_SAMPLER says; `name`: of its first span."""
        begun = new_traceparent()
        if self._processor is None:
            return begun
        decided = self._sampler.should_sample(None, int(trace_id(begun), 16), name)
        return begun if decided.decision is not Decision.DROP else f"{begun[:53]}00"

    def under(self, parent: str | None, name: str) -> str:
        """The context of a new span of this name: in the trace of `parent`, or of a new leg without one."""
        return self.new_leg(name) if parent is None else child_of(parent)

    def records(self, traceparent: str) -> bool:
        """Whether a span of this context is worth making."""
        return self._processor is not None and bool(traceparent) and is_sampled(traceparent)

    def emit(self, spans: Iterable[Span]) -> None:
        """Queue spans for the collector. Never waits, never raises; what does not fit is counted."""
        if self._processor is not None:
            for span in spans:
                if is_sampled(span.traceparent):
                    span.is_told = True
                    self._processor.take(span)

    def flush(self) -> bool:
        """Send what is queued, and wait for that: not to be called by what must go on."""
        return self._processor is None or self._processor.force_flush()

    async def start(self) -> None:
        """Nothing: the SDK's thread runs already."""

    async def stop(self, grace: float) -> None:
        """Send what is queued, for `grace` or FLUSH_S seconds at most; what is left is lost, and counted.

        The thread that waits for the collector is a daemon: it keeps no process alive.
        """
        if self._processor is None:
            return
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def flush(processor: BatchSpanProcessor) -> None:
            processor.shutdown()  # type: ignore[no-untyped-call]
            with suppress(RuntimeError):  # nobody waits any more: the loop is closed
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=flush, args=[self._processor], name="telemetry flush", daemon=True).start()
        try:
            async with asyncio.timeout(min(grace, FLUSH_S)):
                await sent.wait()
        except TimeoutError:
            self.dropped["shutdown"] += self._processor.accepted - self._exporter.ended
        self._processor = None
        if self.dropped:
            log.warning("spans_lost", **self.dropped)

    def problem(self) -> str | None:
        """None: a service without its telemetry is well."""
        return None


OFF: Final = Tracing()
"""Records nothing."""


def tracing_of(service: str, release: str) -> Tracing:
    """The tracing that OTEL_* asks for: OTLP over HTTP if an endpoint is named, else none."""
    if not _wanted():
        return Tracing()
    if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf") != "http/protobuf":
        log.warning("only_otlp_over_http", protocol="http/protobuf")
    return Tracing(OtlpExporter(resource_of(service, release), _timeout()))


def resource_of(service: str, release: str) -> Resource:
    """Who tells the spans; what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say counts more."""
    own = {
        "service.name": service,
        "service.namespace": "ciclo",
        "service.version": release,
        "service.instance.id": str(new_id()),
    }
    return Resource.create(own).merge(OTELResourceDetector().detect())


def _wanted() -> bool:
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    named = os.environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if named:
        return "otlp" in [name.strip() for name in named.split(",")]
    return any(os.environ.get(name) for name in _ENDPOINTS)


def _timeout() -> float | None:
    """Seconds for one export; also OTEL_BSP_EXPORT_TIMEOUT (milliseconds), which the SDK ignores."""
    batch = os.environ.get("OTEL_BSP_EXPORT_TIMEOUT", "")
    if any(os.environ.get(name) for name in _TIMEOUTS) or not batch.isdecimal():
        return None
    return int(batch) / 1000


class _Processor(BatchSpanProcessor):
    """Queues our own spans, and counts those that do not fit; the SDK only logs them, and pushes others out.

    One thread queues and the SDK's takes out, so what fits when it is asked still fits a moment later.
    """

    def __init__(self, exporter: SpanExporter, dropped: Counter[str]) -> None:
        super().__init__(exporter)
        # The SDK has no public way to ask how full its queue is, nor to queue anything but its own spans.
        self._queue: deque[Any] = self._batch_processor._queue  # noqa: SLF001
        self._emit: Callable[[Any], None] = self._batch_processor.emit
        self._dropped = dropped
        self.accepted = 0

    def take(self, span: Span) -> None:
        """Queue a span, if there is room."""
        if len(self._queue) == self._queue.maxlen:
            self._dropped["queue_full"] += 1
            return
        self.accepted += 1
        self._emit(span)


class _Counted(SpanExporter):
    """Counts the spans whose sending has ended, and those of them that the collector did not take."""

    def __init__(self, exporter: Exporter, dropped: Counter[str]) -> None:
        self._exporter = exporter
        self._dropped = dropped
        self.ended = 0

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        try:
            taken = self._exporter.export(spans)
        except Exception:
            self._dropped["export_failed"] += len(spans)
            raise
        finally:
            self.ended += len(spans)
        if not taken:
            self._dropped["export_failed"] += len(spans)
        return SpanExportResult.SUCCESS if taken else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self._exporter.shutdown()
