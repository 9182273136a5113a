"""Where a leg of a case begins, and to what it is linked."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.decider import Origin
from services.chassis.inputs import Claim, Input
from services.chassis.telemetry.context import trace_id
from services.chassis.telemetry.legs import LEG_MAX_AGE, Leg, leg_of, leg_of_effect
from services.chassis.telemetry.semconv import Reason

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MESSAGES = (Origin.EVENT, Origin.INBOUND)


def context(trace: int, span: int = 1) -> str:
    return f"00-{trace:032x}-{span:016x}-01"


CAUSE, SAME_TRACE, OTHER = context(1), context(1, 2), context(2)


def an_input(origin: Origin, **but: object) -> Input:
    one = Input(UUID(int=1), origin, "type", UUID(int=2), None, "{}", traceparent=CAUSE)
    for name, value in but.items():
        object.__setattr__(one, name, value)
    return one


@pytest.mark.parametrize("origin", MESSAGES)
def test_a_message_goes_on_with_the_leg_that_created_it_and_is_linked_to_its_creation(origin: Origin) -> None:
    assert leg_of(an_input(origin), None, NOW) == Leg(CAUSE, ((CAUSE, Reason.MESSAGE),))


@pytest.mark.parametrize("origin", [Origin.COMMAND, Origin.RESULT])
def test_a_request_and_the_result_of_a_call_go_on_with_their_leg(origin: Origin) -> None:
    assert leg_of(an_input(origin), None, NOW) == Leg(CAUSE, ())


@pytest.mark.parametrize(
    ("origin", "reason"), [(Origin.TIMER, Reason.TIMER), (Origin.INTERNAL, Reason.FAN_OUT)]
)
def test_a_timer_and_a_change_of_something_else_begin_a_leg(origin: Origin, reason: Reason) -> None:
    leg = leg_of(an_input(origin), SAME_TRACE, NOW)
    assert leg == Leg(None, ((CAUSE, reason), (SAME_TRACE, Reason.PREVIOUS_LEG)))


@pytest.mark.parametrize("origin", MESSAGES)
def test_a_message_is_late_after_a_quarter_of_an_hour(origin: Origin) -> None:
    in_time = leg_of(an_input(origin, time=NOW - LEG_MAX_AGE), None, NOW)
    late = leg_of(an_input(origin, time=NOW - LEG_MAX_AGE - timedelta(seconds=1)), None, NOW)
    assert (in_time.parent, late) == (CAUSE, Leg(None, ((CAUSE, Reason.LATE),)))


def test_a_message_from_a_clock_that_runs_ahead_is_not_late() -> None:
    assert leg_of(an_input(Origin.INBOUND, time=NOW + timedelta(days=1)), None, NOW).parent == CAUSE


def test_a_replayed_event_says_so_rather_than_that_it_is_late() -> None:
    one = an_input(Origin.EVENT, time=NOW - timedelta(days=3), replayed=True)
    assert leg_of(one, None, NOW) == Leg(None, ((CAUSE, Reason.REPLAY),))


@pytest.mark.parametrize("origin", list(Origin))
def test_whatever_an_operator_redrives_begins_a_leg(origin: Origin) -> None:
    one = an_input(origin, claim=Claim("dead_letters", (1,)), time=NOW)
    assert leg_of(one, None, NOW) == Leg(None, ((CAUSE, Reason.REDRIVE),))


def test_what_came_between_in_another_trace_is_the_previous_leg() -> None:
    assert leg_of(an_input(Origin.COMMAND), OTHER, NOW) == Leg(CAUSE, ((OTHER, Reason.PREVIOUS_LEG),))
    assert leg_of(an_input(Origin.COMMAND), SAME_TRACE, NOW) == Leg(CAUSE, ())


def test_what_nobody_traced_begins_a_leg() -> None:
    assert leg_of(an_input(Origin.INBOUND, traceparent=None), OTHER, NOW) == Leg(
        None, ((OTHER, Reason.PREVIOUS_LEG),)
    )


def test_a_call_is_of_the_leg_that_asked_for_it_unless_that_was_long_ago() -> None:
    assert leg_of_effect(CAUSE, LEG_MAX_AGE) == Leg(CAUSE, ())
    assert leg_of_effect(CAUSE, timedelta(hours=1)) == Leg(None, ((CAUSE, Reason.EFFECT),))
    assert leg_of_effect(None, timedelta()) == Leg(None, ())


contexts = st.none() | st.builds(context, st.integers(1, 3), st.integers(1, 3))
inputs = st.builds(
    an_input,
    st.sampled_from(Origin),
    traceparent=contexts,
    time=st.none() | st.just(NOW) | st.just(NOW - timedelta(days=1)),
    replayed=st.booleans(),
    claim=st.none() | st.just(Claim("dead_letters", (1,))) | st.just(Claim("timers", (1,))),
)


@given(inputs, contexts)
def test_a_span_hangs_together_with_its_cause_and_with_what_was_done_before(
    one: Input, previous: str | None
) -> None:
    """So the graph of a case is connected: by its parent or by a link, every span reaches both."""
    leg = leg_of(one, previous, NOW)
    reached = {leg.parent, *(context for context, _ in leg.links)}
    assert one.traceparent is None or one.traceparent in reached
    traces = {trace_id(context) for context in reached if context is not None}
    assert previous is None or trace_id(previous) in traces


@given(inputs, contexts)
def test_a_leg_has_one_reason_to_begin_and_no_reason_twice(one: Input, previous: str | None) -> None:
    leg = leg_of(one, previous, NOW)
    reasons = [reason for _, reason in leg.links]
    assert len(reasons) == len(set(reasons))
    assert leg.parent in (None, one.traceparent)
    begins = set(reasons) - {Reason.MESSAGE, Reason.PREVIOUS_LEG}
    assert len(begins) == (1 if leg.parent is None and one.traceparent is not None else 0)
