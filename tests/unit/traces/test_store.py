"""What the sink keeps, and what it forgets first."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.traces.spans import Span, SpanKey
from deploy.traces.store import BYTES_A_SPAN, Store
from tests.support.made_spans import CASE, link, received, small_case, span

numbers = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 3)), max_size=60)


def test_a_case_is_its_traces_and_what_links_to_them_from_traces_of_their_own() -> None:
    store = Store(100)
    stranger = span("send ciclo.routing.v1", "CLIENT", trace=8, number=80, case=None)
    other = span("decide Other", trace=7, number=70, case="another", links=[link(small_case()[0], "fan_out")])
    child = span("SELECT", "CLIENT", below=small_case()[-1], number=71, case=None)
    store.add(received(*small_case(), stranger, other, child))
    assert {one.key for one in store.case(CASE)} == {one.key for one in [*small_case(), child]}
    assert store.case("nobody's") == []
    assert store.cases() == [CASE, "another"]


def test_a_span_that_is_sent_again_is_kept_once() -> None:
    store = Store(100)
    store.add(received(*small_case(), *small_case()))
    assert len(store) == len(small_case())
    assert store.dropped == 0


def test_large_spans_make_room_by_their_size() -> None:
    store = Store(10)
    store.add(received(*(span("large", number=n) for n in range(1, 10)), size=2 * BYTES_A_SPAN))
    assert len(store) == 5
    assert store.dropped == 4
    store.add(received(span("too large for all", number=99), size=11 * BYTES_A_SPAN))
    assert len(store) == 0


@given(numbers, st.integers(1, 12))
def test_the_latest_spans_are_kept_and_nothing_else_is_remembered(
    made: list[tuple[int, int, int]], limit: int
) -> None:
    store = Store(limit)
    spans: dict[SpanKey, Span] = {}
    for trace, number, case in made:
        one = span("x", trace=trace, number=number, case=str(case), links=[link(span("y", number=5), "z")])
        store.add(received(one))
        if one.key not in {kept.key for kept in list(spans.values())[-limit:]}:
            spans.pop(one.key, None)
            spans[one.key] = one
    kept = list(spans.values())[-limit:]
    assert store.everything() == kept
    for case in (1, 2, 3):
        traces = {one.trace_id for one in kept if one.case_id == str(case)}
        assert {one.key for one in store.case(str(case))} == {
            one.key for one in kept if one.trace_id in traces
        }
    fresh = Store(100)
    fresh.add(received(*kept))
    assert set(store.cases()) == set(fresh.cases())
    assert set(store.traces()) == set(fresh.traces())
    assert store._linking == fresh._linking
