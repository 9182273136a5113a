"""Whatever comes in one batch gives what it would have given piece by piece."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ciclo_schemas.events import Event
from services.chassis.inputs import Input
from tests.support.engine_world import (
    World,
    event,
    fates,
    human_of,
    information_of,
    promise_of,
)

INPUTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["intake", "routing"]),
        st.sampled_from(["free", "slot-a", "slot-b", "late", "human", "unknown", "boom"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def history(steps: list[tuple[int, str, str, bool]]) -> list[Input]:
    """A causally possible history: contiguous sequences, clocks of what had happened before."""
    sequences: dict[tuple[int, str], int] = {}
    inputs = []
    for number, source, what, seen_other in steps:
        sequence = sequences[number, source] = sequences.get((number, source), 0) + 1
        other = "routing" if source == "intake" else "intake"
        clock = {other: sequences[number, other]} if seen_other and (number, other) in sequences else {}
        data: Event | None = {
            "free": information_of(),
            "slot-a": information_of("slot-a"),
            "slot-b": information_of("slot-b"),
            "late": information_of("slot-a", "learned_late"),
            "boom": information_of(symptom="boom"),
            "human": human_of(),
        }.get(what)
        if source == "routing" and what != "unknown":
            data = promise_of()
        inputs.append(event(number, source, sequence, data, clock=clock))
    return inputs


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=INPUTS, data=st.data())
async def test_one_batch_gives_exactly_what_batches_of_one_give(
    shared: World, steps: list[tuple[int, str, str, bool]], data: st.DataObject
) -> None:
    inputs = history(steps)
    delivered = data.draw(st.permutations(inputs)) + data.draw(st.lists(st.sampled_from(inputs), max_size=3))
    await shared.forget()
    together = await shared.engine.apply(delivered)
    in_one = await shared.snapshot()
    await shared.forget()
    apart = [(await shared.engine.apply([one]))[0] for one in delivered]
    assert in_one == await shared.snapshot()
    assert fates(together) == fates(apart)
