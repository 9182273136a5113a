"""Our encoder says the same as OpenTelemetry's."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind

from services.chassis.telemetry.otlp import encode, head_of
from services.chassis.telemetry.spans import Span
from tests.support.readable import readable

RESOURCE = Resource({"service.name": "warranty"}, "https://example.org/schema")
HEAD = head_of(RESOURCE)

contexts = st.builds(
    lambda trace, span: f"00-{trace:032x}-{span:016x}-01",
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
)
moments = st.integers(0, 2**63)
texts = st.text(max_size=300)
values = texts | st.integers(-(2**63), 2**63 - 1) | st.lists(texts, max_size=5).map(tuple)
attributes = st.dictionaries(st.text(max_size=20), values, max_size=12)
spans = st.builds(
    Span,
    st.text(max_size=200),
    st.sampled_from(SpanKind),
    contexts,
    st.none() | contexts,
    moments,
    moments,
    attributes,
    st.lists(st.tuples(contexts, attributes), max_size=4).map(tuple),
    st.none() | st.just("busy"),
)


@given(st.lists(spans, min_size=1, max_size=6))
def test_a_collector_reads_what_opentelemetrys_own_encoder_would_have_told(told: list[Span]) -> None:
    meant = encode_spans([readable(span, RESOURCE) for span in told])
    assert ExportTraceServiceRequest.FromString(encode(HEAD, told)) == meant


def test_large_batches_keep_their_order() -> None:
    context = f"00-{1:032x}-{1:016x}-01"
    many = [Span(str(n), SpanKind.CLIENT, context, None, n, n) for n in range(600)]
    [told] = ExportTraceServiceRequest.FromString(encode(HEAD, many)).resource_spans
    assert [span.name for span in told.scope_spans[0].spans] == [str(n) for n in range(600)]
