from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from ciclo_schemas.cases import CaseHumanRequested
from ciclo_schemas.routing import PromiseBroken, PromiseKind
from ciclo_schemas.values import Channel
from deploy.metrics_reference import metrics_of
from services.chassis import metrics
from services.chassis.counting import batch_applied, events_published
from services.chassis.decider import Origin
from services.chassis.definition import Measures
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.meters import OTHER, REGISTRY, Label, Meter, exemplar
from services.chassis.meters import counter as declare
from services.chassis.scraping import OPENMETRICS, exposition
from services.routing.metrics import MEASURES

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{SPAN}-01"

HOSTILE = ("", '"}\n# EOF\n', "María Pérez", "\x00", "x" * 10_000, "ES91 2100 0418 4502 0005 1332", OTHER)

Series = dict[tuple[str, tuple[str, ...]], float]


def _scraped(parts: dict[str, bool] | None = None) -> Series:
    text = bytes(exposition(parts or {}, "").body).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items(), reverse=True))): sample.value
        for family in read_text(text)
        for sample in family.samples
    }


def _event(late: timedelta, traceparent: str = SAMPLED) -> Input:
    said = CaseHumanRequested(channel=Channel.WEB, reported_at=NOW)
    return Input(
        new_id(),
        Origin.EVENT,
        said.event_type,
        new_id(),
        said,
        "{}",
        time=NOW - late,
        traceparent=traceparent,
    )


@pytest.fixture
def declared() -> Iterator[Meter[Counter]]:
    """A counter of this test alone."""
    meter = declare("ciclo_test_things", "Things", Label("word", bound="the test"), unit="things", most=3)
    yield meter
    REGISTRY.unregister(meter._made)
    metrics.HTTP_SECONDS.clear()


def test_every_input_is_counted_by_how_it_came_and_what_became_of_it() -> None:
    before = _scraped()
    one = Input(new_id(), Origin.TIMER, "PromiseDue", new_id(), None, "{}")
    outcomes = [Outcome(Fate.APPLIED), Outcome(Fate.GONE), Outcome(Fate.APPLIED)]
    batch_applied([one, one, one], outcomes, 0.02, released=[one])
    after = _scraped()
    for fate, count in (("applied", 2), ("gone", 1), ("released", 1)):
        key = ("ciclo_inputs_total", ("timer", fate))
        assert after[key] - before[key] == count
    assert after["ciclo_batch_seconds_count", ()] - before["ciclo_batch_seconds_count", ()] == 1


def test_the_time_from_an_event_to_its_decision_counts_waits_and_leads_to_the_slowest_trace() -> None:
    topic = CaseHumanRequested.topic
    before = _scraped().get(("ciclo_event_delivery_seconds_count", (topic,)), 0)
    waited = _event(timedelta(minutes=4))
    inputs = [_event(timedelta(seconds=1), f"00-{'1' * 32}-{'2' * 16}-01"), _event(timedelta(seconds=2))]
    outcomes = [Outcome(Fate.APPLIED), Outcome(Fate.DUPLICATE)]
    batch_applied(inputs, outcomes, 0.01, released=[waited], now=NOW)
    assert _scraped()["ciclo_event_delivery_seconds_count", (topic,)] - before == 2
    text = bytes(exposition({}, OPENMETRICS).body).decode()
    exemplars = [
        (sample.exemplar.labels, sample.exemplar.value)
        for family in read_openmetrics(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.name == "ciclo_event_delivery_seconds_bucket" and sample.exemplar
    ]
    assert ({"trace_id": TRACE, "span_id": SPAN}, 240.0) in exemplars
    assert "1" * 32 not in {labels["trace_id"] for labels, _ in exemplars}


def test_a_context_that_is_not_sampled_leads_nowhere() -> None:
    assert exemplar(SAMPLED) == {"trace_id": TRACE, "span_id": SPAN}
    assert exemplar(f"{SAMPLED[:-2]}02") is None
    assert exemplar(None) is None


def test_whatever_is_sent_the_number_of_series_stays_under_its_ceiling(declared: Meter[Counter]) -> None:
    for word in [*HOSTILE, *(str(new_id()) for _ in range(10_000))]:
        declared.at(word).inc()
        metrics.INPUTS.at(word, "applied").inc(0)
        metrics.HTTP_SECONDS.at(word, word, word, word, word).observe(0)
        batch_applied([_event(timedelta())], [Outcome(Fate.APPLIED)], 0, now=NOW)
    counted: dict[str, int] = {}
    for family in REGISTRY.collect():
        counted[family.name] = len(family.samples)
    for metric in [*metrics_of("chassis"), declared.metric]:
        assert counted[metric.name] <= metric.ceiling, metric.name
    assert counted["ciclo_test_things"] == 4
    series = _scraped()
    assert series["ciclo_inputs_total", (OTHER, "applied")] == 0
    assert series["ciclo_test_things_total", (OTHER,)] == 10_000 + len(HOSTILE) - 3


def test_what_a_service_published_is_counted_and_what_cannot_be_counted_harms_nobody() -> None:
    broken = PromiseBroken(promise_no=1, kind=PromiseKind.REPAIR, due=NOW)
    other = CaseHumanRequested(channel=Channel.WEB, reported_at=NOW)

    def fail(_event: PromiseBroken) -> None:
        raise KeyError("a bug")

    key = ("ciclo_promises_broken_total", ("repair",))
    before = _scraped()[key]
    events_published(MEASURES, [broken, other, broken])
    events_published(Measures({PromiseBroken: fail}), [broken])
    events_published(None, [broken])
    assert _scraped()[key] - before == 2


def test_the_parts_that_have_a_problem_stand_out() -> None:
    scraped = _scraped({"relay": True, "consumer": False})
    assert scraped["ciclo_part_problem", ("relay",)] == 1
    assert scraped["ciclo_part_problem", ("consumer",)] == 0


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4",
            "application/openmetrics",
        ),
        ("application/openmetrics-text; version=../../etc; escaping=\x00", "application/openmetrics"),
    ],
)
def test_a_scraper_gets_the_format_that_it_takes(accept: str, kind: str) -> None:
    assert exposition({}, accept).headers["Content-Type"].startswith(kind)
