"""The way of spans to a collector: it may be well, away, refuse, hang or be slow, and never be in the way."""

import asyncio
import gzip
import sys
import threading
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.trace import SpanKind

from deploy.embedded import Servers
from services.chassis.dead_letter_arguments import dead_letter_arguments
from services.chassis.dead_letter_commands import dead_letters
from services.chassis.ids import new_id
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import new_traceparent, trace_id
from services.chassis.telemetry.exporting import FLUSH_S, Tracing, tracing_of
from services.chassis.telemetry.spans import Span
from tests.conftest import NewDatabase
from tests.integration.chassis.test_app import replica
from tests.support.engine_world import World, event, information_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Collector(ThreadingHTTPServer):
    """Takes what it is sent, or answers with another status."""

    daemon_threads = True

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.received: list[ResourceSpans] = []
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.server.status == 200:
            self.server.received += ExportTraceServiceRequest.FromString(body).resource_spans
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    server = Collector(status)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@asynccontextmanager
async def hanging() -> AsyncIterator[str]:
    """A collector that takes connections and never answers."""
    silent = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        silent.set()
        server.close()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)


def a_span(context: str | None = None) -> Span:
    span = Span("work", SpanKind.INTERNAL, context or new_traceparent(), None, 1_000, 2_000)
    span.attributes[semconv.CASE_ID] = "a case"
    return span


async def test_a_collector_gets_the_spans_with_who_told_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.version=7")
        tracing, span = tracing_of("warranty", "1.2.3"), a_span()
        tracing.emit([span])
        await tracing.stop(10)
        [told] = server.received
    who = {one.key: one.value.string_value for one in told.resource.attributes}
    assert (who["service.name"], who["service.namespace"], who["service.version"]) == (
        "warranty",
        "ciclo",
        "7",
    )
    assert who["deployment.environment.name"] == "test"
    assert who["service.instance.id"]
    [scoped] = told.scope_spans
    assert (scoped.scope.name, scoped.schema_url) == (semconv.SCOPE, semconv.SCHEMA_URL)
    assert [one.trace_id.hex() for one in scoped.spans] == [trace_id(span.traceparent)]
    assert server.paths == ["/v1/traces"]
    assert not tracing.dropped


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, False),
    ],
)
async def test_the_standard_variables_switch_tracing_on_and_off(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], on: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tracing = tracing_of("warranty", "")
    assert tracing.on is on
    await tracing.stop(1)


@pytest.mark.parametrize(("sampler", "flags"), [("parentbased_always_off", "00"), ("always_on", "01")])
async def test_the_standard_sampler_decides_where_a_leg_begins(
    monkeypatch: pytest.MonkeyPatch, sampler: str, flags: str
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    tracing = tracing_of("warranty", "")
    assert tracing.new_leg("decide Add")[-2:] == flags
    await tracing.stop(1)


async def test_half_of_the_legs_are_recorded_if_the_ratio_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    tracing = tracing_of("warranty", "")
    recorded = sum(tracing.records(tracing.new_leg("x")) for _ in range(2_000))
    assert 850 < recorded < 1_150, "six standard deviations"
    await tracing.stop(1)


async def test_a_collector_that_hangs_does_not_hold_up_the_end_of_a_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hanging() as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        tracing = tracing_of("warranty", "")
        began = monotonic()
        tracing.emit(a_span() for _ in range(10))
        assert monotonic() - began < 1, "nobody waits for the collector"
        await tracing.stop(0.3)
        assert monotonic() - began < 2
    assert tracing.dropped == {"shutdown": 10}


async def test_a_service_waits_for_its_collector_no_longer_than_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hanging() as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        tracing = tracing_of("warranty", "")
        tracing.emit([a_span()])
        began = monotonic()
        await tracing.stop(60)
        assert FLUSH_S <= monotonic() - began < FLUSH_S + 2


async def test_spans_that_a_collector_refuses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector(status=400) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        tracing = tracing_of("warranty", "")
        tracing.emit(a_span() for _ in range(7))
        await tracing.stop(10)
    assert tracing.dropped == {"export_failed": 7}


async def test_spans_that_the_queue_cannot_hold_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "50")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "50")
    async with hanging() as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        tracing = tracing_of("warranty", "")
        for _ in range(200):
            tracing.emit([a_span()])
        lost = tracing.dropped["queue_full"]
        assert 100 <= lost <= 150, "at most one batch is with the collector, another one waits"
        await tracing.stop(0.1)
    assert tracing.dropped == {"queue_full": lost, "shutdown": 200 - lost}


class Quick:
    """An exporter that takes everything at once: the queue is emptied while it is filled."""

    spans = 0

    def export(self, spans: Sequence[Span]) -> bool:
        self.spans += len(spans)
        return True

    def shutdown(self) -> None:
        """Nothing."""


@contextmanager
def threads_taking_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def test_each_span_is_either_sent_or_counted_as_lost_while_the_queue_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "50")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")
    sent, emitted = Quick(), 0
    tracing = Tracing(sent)
    with threads_taking_turns_often():
        while tracing.dropped["queue_full"] < 100:
            tracing.emit([a_span()] * 1_000)
            emitted += 1_000
        await tracing.stop(10)
    assert sent.spans + tracing.dropped["queue_full"] == emitted


async def test_a_service_ends_in_time_with_nothing_cut_though_its_collector_hangs(
    database: NewDatabase, servers: Servers
) -> None:
    async with (
        hanging() as collector_url,
        replica(
            await database("chassis"), servers.kafka, OTEL_EXPORTER_OTLP_ENDPOINT=collector_url
        ) as service,
    ):
        api = (await service.logged("started"))["http"]
        async with httpx.AsyncClient() as client:
            assert (await client.post(f"http://{api}/counters/{new_id()}")).status_code == 200
        began = monotonic()
        service.process.terminate()
        assert await service.ended() == 0
        assert monotonic() - began < FLUSH_S + 5
    lost = next(line for line in service.lines if line["event"] == "spans_lost")
    assert lost["shutdown"] >= 1, "the request"


async def test_what_an_operator_redrives_is_told_by_his_command_too(
    url: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.engine.apply([event(1, "intake", 1, information_of("slot", "boom"))])
    with collector() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        redrive = ["redrive", "--reason", "a test", "--by", "ana"]
        parser = ArgumentParser()
        dead_letter_arguments(parser)
        await dead_letters(world.engine.definition, url, parser.parse_args(redrive))
    told = [span for whole in server.received for scope in whole.scope_spans for span in scope.spans]
    [process] = [span for span in told if span.name.startswith("process")]
    assert (process.parent_span_id, len(process.links)) == (b"", 1)
    assert process.links[0].attributes[0].value.string_value == "redrive"


async def test_without_an_exporter_nothing_is_told_and_legs_begin_all_the_same() -> None:
    tracing = Tracing()
    tracing.emit([a_span()])
    assert tracing.new_leg("x")[-2:] == "01"
    assert (tracing.on, dict(tracing.dropped), tracing.problem()) == (False, {}, None)
    await tracing.stop(1)
