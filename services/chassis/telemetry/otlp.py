"""Spans as OTLP carries them: what OpenTelemetry's own encoder means, for a fraction of the cost.

Protobuf lets a message be joined from parts that were encoded before: fields that follow each other are one
message, repeated ones add up, and their order says nothing.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import SpanFlags, Status
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from services.chassis.telemetry import semconv
from services.chassis.telemetry.spans import Span, Value

# Tags of fields: their number, and whether a length (2), 8 bytes (1) or 4 bytes (5) follow. trace.proto:
_RESOURCE_SPANS, _SCOPE_SPANS, _SPANS = b"\x0a", b"\x12", b"\x12"
_TRACE_ID, _SPAN_ID, _PARENT = b"\x0a\x10", b"\x12\x08", b"\x22\x08"
"""Together with the lengths of ids, which are always the same."""
_NAME, _KIND = b"\x2a", b"\x30"
_ATTRIBUTES, _LINKS, _ATTRIBUTES_OF_LINK, _STATUS = b"\x4a", b"\x6a", b"\x22", b"\x7a"
_FLAGS, _FLAGS_OF_LINK = b"\x85\x01", b"\x35"
# common.proto: the value of a KeyValue; the text, number or list of an AnyValue, an item of a list.
_VALUE, _TEXT, _NUMBER, _LIST, _ITEM = b"\x12", b"\x0a", b"\x18", b"\x2a", b"\x0a"

_UNIQUE = frozenset(
    (semconv.CASE_ID, semconv.CONVERSATION, semconv.MESSAGE_ID, semconv.OFFSET, semconv.CREATED_IDS)
)
"""What is not said twice."""
_SHORT, _64_BITS = 0x70, 2**64 - 1

_moments = Struct("<cQcQ").pack
_flags = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK.to_bytes(4, "little")
_lengths = tuple(bytes([size]) for size in range(0x80))
_scope = InstrumentationScope(semconv.SCOPE, schema_url=semconv.SCHEMA_URL)


class OtlpExporter:
    """Sends spans by OTLP over HTTP, as OTEL_EXPORTER_OTLP_* says; `timeout` (s) goes before that."""

    def __init__(self, resource: Resource, timeout: float | None = None) -> None:
        self._head = head_of(resource)
        self._sender = OTLPSpanExporter(timeout=timeout)

    def export(self, spans: Sequence[Span]) -> bool:
        """Whether the collector took them."""
        # The SDK's exporter has no public way to be given what is encoded already.
        return self._sender._client.export(encode(self._head, spans)).success  # noqa: SLF001

    def shutdown(self) -> None:
        """Send no more."""
        self._sender.shutdown()  # type: ignore[no-untyped-call]


def head_of(resource: Resource) -> tuple[bytes, bytes]:
    """ResourceSpans and ScopeSpans of this resource and our scope, without the spans that they hold."""
    nobody = ReadableSpan("", SpanContext(1, 1, False), resource=resource, instrumentation_scope=_scope)
    [whole] = encode_spans([nobody]).resource_spans
    [scope] = whole.scope_spans
    scope.ClearField("spans")
    head = scope.SerializeToString()
    whole.ClearField("scope_spans")
    return whole.SerializeToString(), head


def encode(head: tuple[bytes, bytes], spans: Sequence[Span]) -> bytes:
    """An ExportTraceServiceRequest with these spans."""
    whole, scope = head
    held = b"".join((scope, *(_field(_SPANS, _span(span)) for span in spans)))
    return _field(_RESOURCE_SPANS, whole + _field(_SCOPE_SPANS, held))


def _span(span: Span) -> bytes:
    context, parent = span.traceparent, span.parent
    parts = [_TRACE_ID, bytes.fromhex(context[3:35]), _SPAN_ID, bytes.fromhex(context[36:52])]
    if parent is not None:
        parts += (_PARENT, bytes.fromhex(parent[36:52]))
    parts += (_named(span.name, span.kind), _moments(b"\x39", span.start, b"\x41", span.end), _FLAGS, _flags)
    parts += [_attribute(_ATTRIBUTES, name, value) for name, value in span.attributes.items()]
    parts += [_field(_LINKS, _link(*link)) for link in span.links]
    parts.append(_status(StatusCode.UNSET if span.error is None else StatusCode.ERROR))
    return b"".join(parts)


def _link(context: str, attributes: Mapping[str, Value]) -> bytes:
    parts = [_TRACE_ID, bytes.fromhex(context[3:35]), _SPAN_ID, bytes.fromhex(context[36:52])]
    parts += (_FLAGS_OF_LINK, _flags)
    parts += [_attribute(_ATTRIBUTES_OF_LINK, name, value) for name, value in attributes.items()]
    return b"".join(parts)


def _attribute(tag: bytes, name: str, value: Value) -> bytes:
    return _once(tag, name, value) if name in _UNIQUE else _again(tag, name, value)


@lru_cache(maxsize=4096)
def _again(tag: bytes, name: str, value: Value) -> bytes:
    """What is said often."""
    return _once(tag, name, value)


def _once(tag: bytes, name: str, value: Value) -> bytes:
    key = _key(name)
    if isinstance(value, str):
        text = value.encode()
        size = len(text)
        if size < _SHORT:
            # KeyValue: the key, the value's tag and length, and its text with tag and length of its own.
            whole = _length(len(key) + size + 4)
            return b"".join((tag, whole, key, _VALUE, _lengths[size + 2], _TEXT, _lengths[size], text))
        held = _field(_TEXT, text)
    elif isinstance(value, int):
        held = _NUMBER + _length(value & _64_BITS)
    else:
        held = _field(_LIST, b"".join([_field(_ITEM, _field(_TEXT, one.encode())) for one in value]))
    return _field(tag, b"".join((key, _VALUE, _length(len(held)), held)))


@lru_cache(maxsize=1024)
def _key(name: str) -> bytes:
    return _field(b"\x0a", name.encode())


@lru_cache(maxsize=1024)
def _named(name: str, kind: SpanKind) -> bytes:
    # OTLP counts kinds from 1 (internal): 0 is none.
    return b"".join((_field(_NAME, name.encode()), _KIND, _lengths[kind.value + 1]))


@lru_cache
def _status(code: StatusCode) -> bytes:
    return _field(_STATUS, Status(code=code.value).SerializeToString())  # type: ignore[arg-type]


def _field(tag: bytes, message: bytes) -> bytes:
    """A message as a field of another one: tag, length, content."""
    return b"".join((tag, _length(len(message)), message))


def _length(size: int) -> bytes:
    """A number as a varint."""
    if size <= 0x7F:
        return _lengths[size]
    parts = bytearray()
    while size > 0x7F:
        parts.append(size & 0x7F | 0x80)
        size >>= 7
    parts.append(size)
    return bytes(parts)
