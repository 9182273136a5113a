"""The judges of spans themselves: a fault planted into what good cases told is found, and named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from deploy.traces.spans import Span
from tests.journeys.conftest import Played
from tests.journeys.traced import Traced
from tests.support.traces import Told

pytestmark = pytest.mark.timeout(240)

STORY = "Guarantee: repair chosen"
Plant = Callable[[Span], list[Span]]
"""What is told instead of a good span."""


def nothing(_good: Span) -> list[Span]:
    """It is lost."""
    return []


def twice(good: Span) -> list[Span]:
    """It is told again, as if it had been done again."""
    return [good, replace(good, span_id="f" * 16)]


def with_(**fields: Any) -> Plant:
    """It is told otherwise."""
    return lambda good: [replace(good, **fields)]


def saying(name: str, value: Any) -> Plant:
    """It says something else."""
    return lambda good: [replace(good, attributes=good.attributes | {name: value})]


def is_(name: str, service: str = "", event: str = "") -> Callable[[Span], bool]:
    """The first span of this name, service and type of event."""
    return lambda span: span.name == name and service in ("", span.service) and event in ("", *_types(span))


def _types(span: Span) -> Iterator[str]:
    """The types of the events that it processed or created."""
    for said in (span.attributes, *(link.attributes for link in span.links)):
        yield said.get("ciclo.event.type", "")
    yield from span.attributes.get("ciclo.created.types", ())


REPAIRED, REPORTED = "ciclo.repair.completed.v1", "process ciclo.inbound.workshops.v1"
FAULTS: list[tuple[Callable[[Span], bool], Plant, str]] = [
    (is_(REPORTED, event=REPAIRED), nothing, "no span has its context"),
    (is_(REPORTED, event=REPAIRED), twice, "is created 2 times"),
    (is_(REPORTED, event=REPAIRED), with_(service="routing"), "told by routing"),
    (is_(REPORTED, event=REPAIRED), saying("ciclo.created.ids", ["0" * 8]), "which is not in Kafka"),
    (
        is_("process ciclo.warranty.v1", "routing", REPAIRED),
        nothing,
        "routing tells 0 times that it decided on it, not 1",
    ),
    (
        is_("process ciclo.warranty.v1", "notifications", REPAIRED),
        twice,
        "notifications tells 2 times that it decided on it, not 1",
    ),
    (is_("process ciclo.routing.v1", "intake"), with_(links=(), parent_span_id=""), "parts"),
    (is_("POST /v1/cases/{case_id}/remedy-choice"), nothing, "is not there"),
    (is_("POST /v1/cases/{case_id}/remedy-choice"), saying("http.target", "/x"), "http.target is deprecated"),
]


@pytest.mark.parametrize(("which", "plant", "complaint"), FAULTS, ids=[what for *_, what in FAULTS])
def test_a_fault_among_good_spans_is_found(
    played: Played, which: Callable[[Span], bool], plant: Plant, complaint: str
) -> None:
    traced, (case,) = played.evidence.traced, played.evidence.cases[STORY]
    of_case = traced.told.case(case).own
    good = next(span for span in of_case if which(span))
    spans = [told for span in traced.told.spans for told in (plant(span) if span is good else [span])]
    found = replace(traced, told=Told(spans)).faults([case])
    assert complaint in "\n".join(found)


def test_an_event_that_the_timeline_does_not_have_under_its_trace_is_found(played: Played) -> None:
    traced, (case,) = played.evidence.traced, played.evidence.cases[STORY]
    forgotten = Traced(traced.told, traced.wire, {})
    assert "its context in the timeline is None" in forgotten.faults([case])[0]


@pytest.mark.parametrize("where", ["span", "metrics"])
@pytest.mark.parametrize("what", ["a name", "a word", "a key", "a serial number"])
def test_what_is_a_customers_is_found_in_spans_and_metrics(played: Played, where: str, what: str) -> None:
    canaries = played.evidence.canaries
    planted = {
        "a name": "Lucía",
        "a word": "freidora",
        "a key": f"/c/{next(iter(canaries.keys))}",
        "a serial number": next(iter(canaries.serials)),
    }[what]
    good = played.evidence.traced.told.spans[0]
    spans = [replace(good, status_message=f"no answer about {planted}")] if where == "span" else []
    metrics = {"intake": f'cases{{stage="{planted}"}} 1'} if where == "metrics" else {}
    assert list(canaries.seen({"lucia", "freidora"}, spans, metrics)) != []
    assert list(canaries.seen({"lucia", "freidora"}, [good], {"intake": 'cases{stage="open"} 1'})) == []
