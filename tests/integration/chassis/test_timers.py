"""Timers ring when they are due, once, whoever else is slow, late or broken."""

import asyncio
from datetime import timedelta

import pytest

from services.chassis.lanes import lane_of
from services.chassis.timers import LOOK_EVERY_S, Timers
from tests.support.engine_world import NOW, World, event, human_of, subject
from tests.support.replicas import later, only_replica, replica, until_empty

HOUR = timedelta(hours=1)


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    await later(shared, timedelta())
    return shared


async def test_a_timer_rings_when_it_is_due_and_not_before(world: World, url: str) -> None:
    await world.engine.apply([event(1, "intake", 1, human_of())])
    async with only_replica(url) as lanes:
        timers = Timers(world.engine, lanes)
        await later(world, HOUR - timedelta(milliseconds=100))
        assert await timers.turn() == pytest.approx(0.1, abs=0.001)
        assert await world.state(1) == ["human"]
        await later(world, HOUR)
        assert await timers.turn() == 0
        assert await timers.turn() == LOOK_EVERY_S
    assert await world.state(1) == ["human", "ring:0"]
    assert await world.count("timers") == 0
    assert await world.count("events") == 1


async def test_a_thousand_timers_ring_once_each_while_replicas_come_and_go(world: World, url: str) -> None:
    await world.engine.apply([event(n, "intake", 1, human_of()) for n in range(1000)])
    await later(world, HOUR)

    async def ring() -> None:
        async with replica(url) as lanes:
            timers = Timers(world.engine, lanes)
            await timers.start()
            await until_empty(world, "timers")
            await timers.stop(5)

    await asyncio.gather(ring(), ring())
    assert await world.count("events") == 1000
    assert [await world.state(n) for n in (0, 500, 999)] == [["human", "ring:0"]] * 3


async def test_a_timer_that_this_release_cannot_read_becomes_a_dead_letter_and_delays_no_other(
    world: World, url: str
) -> None:
    await world.engine.apply([event(n, "intake", 1, human_of()) for n in range(3)])
    await world.pool.execute(
        "INSERT INTO timers (aggregate, kind, key, lane, due_at, data)"
        " VALUES ($1, 'Retired', '', $2, $3, '{}')",
        subject(7),
        lane_of(subject(7)),
        NOW,
    )
    await later(world, HOUR)
    async with only_replica(url) as lanes:
        timers = Timers(world.engine, lanes)
        await timers.start()
        await until_empty(world, "timers", seconds=5)
        await timers.stop(5)
    assert await world.count("events") == 3
    assert await world.pool.fetchval("SELECT type FROM dead_letters") == "Retired"
