"""The sink as a process: what the SDK and others send it, what it refuses, what it shows."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from deploy.traces import Sink, sink

CASE = "0199c0de-0000-7000-8000-00000000beef"
JSON_SPAN = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "by hand"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    with sink(tmp_path_factory.mktemp("sink")) as started:
        yield started


@pytest.fixture
def client(running: Sink) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=20) as opened:
        yield opened


def request(*spans: dict[str, Any]) -> dict[str, Any]:
    """A request of OTLP in JSON."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "hand"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def test_spans_of_the_sdk_arrive_as_they_were_and_are_shown(running: Sink, client: httpx.Client) -> None:
    exporter = OTLPSpanExporter(f"{running.url}/v1/traces")
    provider = TracerProvider(resource=Resource({"service.name": "routing"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("ciclo", "0.1.0", "https://opentelemetry.io/schemas/1.44.0")
    with tracer.start_as_current_span(
        "GET /first", kind=SpanKind.SERVER, attributes={"case.id": CASE}
    ) as first:
        first.set_attributes({"tags": ["a", "b"], "count": 3, "share": 0.5, "is_late": True})
    links = [Link(first.get_span_context(), {"case.link.reason": "previous_leg"})]
    with tracer.start_as_current_span(
        "<script>alert(1)</script>", links=links, attributes={"case.id": CASE}
    ) as second:
        second.set_status(Status(StatusCode.ERROR, "no <b>answer</b>"))
        second.add_event("exception", {"exception.type": "Timeout"})
    provider.shutdown()

    one, two = running.spans(case_id=CASE)
    assert (one["name"], one["kind"], one["service"], one["status"]) == (
        "GET /first",
        "SERVER",
        "routing",
        "UNSET",
    )
    assert one["attributes"] == {
        "case.id": CASE,
        "tags": ["a", "b"],
        "count": 3,
        "share": 0.5,
        "is_late": True,
    }
    assert one["scope"] == {
        "name": "ciclo",
        "version": "0.1.0",
        "schema_url": "https://opentelemetry.io/schemas/1.44.0",
    }
    assert one["trace_id"] == f"{first.get_span_context().trace_id:032x}"
    assert one["end_ns"] >= one["start_ns"] > 0
    assert one["parent_span_id"] == ""
    assert two["links"] == [
        {
            "trace_id": one["trace_id"],
            "span_id": one["span_id"],
            "attributes": {"case.link.reason": "previous_leg"},
        }
    ]
    assert (two["status"], two["status_message"]) == ("ERROR", "no <b>answer</b>")
    assert two["events"][0]["attributes"] == {"exception.type": "Timeout"}
    assert running.spans(trace_id=two["trace_id"]) == [two]

    pages = [client.get(path).text for path in ("/", f"/cases/{CASE}", f"/traces/{two['trace_id']}")]
    for page in pages:
        assert CASE in page
        assert "<script" not in page
    assert 'Follows <a href="#leg-1">leg 1</a> (previous_leg)' in pages[1]
    assert "no &lt;b&gt;answer&lt;/b&gt;" in pages[2]


def test_json_is_read_and_gzip_too(running: Sink, client: httpx.Client) -> None:
    value = {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "7"}}]}}
    span = JSON_SPAN | {"kind": 5, "attributes": [{"key": "a", "value": value}], "unknown": 1}
    body = gzip.compress(json.dumps(request(span)).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert client.post("/v1/traces", content=body, headers=headers).json() == {}
    (found,) = running.spans(trace_id=JSON_SPAN["traceId"])
    assert (found["service"], found["kind"], found["attributes"]) == ("hand", "CONSUMER", {"a": {"n": 7}})


def test_a_span_without_valid_ids_is_counted_and_the_others_are_kept(
    running: Sink, client: httpx.Client
) -> None:
    bad, good = JSON_SPAN | {"spanId": "00" * 8}, JSON_SPAN | {"traceId": "ab" * 16}
    answer = client.post("/v1/traces", json=request(bad, good))
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    assert len(running.spans(trace_id="ab" * 16)) == 1


BODIES: dict[str, tuple[bytes, str, str, int]] = {
    "no protobuf": (b"\xff" * 40, "application/x-protobuf", "", 400),
    "no JSON": (b"{", "application/json", "", 400),
    "a JSON list": (b"[]", "application/json", "", 400),
    "a number for spans": (json.dumps({"resourceSpans": 3}).encode(), "application/json", "", 400),
    "an id that is no text": (
        json.dumps(request(JSON_SPAN | {"spanId": 4})).encode(),
        "application/json",
        "",
        400,
    ),
    "an id that is no hex": (
        json.dumps(request(JSON_SPAN | {"spanId": "x"})).encode(),
        "application/json",
        "",
        400,
    ),
    "bytes that are no text": (b"\xff\xfe", "application/json", "", 400),
    "deep JSON": (b"[" * 100_000, "application/json", "", 400),
    "no gzip": (b"plain", "application/json", "gzip", 400),
    "half a gzip": (gzip.compress(b"{}")[:10], "application/json", "gzip", 400),
    "an unknown packing": (b"{}", "application/json", "br", 400),
    "a text": (b"hello", "text/plain", "", 415),
    "too much": (b" " * (16 * 1024 * 1024 + 1), "application/json", "", 413),
    "a bomb": (gzip.compress(b" " * (64 * 1024 * 1024)), "application/json", "gzip", 413),
}


@pytest.mark.parametrize("what", BODIES)
def test_what_cannot_be_read_is_refused_and_the_sink_goes_on(client: httpx.Client, what: str) -> None:
    body, kind, packed, status = BODIES[what]
    headers = {"content-type": kind} | ({"content-encoding": packed} if packed else {})
    assert client.post("/v1/traces", content=body, headers=headers).status_code == status
    assert client.get("/healthz").status_code == 200


def test_what_is_not_there_is_said_so(client: httpx.Client) -> None:
    for path in ("/traces/abc", "/cases/abc"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Nothing here" in answer.text
    assert client.get("/api/spans?case_id=abc").json() == []


def test_a_port_that_is_taken_is_named(
    running: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = running.url.rpartition(":")[2]
    monkeypatch.setenv("CICLO_TRACES_PORT", port)
    with pytest.raises(Exception, match=re.escape(f"port {port}")), sink(tmp_path):
        pass
