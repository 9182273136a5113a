"""Services taken away at random moments while cases move: nobody outside can tell from how the cases end.

The seed of the moments is printed; CICLO_SEED sets it.
"""

import asyncio
import os
import secrets
import signal
from collections.abc import Sequence
from functools import partial
from random import Random

import httpx
import pytest

from demo.processes import NAMES, ServiceProcess
from demo.report import Ending
from demo.stories import STORIES
from demo.stories.story import Story
from deploy.embedded import Servers
from services.chassis.clock import utc_now
from tests.journeys.evidence import gather
from tests.journeys.house import House, open_house
from tests.support.waiting import until

ROUNDS = 4
EVENTS_A_STORY = 5
"""Services die after fewer events than these for each story: cases move in bursts. Every story has more."""
LONGEST_PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 90

pytestmark = pytest.mark.timeout(300)


async def test_services_killed_at_any_moment_lose_nothing_and_do_nothing_twice(own_servers: Servers) -> None:
    async with open_house(own_servers, own_servers.directory / "killed") as house:
        endings, codes = await _play_and_strike(house, STORIES, signal.SIGKILL, deaths=3)
        assert codes == [128 + signal.SIGKILL] * 3 * len(NAMES)
        evidence = await gather(own_servers, house, endings)
    wrong = evidence.everything_wrong()
    assert not wrong, "\n".join(wrong)


async def test_services_asked_to_end_at_any_moment_end_well_and_go_on_where_they_were(
    own_servers: Servers,
) -> None:
    async with open_house(own_servers, own_servers.directory / "ended") as house:
        endings, codes = await _play_and_strike(house, STORIES[::3], signal.SIGTERM, deaths=1)
        assert codes == [0] * len(NAMES)
        evidence = await gather(own_servers, house, endings)
    wrong = evidence.everything_wrong()
    assert not wrong, "\n".join(wrong)
    assert len({letter.message_id for letter in evidence.letters}) == len(evidence.letters)


async def _play_and_strike(
    house: House, stories: Sequence[Story], number: signal.Signals, *, deaths: int
) -> tuple[list[Ending], list[int]]:
    """Play stories while every service dies so many times; the ends, and the exit codes."""
    seed = int(os.environ.get("CICLO_SEED") or secrets.randbelow(2**32))
    print(f"CICLO_SEED={seed}")  # noqa: T201 - shown when the test fails
    chance, moments = Random(seed), range(EVENTS_A_STORY * len(stories))  # noqa: S311
    striking = asyncio.create_task(_strike(house, number, chance, deaths, moments))
    try:
        endings = await house.play(stories)
        return endings, await striking
    finally:
        striking.cancel()


async def _strike(
    house: House, number: signal.Signals, random: Random, deaths: int, moments: range
) -> list[int]:
    codes = []
    victims = [*NAMES] * deaths
    random.shuffle(victims)
    for each, moment in enumerate(sorted(random.choices(moments, k=ROUNDS))):
        await until(partial(house.screen.reached, moment), PATIENCE_SECONDS)
        for name in victims[each::ROUNDS]:
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
            codes.append(await _end(house, house.services[name], number))
    return codes


async def _end(house: House, service: ServiceProcess, number: signal.Signals) -> int:
    """End a process of the service that runs, were it only just; returns its exit code."""
    await until(lambda: service.pid is not None, PATIENCE_SECONDS)
    if number is signal.SIGTERM:
        await _until_it_listens(service)  # before that, Python itself ends at once, without a word
    process = service.process
    assert process is not None
    if number is signal.SIGKILL:
        house.deaths.setdefault(service.name, []).append(utc_now().timestamp())
    service.kill(number)
    return await process.wait()


async def _until_it_listens(service: ServiceProcess) -> None:
    async with httpx.AsyncClient(timeout=2) as client, asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await client.get(f"{service.admin_url}/livez")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
