"""Whatever bytes arrive, they are spans or refused, and nothing else happens."""

import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.traces.otlp import JSON, PROTOBUF, NotOtlp, TooLarge, read, unpacked

NAMES = (
    "resourceSpans",
    "scopeSpans",
    "spans",
    "traceId",
    "spanId",
    "attributes",
    "key",
    "value",
    "kind",
    "links",
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("ab" * 16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def good_request() -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name, span.kind = b"\1" * 16, b"\2" * 8, "x", 99
    span.start_time_unix_nano, span.end_time_unix_nano = 2**64 - 1, 0
    attribute = span.attributes.add()
    attribute.key, attribute.value.bytes_value = "raw", b"\0\xff"
    span.attributes.add().key = "nothing"
    raw: bytes = request.SerializeToString()
    return raw


@given(values)
def test_any_json_is_spans_or_refused(content: Any) -> None:
    for body in (content, {"resourceSpans": [{"scopeSpans": [{"spans": content}]}]}):
        with suppress(NotOtlp):
            read(json.dumps(body).encode(), JSON)


@given(st.integers(0, len(good_request()) - 1), st.integers(0, 255))
def test_a_request_with_a_wrong_byte_is_spans_or_refused(place: int, byte: int) -> None:
    body = bytearray(good_request())
    body[place] = byte
    with suppress(NotOtlp):
        read(bytes(body), PROTOBUF)


def test_strange_kinds_and_times_are_taken_as_they_can_be() -> None:
    ((received,), invalid) = read(good_request(), PROTOBUF)
    assert invalid == 0
    assert received.size > 30
    assert received.span.kind == "INTERNAL"
    assert received.span.end_ns == received.span.start_ns
    assert received.span.attributes == {"raw": "00ff", "nothing": None}


@given(st.binary(max_size=300), st.integers(1, 400))
def test_what_was_packed_is_unpacked_up_to_the_limit(content: bytes, limit: int) -> None:
    packing = zlib.compressobj(wbits=31)
    packed = packing.compress(content) + packing.flush()
    if len(content) < limit:
        assert unpacked(packed, limit) == content
    elif len(content) > limit:
        with pytest.raises((TooLarge, NotOtlp)):
            unpacked(packed, limit)
