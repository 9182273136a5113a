"""What Prometheus gets from a running service, and from one whose servers are away."""

import asyncio
import math
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from prometheus_client.samples import Sample

from deploy.embedded import Servers
from deploy.embedded.ports import free_port
from deploy.metrics_reference import SERVICES, metrics_of
from services.chassis import metrics
from services.chassis.app import App
from services.chassis.clock import seconds, utc_now
from services.chassis.meters import Kind, Meter, Metric
from services.chassis.scraping import OPENMETRICS, PATIENCE_S
from services.routing.app import definition
from services.routing.settings import RoutingSettings
from tests.conftest import NewDatabase
from tests.drills.proxy import Proxy
from tests.integration.routing.service import Routing
from tests.support.running import TRACEPARENT, common
from tests.unit.routing import world as on

WORDS = "mi smart tv no abre youtube: network problem"
RARE = {"db_client_connection_timeouts", "ciclo_effects_owed", "ciclo_effects_overdue_oldest_seconds"}
"""What is shown only while there is one."""


@pytest.fixture(autouse=True, scope="module")
def room() -> None:
    """Forget the topics of other tests in this process: a service has room for its own alone."""
    for meter in vars(metrics).values():
        if isinstance(meter, Meter) and not all(label.values for label in meter.metric.labels):
            meter.clear()


async def _scraped(port: int, accept: str = OPENMETRICS) -> list[Sample]:
    async with httpx.AsyncClient(timeout=PATIENCE_S + 5) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(accept)
    read = read_openmetrics if accept == OPENMETRICS else read_text
    return [sample for family in read(answer.text) for sample in family.samples]


def _value(samples: list[Sample], name: str, **labels: str) -> float | None:
    """The sum of what is shown under a name and these labels, whatever others there are; None: nothing is."""
    found = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    return sum(found) if found else None


def _names(metric: Metric) -> list[str]:
    if metric.kind is Kind.HISTOGRAM:
        return [metric.name + part for part in ("_bucket", "_count", "_sum")]
    return [metric.shown_as]


async def _work(routing: Routing) -> None:
    case = await routing.opens(WORDS)
    await routing.says(case, 3)
    assert (await routing.post(case, "take")).is_success
    await routing.tell(case, "intake", on.human())
    await routing.quiet()


async def test_every_metric_that_is_declared_is_shown_as_declared_in_both_formats(routing: Routing) -> None:
    await _work(routing)
    await _scraped(routing.admin_port)  # what a scrape costs is known from the second on
    declared = [metric for module in ("chassis", *SERVICES) for metric in metrics_of(module)]
    for accept in (OPENMETRICS, "text/plain"):
        samples = await _scraped(routing.admin_port, accept)
        shown: dict[str, set[str]] = {}
        for sample in samples:
            shown.setdefault(sample.name, set()).update(set(sample.labels) - {"le"})
        for metric in declared:
            if metric.name not in RARE:
                for name in _names(metric):
                    assert shown.get(name) == {label.name for label in metric.labels}, name


async def test_the_numbers_follow_what_the_service_does(routing: Routing) -> None:
    before = await _scraped(routing.admin_port)
    await _work(routing)
    after = await _scraped(routing.admin_port)

    def more(name: str, **labels: str) -> float:
        return (_value(after, name, **labels) or 0) - (_value(before, name, **labels) or 0)

    cases, own = "ciclo.cases.v1", "ciclo.routing.v1"
    assert more("messaging_client_consumed_messages_total", messaging_destination_name=cases) == 2
    assert more("ciclo_event_delivery_seconds_count", messaging_destination_name=cases) == 2
    assert more("messaging_process_duration_seconds_count", messaging_destination_name=cases) >= 1
    assert more("messaging_client_sent_messages_total", messaging_destination_name=own, error_type="") >= 3
    assert more("ciclo_promises_made_total") >= 1
    assert more("ciclo_cases_classified_total", category="online_support") == 1
    taken = {"http_route": "/v1/cases/{case_id}/take", "http_response_status_code": "200"}
    assert more("http_server_request_duration_seconds_count", http_request_method="POST", **taken) == 1
    assert more("ciclo_cases_open") == 1
    assert more("db_client_operation_duration_seconds_count", db_query_summary="SELECT aggregates") >= 1
    assert more("db_client_connection_wait_time_seconds_count") >= 3
    assert _value(after, "ciclo_consumer_lag_messages", messaging_destination_name=cases) == 0
    assert (_value(after, "ciclo_promises_next_due_seconds") or 0) > 0
    traces = {
        one.exemplar.labels["trace_id"]
        for one in after
        if one.name == "ciclo_event_delivery_seconds_bucket" and one.exemplar is not None
    }
    assert TRACEPARENT.split("-")[1] in traces


async def test_records_that_cannot_be_applied_are_told_by_number_and_age(routing: Routing) -> None:
    async def behind() -> tuple[float, float]:
        samples = await _scraped(routing.admin_port)
        of_cases = {"messaging_destination_name": "ciclo.cases.v1"}
        found = [
            _value(samples, f"ciclo_consumer_lag_{unit}", **of_cases) for unit in ("messages", "seconds")
        ]
        return (found[0] or 0, found[1] or 0)

    async with asyncio.timeout(30):
        async with routing.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE aggregates")
            began = seconds()
            await routing.opens(WORDS)
            while (first := await behind())[0] != 1:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            assert (await behind())[1] > first[1]
        while await behind() != (0, 0):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        progress = _value(
            await _scraped(routing.admin_port), "ciclo_consumer_last_progress_timestamp_seconds"
        )
        assert utc_now().timestamp() - (progress or 0) <= seconds() - began


@pytest.fixture
async def line(servers: Servers) -> AsyncIterator[Proxy]:
    """A line to PostgreSQL that can fall silent."""
    proxy = Proxy(free_port(), urlsplit(servers.postgres).port or 5432)
    await proxy.start()
    yield proxy
    await proxy.heal()
    await proxy.stop()


async def test_while_the_servers_are_away_the_rest_is_shown_soon(line: Proxy, database: NewDatabase) -> None:
    url = urlsplit(await database("routing"))
    login = url.netloc.rpartition("@")[0]
    through = url._replace(netloc=f"{login}@127.0.0.1:{line.port}").geturl()
    settings = RoutingSettings(**common(through, f"127.0.0.1:{free_port()}"), intake_url="http://127.0.0.1:1")
    app = App(definition(settings), settings)
    try:
        await app.start()
        known = await _scraped(app.admin_port)
        assert _value(known, "ciclo_scrape_source_up") == 2
        assert _value(known, "ciclo_outbox_events") == 0
        line.silence()
        for _ in range(2):
            began = seconds()
            away = await _scraped(app.admin_port)
            assert seconds() - began < PATIENCE_S + 3
            assert _value(away, "ciclo_scrape_source_up") == 0
            assert math.isnan(_value(away, "ciclo_outbox_events") or 0)
            assert _value(away, "ciclo_parked_inputs") is None
            assert _value(away, "ciclo_build_info", service="routing") == 1
            assert _value(away, "ciclo_part_problem", part="consumer") == 1
        await line.heal()
        async with asyncio.timeout(30):
            while _value(await _scraped(app.admin_port), "ciclo_outbox_events") != 0:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        await app.stop()
