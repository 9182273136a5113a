"""Fan-outs: everybody concerned is told exactly once, whoever tells them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.chassis.definition import Connection, Targets
from services.chassis.fan_outs import FanOuts
from services.chassis.lanes import Lanes
from tests.support.engine_world import Told, World, command, definition, event, information_of, subject
from tests.support.replicas import only_replica, until_empty

EVERYBODY = "SELECT id FROM aggregates WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3"
MANY = 450


async def everybody(connection: Connection, _data: Any, after: UUID | None, limit: int) -> Sequence[UUID]:
    rows = await connection.fetch(EVERYBODY, after or UUID(int=0), subject(MANY), limit)
    return [row["id"] for row in rows]


async def nobody_knows(*_: object) -> Sequence[UUID]:
    raise LookupError("told to fail")


@pytest.fixture(scope="module")
async def shared(url: str) -> AsyncIterator[World]:
    world = await World.create(url, replace(definition(), targets={Told: everybody}))
    yield world
    await world.pool.close()


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    await shared.engine.apply([event(n, "intake", 1, information_of()) for n in range(MANY)])
    return shared


def fan_outs(world: World, lanes: Lanes, targets: Targets = everybody) -> FanOuts:
    return FanOuts(world.engine, lanes, world.pool, {Told: targets})


async def told(world: World) -> list[int]:
    """How often each of the many was told."""
    rows = await world.pool.fetch(
        "SELECT (SELECT count(*) FROM jsonb_array_elements_text(state -> 'seen') AS word"
        " WHERE word = 'told:tell') AS times FROM aggregates WHERE id < $1",
        subject(MANY),
    )
    return [row["times"] for row in rows]


async def test_everybody_concerned_is_told_once_page_by_page(world: World, url: str) -> None:
    await world.engine.apply([command(MANY + 1, "tell")])
    async with only_replica(url) as lanes:
        loop = fan_outs(world, lanes)
        assert await loop.turn() == 0
        assert sum(await told(world)) == 200
        # A replica that died here: the next one goes on behind the last page.
        loop = fan_outs(world, lanes)
        assert await loop.turn() == 0
        assert await loop.turn() == 0
        assert await loop.turn() is None
    assert await told(world) == [1] * MANY
    assert await world.count("fan_outs") == 0


async def test_two_replicas_that_both_think_it_is_theirs_tell_nobody_twice(world: World, url: str) -> None:
    await world.engine.apply([command(MANY + n, "tell") for n in range(1, 5)])
    async with only_replica(url) as lanes:
        both = fan_outs(world, lanes), fan_outs(world, lanes)
        for loop in both:
            await loop.start()
        await until_empty(world, "fan_outs")
        await asyncio.gather(*(loop.stop(5) for loop in both))
        assert [loop._failures for loop in both] == [0, 0]
    assert await told(world) == [4] * MANY


async def test_a_fan_out_to_nobody_ends(world: World, url: str) -> None:
    async def nobody(*_: object) -> Sequence[UUID]:
        return []

    await world.engine.apply([command(MANY + 1, "tell")])
    async with only_replica(url) as lanes:
        await fan_outs(world, lanes, nobody).turn()
    assert await world.count("fan_outs") == 0


async def test_a_fan_out_whose_targets_cannot_be_found_is_reported_and_stops_no_other(
    world: World, url: str
) -> None:
    await world.engine.apply([command(MANY + 1, "tell")])
    await world.pool.execute("UPDATE fan_outs SET kind = 'Retired'")
    await world.engine.apply([command(MANY + 2, "tell")])
    async with only_replica(url) as lanes:
        loop = fan_outs(world, lanes)
        while await loop.turn() == 0:
            pass
        assert loop.problem() == "1 fan-outs fail: see the log"
        failing = fan_outs(world, lanes, nobody_knows)
        await world.pool.execute("UPDATE fan_outs SET kind = 'Told'")
        assert await failing.turn() == 0
        assert await failing.turn() is None
    assert await told(world) == [1] * MANY
    assert await world.count("fan_outs") == 1
