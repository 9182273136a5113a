"""Replicas of a service, as far as lanes go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.chassis.lanes import LANES, Lanes
from tests.support.engine_world import NOW, World
from tests.support.waiting import until


@asynccontextmanager
async def replica(url: str, service: str = "warranty") -> AsyncIterator[Lanes]:
    """A running replica's lanes: all of them while it is the only one."""
    lanes = Lanes(url, service)
    await lanes.start()
    try:
        yield lanes
    finally:
        await lanes.stop(1)


@asynccontextmanager
async def only_replica(url: str) -> AsyncIterator[Lanes]:
    """The lanes of a replica that has them all by now."""
    async with replica(url) as lanes:
        await until(lambda: len(lanes.owned) == LANES)
        yield lanes


async def until_empty(world: World, table: str, seconds: float = 30) -> None:
    """Return when a table has no rows any more. Raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while await world.count(table):  # noqa: ASYNC110 - rows have no event
            await asyncio.sleep(0.02)


async def later(world: World, after: timedelta) -> None:
    """Freeze the service's clock so long after the test's beginning."""
    await world.pool.execute("UPDATE clock_shift SET frozen = $1", NOW + after)
