"""What spans form together."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from deploy.traces.axis import Axis
from deploy.traces.graph import components, legs, links_between, tree
from deploy.traces.spans import Link, Span
from deploy.traces.words import duration, events
from tests.support.made_spans import DAY, MILLI, SECOND, link, small_case, span


def test_parents_and_links_hold_a_case_together_across_weeks() -> None:
    assert [len(part) for part in components(small_case())] == [5]


def test_a_case_without_the_link_to_its_previous_leg_falls_apart() -> None:
    *before, again = small_case()
    assert [len(part) for part in components([*before, replace(again, links=())])] == [4, 1]


def test_legs_are_counted_by_time_and_the_wait_between_them_is_known() -> None:
    first, second = legs(one for one in reversed(small_case()) if one.case_id)
    assert (first.number, first.gap_ns, first.first.name) == (1, None, "POST /v1/cases")
    assert (second.number, second.gap_ns) == (2, 21 * DAY - 55 * MILLI)
    assert first.services == ["intake", "routing"]
    assert [(a.number, b.number, at.reason) for a, b, at in links_between([first, second])] == [
        (2, 1, "previous_leg")
    ]


def test_legs_that_overlap_have_no_wait_between_them() -> None:
    long, short = span("long", trace=1, number=1, takes=SECOND), span("short", trace=2, number=2, at=MILLI)
    after = span("after", trace=3, number=3, at=SECOND + MILLI)
    assert [leg.gap_ns for leg in legs([short, after, long])] == [None, None, MILLI]


def test_a_trace_is_shown_as_a_tree_even_if_parts_are_missing_or_go_in_circles() -> None:
    root = span("root", number=1)
    late, early = span("late", below=root, number=2, at=9), span("early", below=root, number=3, at=1)
    below = span("below", below=early, number=4, at=2)
    orphan = span("orphan", below=span("lost", number=99), number=5, at=20)
    ring = [span("a", below=span("", number=7), number=6), span("b", below=span("", number=6), number=7)]
    shown = [(placed.span.name, placed.depth) for placed in tree([orphan, *ring, below, late, early, root])]
    assert shown[:5] == [("root", 0), ("early", 1), ("below", 2), ("late", 1), ("orphan", 0)]
    assert set(shown[5:]) == {("a", 0), ("b", 0)}


times = st.lists(st.tuples(st.integers(0, 10**15), st.integers(0, 10**12)), min_size=1, max_size=30)


@given(times)
def test_on_the_axis_later_is_never_left_of_earlier_and_all_of_it_has_room(
    made: list[tuple[int, int]],
) -> None:
    busy = [(start, start + takes) for start, takes in made]
    axis = Axis(busy)
    moments = sorted(moment for piece in busy for moment in piece)
    places = [axis.at(moment) for moment in moments]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 1.000_001


def test_three_weeks_of_waiting_leave_room_for_what_happened() -> None:
    spans: list[Span] = small_case()
    axis = Axis((one.start_ns, one.end_ns) for one in spans)
    (wait,) = [piece for piece in axis.pieces if piece.is_wait]
    assert duration(wait.end_ns - wait.start_ns) == "20 d 23 h"
    assert wait.right - wait.left < 0.05
    assert link(spans[0], "message").reason == "message"


def test_durations_are_said_in_units_that_fit() -> None:
    said = [duration(ns) for ns in (850_000, 12_345_678, 4_200_000_000, 303 * SECOND, 7_500 * SECOND)]
    assert said == ["850 µs", "12.3 ms", "4.20 s", "5 min 3 s", "2 h 5 min"]


def test_a_span_says_in_short_what_it_heard_and_what_came_of_it() -> None:
    heard = {"ciclo.event.type": "ciclo.case.opened.v1"}
    alone = span("process", number=1, more=heard | {"ciclo.created.types": ["ciclo.promise.made.v1"] * 2})
    assert events(alone) == "case.opened → promise.made"
    linked = Link("1", "2", heard), Link("1", "2", {"ciclo.event.type": "ciclo.promise.kept.v12"})
    assert events(span("process", number=1, links=linked)) == "case.opened, promise.kept"
    assert events(span("timer", number=1)) == ""
