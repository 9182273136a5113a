"""One scenario after another: a steady load, a nemesis, control windows between, the judgement at the end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random

from demo.processes import NAMES
from services.chassis.clock import seconds, utc_now
from tests.drills.ablations import ABLATIONS, Ablation
from tests.drills.against_services import die_at
from tests.drills.boundary import BOUNDARY
from tests.drills.checker import Anomaly
from tests.drills.contents import Content, Place, Wrong, play
from tests.drills.lost import LostLast
from tests.drills.nemeses import NEMESES
from tests.drills.nemesis import Nemesis
from tests.drills.poison import BAD_DEPLOY, POISON
from tests.drills.recovery import Round, recovery
from tests.drills.releases import MIXED, RESTORED
from tests.drills.report import Result
from tests.drills.servers import OwnServers, Say, own_servers, small_disk
from tests.drills.world import World, open_world

RATE, QUICK_RATE = 8.0, 5.0
"""Cases a second: well below what two cores can do, so that what a fault held up is made up for."""
WINDOW_S, QUICK_WINDOW_S = 15.0, 2.0
ROUNDS = 3
ABLATION_CASES, QUICK_ABLATION_CASES, ABLATION_RATE = 150, 50, 15.0
ABLATION_PATIENCE_S = 12.0


FAULTS: tuple[type[Nemesis], ...] = (*NEMESES, LostLast)
CONTENTS = (BOUNDARY, POISON, BAD_DEPLOY, MIXED, RESTORED)


class Drill:
    """A run: servers of its own, the services started afresh whenever something was wrong."""

    def __init__(self, directory: Path, seed: int, say: Say, *, quick: bool) -> None:
        self._directory = directory
        self._seed = seed
        self._say = say
        self._quick = quick
        self._worlds = 0

    async def run(self, names: Sequence[str]) -> list[Result]:
        """Play these scenarios, in the order of the list of all."""
        results: list[Result] = []
        nemeses = [one for one in FAULTS if one.name in names]
        contents = [one for one in CONTENTS if one.name in names]
        ablations = [one for one in ABLATIONS if one.name in names]
        apart = [one for one in nemeses if one.disk_mb]
        nemeses = [one for one in nemeses if not one.disk_mb]
        async with own_servers(self._directory, self._say) as servers:
            while nemeses:
                async with self._world(servers) as world:
                    while nemeses:
                        results.append(await self._play(world, nemeses.pop(0)()))
                        if not results[-1].is_good:
                            break
                    if self._quick and not nemeses and ablations and not ablations[0].patched:
                        results.append(await self._ablate(world, ablations.pop(0)))
            results.extend([await self._content(servers, content) for content in contents])
            for ablation in ablations:
                async with self._world(servers, ablation) as world:
                    results.append(await self._ablate(world, ablation))
        results.extend([await self._apart(nemesis()) for nemesis in apart])
        return results

    async def _apart(self, nemesis: Nemesis) -> Result:
        """A scenario whose PostgreSQL has a disk of its own."""
        directory = self._directory / nemesis.name
        with small_disk(directory / "disk", nemesis.disk_mb) as disk:
            if disk is None:
                return Result(nemesis.name, nemesis.about, verdict="skipped: needs root")
            async with (
                own_servers(directory, self._say, postgres_in=disk / "postgres") as servers,
                self._world(servers) as world,
            ):
                return await self._play(world, nemesis)

    @asynccontextmanager
    async def _world(self, servers: OwnServers, ablation: Ablation | None = None) -> AsyncIterator[World]:
        self._worlds += 1
        directory = self._directory / f"world-{self._worlds}"
        programs = None if ablation is None else ablation.programs
        async with AsyncExitStack() as stack:
            world = await stack.enter_async_context(
                open_world(servers, directory, f"{self._seed}-{self._worlds}", self._say, programs)
            )
            yield world

    async def _play(self, world: World, nemesis: Nemesis) -> Result:
        began = seconds()
        result = Result(nemesis.name, nemesis.about)
        rng = Random(f"{self._seed} {nemesis.name}")  # noqa: S311 - repeatable on purpose
        self._say(f"{nemesis.name}: {nemesis.about}")
        mark = await world.mark()
        window, count, rate = (QUICK_WINDOW_S, 1, QUICK_RATE) if self._quick else (WINDOW_S, ROUNDS, RATE)
        await world.stock(int(rate * count * (2 * window + 90)))
        coming = asyncio.create_task(world.load.come(rate))
        rounds: list[Round] = []
        wrong: list[str] = []
        try:
            for _ in range(count):
                await asyncio.sleep(window / 4)  # what held up the round before is through
                control = utc_now().timestamp()
                await asyncio.sleep(window)
                try:
                    result.faults += await nemesis.strike(world, rng, quick=self._quick)
                except Wrong as error:
                    wrong.append(str(error))
                after = utc_now().timestamp()
                await asyncio.sleep(window)
                rounds.append(Round(control, after, window))
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming
        history, judgement = await world.judge(mark, as_planned=nemesis.keeps_plans)
        for what in wrong:
            judgement.add(Anomaly.INVARIANT, what)
        result.events = len(history.emitted)
        result.take(judgement)
        # One round in a window of seconds says nothing about recovery.
        result.recovery = None if self._quick else recovery(world.recorder.steps(), rounds)
        if result.recovery is not None:
            result.notes.append(result.recovery.told())
        result.notes += nemesis.notes()
        result.conclude(timed=not self._quick)
        return self._told(result, began)

    async def _content(self, servers: OwnServers, content: Content) -> Result:
        began = seconds()
        self._say(f"{content.name}: {content.about}")
        place = Place(servers, self._directory / content.name, self._seed, self._say, self._quick)
        return self._told(await play(content, place), began)

    async def _ablate(self, world: World, ablation: Ablation) -> Result:
        began = seconds()
        result = Result(ablation.name, ablation.about)
        self._say(f"{ablation.name}: {ablation.about}")
        await world.change(ablation.statements)
        mark = await world.mark()
        cases = QUICK_ABLATION_CASES if self._quick else ABLATION_CASES
        await world.stock(cases)
        if ablation.is_far:
            world.servers.kafka_line.slow(0.15)
        coming = asyncio.create_task(world.load.come(ABLATION_RATE, cases))
        if ablation.dies_at is not None:
            died = [die_at(ablation.dies_at, world, name, nth=1) for name in NAMES]
            result.faults = sum(await asyncio.gather(*died))
        if ablation.crowds:
            await self._crowd(world)
        await coming
        await world.servers.kafka_line.heal()
        history, judgement = await world.judge(
            mark, as_planned=not ablation.crowds, patience=ABLATION_PATIENCE_S
        )
        result.events = len(history.emitted)
        result.take(judgement)
        result.conclude_ablation(ablation.shows)
        return self._told(result, began)

    async def _crowd(self, world: World) -> None:
        replica = world.second("intake")
        await replica.start()
        try:
            await world.services.ready(replica)
            await world.load.crowd(replica.url, cases=20, words=20)
        finally:
            await replica.stop()

    def _told(self, result: Result, began: float) -> Result:
        result.lasted_s = round(seconds() - began, 1)
        self._say(f"  {result.verdict} after {result.lasted_s:.0f} s: {result.counts or 'nothing wrong'}")
        for note in result.notes:
            self._say(f"    {note}")
        for kind, found in result.examples.items():
            for what in found[:2]:
                self._say(f"    {kind}: {what}")
        return result


def names() -> dict[str, str]:
    """Every scenario, in order, and what it is."""
    faults = {one.name: one.about for one in FAULTS} | {one.name: one.about for one in CONTENTS}
    return faults | {one.name: f"ablation: {one.about}" for one in ABLATIONS}
