"""The sweeper: what could not be decided for a moment is decided soon, and holds up nothing else."""

from datetime import timedelta

import pytest

from services.chassis.sweeper import Sweeper
from tests.support.engine_world import World, event, information_of, subject
from tests.support.replicas import later, only_replica

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    await later(shared, timedelta())
    return shared


async def park(world: World, aggregates: range) -> None:
    """Inputs that need a slot which somebody else holds: they are put off for a second."""
    await world.pool.execute("INSERT INTO slots VALUES ('s', 0, NULL)")
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM slots FOR UPDATE")
        await world.engine.apply(
            [event(n, "intake", 1, information_of("s", "learned_late")) for n in aggregates]
        )
    assert await world.count("parked") == len(aggregates)


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
