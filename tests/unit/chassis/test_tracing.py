import asyncio

import pytest

from services.chassis.tracing import current_traceparent, is_traceparent, new_traceparent, trace_of, traced

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_new_trace_is_valid_and_like_no_other() -> None:
    traces = {new_traceparent() for _ in range(1000)}
    assert len(traces) == 1000
    assert all(is_traceparent(trace) for trace in traces)


def test_a_given_context_is_current_in_its_block_and_nowhere_else() -> None:
    with traced(GIVEN) as given:
        assert (given, current_traceparent()) == (GIVEN, GIVEN)
        assert trace_of(given) == {"trace_id": GIVEN[3:35], "span_id": GIVEN[36:52]}
    assert current_traceparent() is None


@pytest.mark.parametrize(
    "invalid",
    [
        None,
        "",
        "nonsense",
        GIVEN.upper(),
        f"01{GIVEN[2:]}",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"{GIVEN}-x",
    ],
)
def test_without_a_valid_context_a_new_trace_begins(invalid: str | None) -> None:
    with traced(invalid) as begun:
        assert begun != invalid
        assert is_traceparent(begun)


async def test_requests_at_the_same_time_do_not_mix_their_traces() -> None:
    async def request(trace: str) -> str | None:
        with traced(trace):
            await asyncio.sleep(0)
            return current_traceparent()

    traces = [new_traceparent() for _ in range(50)]
    assert await asyncio.gather(*(request(trace) for trace in traces)) == traces
