"""Trace contexts as W3C Trace Context writes them."""

import asyncio

import pytest

from services.chassis.telemetry.context import (
    child_of,
    current_traceparent,
    is_sampled,
    is_traceparent,
    new_traceparent,
    trace_id,
    trace_of,
    traced,
)

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_new_trace_is_valid_and_like_no_other() -> None:
    traces = {new_traceparent() for _ in range(1000)}
    assert len(traces) == 1000
    assert all(is_traceparent(trace) for trace in traces)


def test_a_child_is_another_span_of_the_same_trace() -> None:
    children = {child_of(GIVEN) for _ in range(1000)}
    assert len(children) == 1000
    assert all(is_traceparent(child) and trace_id(child) == trace_id(GIVEN) for child in children)


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_a_child_is_recorded_if_its_parent_is(flags: str) -> None:
    parent = f"{GIVEN[:-2]}{flags}"
    assert is_sampled(child_of(parent)) == is_sampled(parent) == (flags != "00")


def test_a_given_context_is_current_in_its_block_and_nowhere_else() -> None:
    with traced(GIVEN):
        assert current_traceparent() == GIVEN
        assert trace_of(GIVEN) == {"trace_id": GIVEN[3:35], "span_id": GIVEN[36:52]}
    assert current_traceparent() is None


@pytest.mark.parametrize(
    "invalid",
    [
        "",
        "nonsense",
        GIVEN.upper(),
        f"01{GIVEN[2:]}",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
        f"{GIVEN}-x",
    ],
)
def test_what_is_no_context_is_not_taken_for_one(invalid: str) -> None:
    assert not is_traceparent(invalid)
    assert trace_of(invalid) == {}


async def test_requests_at_the_same_time_do_not_mix_their_traces() -> None:
    async def request(trace: str) -> str | None:
        with traced(trace):
            await asyncio.sleep(0)
            return current_traceparent()

    traces = [new_traceparent() for _ in range(50)]
    assert await asyncio.gather(*(request(trace) for trace in traces)) == traces
