"""Large batches in parts: who waits for whom, and what happens when a part fails."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.inputs import Input
from services.chassis.side_by_side import LEAST, PARTS, apply_in_parts, parts_of
from tests.support.engine_world import event

BATCHES = st.lists(st.integers(0, 40), max_size=4 * LEAST).map(
    lambda numbers: [event(number, "intake", n, None) for n, number in enumerate(numbers, 1)]
)


@given(BATCHES)
def test_all_inputs_of_a_case_are_in_one_part_in_their_order(batch: list[Input]) -> None:
    parts = parts_of(batch)

    assert sorted(one.sequence or 0 for part in parts for one in part) == [one.sequence for one in batch]
    for part in parts:
        mine = {one.subject for one in part}
        assert part == [one for one in batch if one.subject in mine]


@given(BATCHES)
def test_a_small_batch_stays_whole_and_a_large_one_has_few_parts(batch: list[Input]) -> None:
    assert len(parts_of(batch)) <= max(1, min(PARTS, len(batch) // LEAST))


async def test_one_part_is_decided_while_another_is_written() -> None:
    together, under_way = 0, 0

    async def apply(_part: Sequence[Input]) -> None:
        nonlocal together, under_way
        under_way += 1
        together = max(together, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await apply_in_parts(apply, [event(number, "intake", 1, None) for number in range(PARTS * LEAST)])
    assert together == PARTS


async def test_when_a_part_fails_the_others_end_before_the_batch_comes_again() -> None:
    ended = 0

    async def apply(part: Sequence[Input]) -> None:
        nonlocal ended
        if part[0] is batch[0]:
            raise ConnectionError("the database is away")
        await asyncio.sleep(0)
        ended += 1

    batch = [event(number, "intake", 1, None) for number in range(PARTS * LEAST)]
    with pytest.raises(ConnectionError):
        await apply_in_parts(apply, batch)
    assert ended == PARTS - 1
