"""The language for journeys: a good case has no faults, and every way to break it is found and named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deploy.traces.spans import Link, Span
from tests.support.made_spans import BEGAN, CASE, SECOND, link, small_case, span
from tests.support.traces import Deaths, Told

AGAIN = "POST /v1/cases/{case_id}/messages"
KILLED = Deaths({"intake": [BEGAN / SECOND + 1]})
Break = Callable[[dict[str, Span]], dict[str, Span]]


def named(spans: list[Span]) -> dict[str, Span]:
    """The spans by their names."""
    return {one.name: one for one in spans}


def without(name: str) -> Break:
    """One span is lost."""
    return lambda spans: {key: one for key, one in spans.items() if key != name}


def changed(name: str, **fields: Any) -> Break:
    """One span is otherwise."""
    return lambda spans: spans | {name: replace(spans[name], **fields)}


BROKEN: list[tuple[Break, str]] = [
    (changed(AGAIN, links=()), "falls into 2 parts"),
    (changed("process ciclo.cases.v1", parent_span_id="f" * 16), "its parent ffffffffffffffff is not there"),
    (without("process ciclo.cases.v1"), "its parent 0000000000000003 is not there"),
    (without("POST /v1/cases"), "its parent 0000000000000001 is not there"),
    (changed(AGAIN, links=(Link("f" * 32, "f" * 16),)), "its link ffffffffffffffff is not there"),
    (changed("effect Classify", attributes={}), "effect Classify: does not name the case"),
    (changed("process ciclo.cases.v1", parent_span_id=""), "a leg with 2 beginnings"),
    (changed("POST /v1/cases", kind="INTERNAL"), "a leg begins with POST /v1/cases"),
]


def test_a_case_that_is_told_well_has_no_faults() -> None:
    case = Told(small_case()).case(CASE)
    assert case.faults() == []
    assert len(case.legs) == 2
    assert case.services == {"intake", "routing"}
    assert [one.name for one in case.shared] == ["send ciclo.cases.v1"]


@pytest.mark.parametrize(("breaking", "complaint"), BROKEN, ids=[complaint for _, complaint in BROKEN])
def test_a_case_that_is_told_badly_is_found(breaking: Break, complaint: str) -> None:
    spans = list(breaking(named(small_case())).values())
    assert complaint in "\n".join(Told(spans).case(CASE).faults())


def test_what_died_with_its_service_is_forgiven_and_nothing_else() -> None:
    lost = list(without("process ciclo.cases.v1")(named(small_case())).values())
    assert Told(lost).case(CASE).faults(KILLED) == []
    loose = list(changed(AGAIN, links=())(named(small_case())).values())
    assert "falls into 2 parts" in Told(loose).case(CASE).faults(KILLED)[0]


def test_a_death_excuses_what_was_done_shortly_before_it() -> None:
    died = KILLED.moments["intake"][0]
    assert KILLED.excuse("intake", died - 1)
    assert not KILLED.excuse("intake", died - 60)
    assert not KILLED.excuse("intake", died + 5)
    assert not KILLED.excuse("routing", died - 1)


def test_a_neighbour_in_the_same_sink_is_not_part_of_the_case() -> None:
    other = span("decide Other", trace=5, number=50, case="another", links=[link(small_case()[0], "fan_out")])
    case = Told([*small_case(), other]).case(CASE)
    assert other not in case.spans
    assert case.faults() == []
