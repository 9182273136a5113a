"""Two transactions about an aggregate that has no row yet: whichever comes second sees what the first did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.chassis import sql
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input
from tests.conftest import NewDatabase
from tests.support.engine_world import World, command, event, information_of, subject
from tests.support.engine_world import definition as world_definition

BLOCKED = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
NEW, OTHER = 1, 2


def booking(number: int, sequence: int) -> Input:
    """An input whose decision writes a booking: after the aggregates' rows, in the same transaction."""
    data = information_of(f"exclusive-{number}-{sequence}")
    return event(number, "intake", sequence, data)


def said(number: int, sequence: int) -> Input:
    """An input that changes nothing but its aggregate."""
    return event(number, "intake", sequence, information_of(None))


@pytest.fixture
async def world(database: NewDatabase) -> AsyncIterator[World]:
    made = await World.create(await database("chassis"))
    yield made
    await made.pool.close()


@asynccontextmanager
async def bookings_closed(world: World) -> AsyncIterator[None]:
    """Until the block ends, whoever wants to write a booking waits, with all that he holds."""
    async with world.pool.acquire() as session, session.transaction():
        await session.execute("LOCK TABLE bookings IN EXCLUSIVE MODE")
        yield


async def blocked(world: World, count: int) -> None:
    """Wait until so many sessions wait for a lock."""
    async with asyncio.timeout(4):
        while await world.pool.fetchval(BLOCKED) != count:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


async def both(world: World, first: list[Input], second: list[Input]) -> list[list[Fate]]:
    """Let one replica make its rows, then another one begin, then both go on."""
    other = Engine(world.pool, world_definition())
    async with bookings_closed(world):
        one = asyncio.create_task(world.engine.apply(first))
        await blocked(world, 1)
        two = asyncio.create_task(other.apply(second))
        await blocked(world, 2)
    return [[outcome.fate for outcome in await task] for task in (one, two)]


async def test_a_case_that_two_replicas_open_at_once_has_what_both_decided(world: World) -> None:
    fates = await both(world, [booking(NEW, 1)], [command(NEW, "hello")])

    assert fates == [[Fate.APPLIED], [Fate.APPLIED]]
    assert await world.state(NEW) == ["information:exclusive-1-1", "hello"]
    assert await world.count("dead_letters") == 0


async def test_the_same_event_at_two_replicas_is_applied_once(world: World) -> None:
    fates = await both(world, [booking(NEW, 1)], [booking(NEW, 1)])

    assert fates == [[Fate.APPLIED], [Fate.DUPLICATE]]
    assert await world.count("events") == await world.count("bookings") == 1


@pytest.mark.parametrize(
    "early_first",
    [False, True],
    ids=["the first event comes before the second", "the second event comes first, and is parked"],
)
async def test_what_is_parked_while_its_case_is_opened_is_not_left_behind(
    world: World, early_first: bool
) -> None:
    """Neither sees the other's uncommitted row: without a row for what waits, nobody would ever wake it."""
    if early_first:
        fates = await both(world, [said(NEW, 2), booking(OTHER, 1)], [said(NEW, 1)])
        assert fates == [[Fate.PARKED, Fate.APPLIED], [Fate.APPLIED]]
    else:
        fates = await both(world, [booking(NEW, 1)], [said(NEW, 2)])
        assert fates == [[Fate.APPLIED], [Fate.APPLIED]]
    assert await world.count("parked") == 0
    assert len(await world.state(NEW)) == 2


async def test_a_transaction_has_its_number_before_it_draws_an_outbox_id(world: World) -> None:
    """The relay's floor rests on it, and new aggregates have no rows whose locks would give it one."""
    async with world.pool.acquire() as session, session.transaction():
        await session.fetch(sql.LOCK_ROWS, [subject(NEW)])
        await session.fetch(sql.NOW_AND_WAITING, [subject(NEW)])
        assert await session.fetchval("SELECT pg_current_xact_id_if_assigned()") is not None


async def test_replicas_that_open_the_same_cases_in_other_orders_do_not_deadlock(world: World) -> None:
    other = Engine(world.pool, world_definition())
    numbers = range(100, 130)

    async def apply(engine: Engine, order: Callable[[Any], Any], word: str) -> None:
        outcomes = await engine.apply([command(number, word) for number in order(numbers)])
        assert {outcome.fate for outcome in outcomes} == {Fate.APPLIED}

    await asyncio.gather(
        *(
            apply(engine, order, f"{word}-{turn}")
            for turn in range(4)
            for engine, order, word in (
                (world.engine, list, "up"),
                (other, reversed, "down"),
            )
        )
    )
    for number in numbers:
        assert len(await world.state(number)) == 8
