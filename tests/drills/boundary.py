"""Thousands of histories of deliveries against the engine on real PostgreSQL."""

import asyncio

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.drills.boundary_histories import History, histories
from tests.drills.boundary_world import Boundary
from tests.drills.contents import Content, Place
from tests.drills.report import Result
from tests.support.databases import fresh_database
from tests.support.logged import logged

EXAMPLES, QUICK_EXAMPLES = 5_000, 200


async def play(place: Place, result: Result) -> None:
    """Bring each history in its way; the first that ends wrong is the result, as small as it was found."""
    loop = asyncio.get_running_loop()
    async with fresh_database(place.servers.direct.postgres, "chassis") as url:
        boundary = await Boundary.create(url)

        # Not made smaller: that takes minutes; its seed brings it back.
        @seed(place.seed)
        @settings(
            max_examples=QUICK_EXAMPLES if place.quick else EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(history=histories())
        def live(history: History) -> None:
            asyncio.run_coroutine_threadsafe(boundary.live(history), loop).result()

        try:
            with logged():
                await asyncio.to_thread(live)
        finally:
            await boundary.close()
    result.faults, result.events = boundary.deaths, boundary.inputs
    result.notes.append(
        f"{boundary.examples} histories, {boundary.inputs} inputs, {boundary.deaths} deaths of a replica,"
        f" {boundary.parked} inputs parked for what was withheld, {boundary.dead} dead letters redriven"
    )


BOUNDARY = Content(
    "boundary-histories",
    "events of two sources repeated, permuted, delayed, withheld; replicas that die and overlap",
    play,
)
