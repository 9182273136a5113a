"""OTLP/HTTP's body of spans, protobuf or JSON, read into plain spans."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from sys import intern  # most texts of spans are the same ones again: a third of the memory
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.traces.spans import Link, Scope, Span, SpanEvent

PROTOBUF, JSON = "application/x-protobuf", "application/json"
STATUSES = ("UNSET", "OK", "ERROR")
KINDS = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
HEX_IDS = {"traceId", "spanId", "parentSpanId"}
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class NotOtlp(Exception):
    """The body cannot be read as what it says it is; the message says why."""


class TooLarge(Exception):
    """The body is larger than the sink takes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A span and what it took on the wire, in bytes."""

    span: Span
    size: int


def unpacked(body: bytes, limit: int) -> bytes:
    """The content of a gzip body. Raises TooLarge beyond `limit` bytes, NotOtlp when it is no gzip."""
    unpacking = zlib.decompressobj(GZIP_WINDOW)
    try:
        content = unpacking.decompress(body, limit)
    except zlib.error as error:
        raise NotOtlp(f"not gzip: {error}") from error
    if unpacking.unconsumed_tail:
        raise TooLarge
    if not unpacking.eof:
        raise NotOtlp("not gzip: it ends too early")
    return content


def read(body: bytes, content_type: str) -> tuple[list[Received], int]:
    """The spans of a request, and how many of them have no valid ids. Raises NotOtlp."""
    request = _from_json(body) if content_type == JSON else _from_protobuf(body)
    every = list(_spans(request))
    good = [received for received in every if received is not None]
    return good, len(every) - len(good)


def _from_protobuf(body: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise NotOtlp("not a request of OTLP in protobuf") from error
    return request


def _from_json(body: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        # OTLP writes ids in hex where protobuf's own JSON has base64.
        content = json.loads(body, object_hook=_ids_in_base64)
        if not isinstance(content, dict):
            raise TypeError("not an object")  # noqa: TRY301 - as the parser says what else is wrong
        json_format.ParseDict(content, request, ignore_unknown_fields=True)
    except (ValueError, TypeError, AttributeError, RecursionError, json_format.ParseError) as error:
        raise NotOtlp(f"not a request of OTLP in JSON: {error}"[:300]) from error
    return request


def _ids_in_base64(part: dict[str, Any]) -> dict[str, Any]:
    for name in HEX_IDS & part.keys():
        try:
            part[name] = base64.b64encode(binascii.unhexlify(part[name])).decode()
        except (binascii.Error, ValueError, TypeError) as error:
            raise ValueError(f"{name} is not hex") from error
    return part


def _spans(request: ExportTraceServiceRequest) -> Iterator[Received | None]:
    for of_resource in request.resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            schema = of_scope.schema_url or of_resource.schema_url
            scope = Scope(of_scope.scope.name, of_scope.scope.version, schema)
            for span in of_scope.spans:
                is_valid = any(span.trace_id) and any(span.span_id)
                has_sizes = (len(span.trace_id), len(span.span_id)) == (16, 8)
                yield (
                    Received(_span(span, resource, scope), span.ByteSize())
                    if is_valid and has_sizes
                    else None
                )


def _span(span: Any, resource: dict[str, Any], scope: Scope) -> Span:
    return Span(
        trace_id=_hex(span.trace_id),
        span_id=_hex(span.span_id),
        parent_span_id=_hex(span.parent_span_id),
        name=intern(span.name),
        kind=_named(KINDS, span.kind),
        service=str(resource.get("service.name", "unknown")),
        start_ns=span.start_time_unix_nano,
        end_ns=max(span.start_time_unix_nano, span.end_time_unix_nano),
        status=_named(STATUSES, span.status.code),
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        resource=resource,
        scope=scope,
        links=tuple(
            Link(_hex(link.trace_id), _hex(link.span_id), _attributes(link.attributes)) for link in span.links
        ),
        events=tuple(
            SpanEvent(event.name, event.time_unix_nano, _attributes(event.attributes))
            for event in span.events
        ),
    )


def _is_id(raw: bytes, size: int) -> bool:
    return len(raw) == size and any(raw)


def _hex(raw: bytes) -> str:
    return intern(raw.hex())


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else names[0]


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {intern(pair.key): _value(pair.value) for pair in pairs}


def _value(value: Message) -> Any:
    """What an AnyValue holds."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    held = getattr(value, kind)
    if kind == "array_value":
        return [_value(each) for each in held.values]
    if kind == "kvlist_value":
        return _attributes(held.values)
    if kind == "string_value":
        return intern(held)
    return held.hex() if kind == "bytes_value" else held
