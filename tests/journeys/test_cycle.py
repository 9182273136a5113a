"""Journeys that the demo does not tell, on four real processes: each ends as the flows decide.

Those in the second house live through weeks of virtual time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

import demo.actors.customer
import demo.actors.outside
import demo.actors.staff
import demo.processes
from demo.report import Ending
from deploy.embedded import Servers
from tests.journeys import privacy
from tests.journeys.books import quiet
from tests.journeys.conftest import empty_servers
from tests.journeys.cycle import (
    alarms,
    desk,
    ends,
    judge,
    overdue,
    repairs,
    rights,
    voices,
    weeks,
    withdrawals,
)
from tests.journeys.cycle.clock import Clock
from tests.journeys.cycle.journey import Journey, World
from tests.journeys.house import open_house
from tests.journeys.reader import read_everything
from tests.journeys.traced import look
from tests.journeys.wire import Wire

pytestmark = pytest.mark.timeout(400)
DAYS = (voices, rights, repairs, withdrawals, ends, desk, alarms)
WEEKS = (weeks, overdue)
HOUSES = {
    "days": tuple(journey for module in DAYS for journey in module.JOURNEYS),
    "weeks": tuple(journey for module in WEEKS for journey in module.JOURNEYS),
}


@dataclass(frozen=True)
class Lived:
    """What is left to look at."""

    endings: list[Ending]
    wrong: list[str]
    leaks: list[str]
    badly_told: list[str]


@pytest.fixture(scope="module", params=HOUSES)
async def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """All journeys of one house, side by side."""
    with empty_servers(tmp_path_factory.mktemp(request.param)) as servers:
        return await _live(servers, HOUSES[request.param], request.param)


def test_every_journey_ends_as_the_flows_decide(lived: Lived) -> None:
    assert [f"{one.story.title}: {complaint}" for one in lived.endings for complaint in one.complaints] == []


def test_no_case_is_forgotten_asked_twice_or_told_twice(lived: Lived) -> None:
    assert lived.wrong == []


def test_no_word_of_these_customers_leaves_the_vault(lived: Lived) -> None:
    assert lived.leaks == []


def test_each_case_is_told_as_one_connected_graph_of_spans(lived: Lived) -> None:
    assert lived.badly_told == []


async def _live(servers: Servers, journeys: Sequence[Journey], folder: str) -> Lived:
    world = World(journeys)
    with pytest.MonkeyPatch.context() as haste:
        for actors in (demo.actors.customer, demo.actors.outside, demo.actors.staff):
            haste.setattr(actors, "THINKING_SECONDS", 0.1)
        haste.setattr(demo.processes, "KEY_DAYS", 400)
        async with open_house(servers, servers.directory / folder) as house:
            clock = Clock(servers)
            endings = await house.play([journey.story(house, clock) for journey in journeys], world.load)
            await quiet(servers)
            names = [text for person in world.people.values() for text in (person.name, person.email)]
            wire = Wire(await asyncio.to_thread(read_everything, servers.kafka))
            cases = sorted({event.subject for event in wire.events if event.name == "case.opened"})
            leaks = list(judge.leaks(wire.records, house.doors.texts, names))
            leaks += judge.logged(house.logs, house.doors.texts, names)
            traced = await look(servers, house.sink, wire)
            secret = privacy.words_of(" ".join(names)) - {"example"}
            leaks += house.canaries().seen(secret, traced.told.spans, await house.metrics())
            leaks += house.canaries().repeated(house.logs, wire.records)
    return Lived(endings, judge.wrong(wire, cases), leaks, traced.faults(cases))
