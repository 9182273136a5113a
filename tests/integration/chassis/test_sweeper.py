"""The sweeper: what could not be decided for a moment is decided soon, and holds up nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.chassis.inputs import Fate, Input
from services.chassis.sweeper import Sweeper
from tests.support.engine_world import (
    World,
    event,
    fates,
    human_of,
    information_of,
    promise_of,
    subject,
)
from tests.support.replicas import later, only_replica

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    await later(shared, timedelta())
    return shared


@asynccontextmanager
async def slot_taken(world: World) -> AsyncIterator[None]:
    """Until the block ends, somebody else holds the slot."""
    await world.pool.execute("INSERT INTO slots VALUES ('s', 0, NULL) ON CONFLICT DO NOTHING")
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM slots FOR UPDATE")
        yield


async def park(world: World, aggregates: range) -> None:
    """Inputs that need a slot which somebody else holds: they are put off for a second."""
    async with slot_taken(world):
        await world.engine.apply([takes_slot(n, 1) for n in aggregates])
    assert await world.count("parked") == len(aggregates)


def takes_slot(number: int, sequence: int) -> Input:
    return event(number, "intake", sequence, information_of("s", "learned_late"))


async def due(world: World) -> list[str]:
    """Why those wait that are to be tried again by and by."""
    rows = await world.pool.fetch("SELECT reason FROM parked WHERE try_at IS NOT NULL ORDER BY id")
    return [row["reason"] for row in rows]


async def test_an_input_that_met_a_locked_slot_is_decided_a_second_later(world: World, url: str) -> None:
    await park(world, range(1))
    async with only_replica(url) as lanes:
        sweeper = Sweeper(world.engine, lanes)
        await sweeper.turn()
        assert await world.count("parked") == 1
        await later(world, SECOND)
        await sweeper.turn()
    assert await world.count("parked") == 0
    assert await world.state(0) == ["information:s", "slot was taken 0 times"]


async def test_one_sweep_tries_all_whose_time_has_come_however_many_must_wait_on(
    world: World, url: str
) -> None:
    await park(world, range(450))
    # The first page is written by a newer release: it waits for a replica that can read it.
    await world.pool.execute(
        "UPDATE aggregates SET kind = 'count', state = '{}', state_version = 9 WHERE id = ANY($1::uuid[])",
        [subject(n) for n in range(210)],
    )
    await later(world, SECOND)
    async with only_replica(url) as lanes:
        await Sweeper(world.engine, lanes).turn()
    assert await world.count("parked") == 210
    assert await world.pool.fetchval("SELECT taken FROM slots") == 240


async def test_what_was_put_off_behind_another_input_does_not_hold_up_the_event_that_it_waits_for(
    world: World, url: str
) -> None:
    async with slot_taken(world):
        await world.engine.apply([takes_slot(0, 1)])
        await world.engine.apply([event(0, "routing", 1, promise_of(), clock={"intake": 2})])
        assert await due(world) == ["deferred"] * 2
    await later(world, SECOND)
    async with only_replica(url) as lanes:
        await Sweeper(world.engine, lanes).turn()
    assert fates(await world.engine.apply([event(0, "intake", 2, human_of())])) == [Fate.APPLIED]
    assert await world.state(0) == ["information:s", "slot was taken 0 times", "human", "promise"]
    assert await world.count("parked") == 0


async def test_what_was_put_off_behind_an_input_that_then_failed_waits_for_its_repair_and_is_not_due(
    world: World, url: str
) -> None:
    fails = event(0, "routing", 1, information_of(None, "boom"))
    async with slot_taken(world):
        await world.engine.apply([takes_slot(0, 1), fails, event(0, "notifications", 1, human_of())])
        assert await due(world) == ["deferred"] * 3
    await later(world, SECOND)
    async with only_replica(url) as lanes:
        await Sweeper(world.engine, lanes).turn()
    assert await world.count("dead_letters") == 1
    assert await world.pool.fetchval("SELECT reason FROM parked") == "blocked"
    assert await due(world) == []


async def test_an_event_that_met_a_locked_slot_once_its_gap_was_filled_is_tried_again(
    world: World, url: str
) -> None:
    async with slot_taken(world):
        await world.engine.apply([takes_slot(0, 2), event(0, "intake", 1, human_of())])
        await world.engine.apply([takes_slot(1, 2)])
        await world.engine.apply([event(1, "intake", 1, human_of())])
        assert await due(world) == ["deferred", "deferred"]
        await world.engine.apply([event(1, "routing", 1, promise_of())])
        assert await due(world) == ["deferred"] * 3
    await later(world, SECOND)
    async with only_replica(url) as lanes:
        await Sweeper(world.engine, lanes).turn()
    assert await world.count("parked") == 0
    assert await world.state(0) == ["human", "information:s", "slot was taken 0 times"]
    assert await world.state(1) == ["human", "information:s", "slot was taken 1 times", "promise"]
