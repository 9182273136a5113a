"""Nemeses of the services: they die, freeze, come and go, fall behind."""

import asyncio
import signal
from random import Random

from demo.processes import NAMES, ServiceProcess
from services.chassis.clock import seconds
from services.chassis.consumer import SESSION_MILLISECONDS
from services.chassis.crash_points import VARIABLE, CrashPoint
from tests.benchmarks.measure import usage
from tests.drills.nemesis import Nemesis
from tests.drills.world import World

REACH_S = 15.0
"""How long a service has, started anew, to come to a crash point."""
STOP_S = 60.0
MET = tuple(point for point in CrashPoint if not point.startswith(("timers_", "fan_out_")))
"""Within the minutes of a drill no timer falls due, and no sale changes a case that waits for it."""
SESSION_S = SESSION_MILLISECONDS / 1_000


async def die_at(point: CrashPoint, world: World, name: str, nth: int) -> bool:
    """Let a service die at a point, the nth time it comes there in a life begun for it; whether it came.

    Afterwards it runs without the point, and is ready.
    """
    service = world.services[name]
    await world.services.ready(service)  # else the signal meets nobody
    lives = service.starts
    service.environment[VARIABLE] = f"{point.value}:{nth}"
    service.kill(signal.SIGTERM)  # leaves its group, so that the next life reads at once
    async with asyncio.timeout(STOP_S):
        await _started_again(service, lives)
    service.environment.pop(VARIABLE)
    came = True
    try:
        async with asyncio.timeout(REACH_S):
            await _started_again(service, lives + 1)
    except TimeoutError:
        # It does not come to this point, at this load.
        came = False
        service.kill()
        await _started_again(service, lives + 1)
    await world.services.ready(service)
    return came


async def _started_again(service: ServiceProcess, lives: int) -> None:
    """Wait until it has had more lives than so many."""
    while service.starts == lives:  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(0.02)


class Kill(Nemesis):
    """kill -9 of every service in turn, in an order and at moments left to chance."""

    name = "kill"
    about = "kill -9 of every service, one after another"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Kill them all once."""
        for name in rng.sample(NAMES, len(NAMES)):
            world.services[name].kill()
            await asyncio.sleep(rng.uniform(0.3, 2))
        return len(NAMES)


class CrashPoints(Nemesis):
    """Every service dies at every named point of its code."""

    name = "crash-points"
    about = "os._exit at every named point that a load comes to, in every service that comes there"
    reached: dict[str, list[str]]

    def __init__(self) -> None:
        self.reached = {}
        self._left = list(MET)

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Let all services die at a third of the points, one point after another."""
        share = -(-len(MET) // 3)
        chosen, self._left = self._left[:share], self._left[share:]
        died = 0
        for point in chosen:
            found = await asyncio.gather(*(die_at(point, world, name, rng.randint(1, 3)) for name in NAMES))
            self.reached[point.value] = [name for name, came in zip(NAMES, found, strict=True) if came]
            died += sum(found)
        return died

    def notes(self) -> list[str]:
        """Who died where."""
        return [f"{point}: {', '.join(names) or 'nobody'}" for point, names in self.reached.items()]


class Freeze(Nemesis):
    """SIGSTOP for longer than the group's and the database's patience, then SIGCONT."""

    name = "freeze"
    about = "SIGSTOP past the session timeout, then SIGCONT"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Freeze one service."""
        service = world.services[rng.choice(NAMES)]
        service.kill(signal.SIGSTOP)
        await asyncio.sleep(SESSION_S + rng.uniform(2, 4))
        service.kill(signal.SIGCONT)
        return 1


class Rebalances(Nemesis):
    """A second replica of a service joins and leaves, politely or not."""

    name = "rebalances"
    about = "a second replica of routing and of warranty joins and leaves, every few seconds"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Both services at the same time."""
        times = 2 if quick else 4
        await asyncio.gather(*(self._storm(world, name, rng, times) for name in ("routing", "warranty")))
        return 4 * times

    async def _storm(self, world: World, name: str, rng: Random, times: int) -> None:
        for number in range(times):
            replica = world.second(name, number)
            await replica.start()
            await asyncio.sleep(rng.uniform(4, 7))
            if rng.random() < 0.5:
                replica.kill()
            await replica.stop()


class Backlog(Nemesis):
    """Three services stand still while customers come and shops register what they sold, then they drain."""

    name = "backlog"
    about = (
        "routing, warranty and notifications stopped while 100,000 sales and the cases pile up, then drained"
    )
    readers = ("routing", "warranty", "notifications")

    def __init__(self) -> None:
        self._notes: list[str] = []

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Pile up once; later rounds stop the services for a while only."""
        count = 0 if self._notes else 5_000 if quick else 100_000
        for name in self.readers:
            world.services[name].kill(signal.SIGSTOP)
        known = await world.databases.registered_units()
        await world.load.register_more(count)
        await asyncio.sleep(5)
        for name in self.readers:
            world.services[name].kill()  # it was stopped: it starts anew, with everything to read
        if count:
            await self._drained(world, known + count)
        return len(self.readers)

    async def _drained(self, world: World, wanted: int) -> None:
        began, most = seconds(), 0.0
        async with asyncio.timeout(600):
            while await world.databases.registered_units() < wanted:
                found = [usage(world.services[name].pid) for name in self.readers]
                most = max([most, *(one.rss_mb for one in found if one is not None)])
                await asyncio.sleep(0.5)
        lasted = seconds() - began
        self._notes.append(f"{wanted} units known {lasted:.0f} s after the start, services at {most:.0f} MB")

    def notes(self) -> list[str]:
        """How long it took, and with how much memory."""
        return self._notes
