"""The nemeses: each does its worst for a while, then stops. All chance comes from `rng`."""

import asyncio
import signal
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import ClassVar

import asyncpg

from demo.processes import NAMES, ServiceProcess
from services.chassis.clock import seconds
from services.chassis.consumer import SESSION_MILLISECONDS
from services.chassis.crash_points import VARIABLE, CrashPoint
from tests.benchmarks.ground import PREFIX
from tests.benchmarks.measure import usage
from tests.drills.world import World, execute

REACH_S = 25.0
"""How long a service has, started anew, to come to a crash point."""
SESSION_S = SESSION_MILLISECONDS / 1_000


class Nemesis(ABC):
    """One kind of fault. A fresh one is made for every scenario, so it may remember what it did."""

    name: ClassVar[str]
    about: ClassVar[str]
    disk_mb: ClassVar[int] = 0
    """PostgreSQL's data lie on a disk of their own, of this size; 0: wherever."""
    keeps_plans: ClassVar[bool] = True
    """Whether every case must still go as its customer planned."""

    @abstractmethod
    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Do it; when this returns, the fault is over. How many faults there were."""

    def notes(self) -> list[str]:
        """What else is to be said of it."""
        return []


class Control(Nemesis):
    """Does nothing: what the drill itself finds wrong is wrong with the drill."""

    name = "control"
    about = "no fault"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Wait as long as others work."""
        await asyncio.sleep(3)
        return 0


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
    about = "os._exit at every named point, in every service that reaches it"
    reached: dict[str, int]

    def __init__(self) -> None:
        self.reached = {}
        self._left = list(CrashPoint)

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Let all services die at a third of the points, one point after another."""
        share = -(-len(CrashPoint) // 3)
        chosen, self._left = self._left[:share], self._left[share:]
        died = 0
        for point in chosen:
            found = await asyncio.gather(*(self._die(world.services[n], point, rng) for n in NAMES))
            self.reached[point.value] = sum(found)
            died += sum(found)
        return died

    def notes(self) -> list[str]:
        """How many services died where."""
        return [f"{point}: {count} services" for point, count in self.reached.items()]

    async def _die(self, service: ServiceProcess, point: CrashPoint, rng: Random) -> bool:
        """Whether it came to the point. It is started anew with the point set, and after it without."""
        before = service.starts
        service.environment[VARIABLE] = f"{point.value}:{rng.randint(1, 3)}"
        service.kill(signal.SIGTERM)  # leaves its group, so that the next life reads at once
        try:
            async with asyncio.timeout(REACH_S):
                while service.starts == before:  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(0.02)
                service.environment.pop(VARIABLE)
                while service.starts == before + 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            # It never comes to this point, at this load: the next life is without it.
            service.environment.pop(VARIABLE, None)
            service.kill()
            return False
        return True


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


class PostgresRestart(Nemesis):
    """PostgreSQL stops as in a crash, and recovers."""

    name = "postgres-restart"
    about = "PostgreSQL: immediate shutdown, crash recovery"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Once."""
        await world.servers.postgres.kill(signal.SIGQUIT)
        await asyncio.sleep(rng.uniform(0, 3))
        await world.servers.postgres.start()
        return 1


class BackendKills(Nemesis):
    """All sessions of the services with PostgreSQL end, again and again."""

    name = "backend-kills"
    about = "pg_terminate_backend of every session of the services, ten times"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Ten times."""
        admin = await asyncpg.connect(world.servers.direct.postgres, timeout=10)
        killed = 0
        try:
            for _ in range(10):
                killed += await admin.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname LIKE $1",
                    PREFIX + "%",
                )
                await asyncio.sleep(rng.uniform(0.2, 1))
        finally:
            await admin.close()
        return killed


class KafkaRestart(Nemesis):
    """Kafka is killed with -9, and comes back."""

    name = "kafka-restart"
    about = "Kafka: kill -9, restart"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Once."""
        await world.servers.kafka.kill(signal.SIGKILL)
        await asyncio.sleep(rng.uniform(0, 3))
        await world.servers.kafka.start()
        return 1


class Cut(Nemesis):
    """The network between the services and one of the servers is gone: connections refused."""

    name = "cut"
    about = "network cut between services and PostgreSQL, then Kafka"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Both lines, one after another."""
        for line in (world.servers.postgres_line, world.servers.kafka_line):
            await line.cut()
            await asyncio.sleep(rng.uniform(3, 6))
            await line.heal()
        return 2


class Silence(Nemesis):
    """Connections stand, nothing passes for longer than all patience; then what was held back arrives."""

    name = "half-open"
    about = "connections stand and nothing passes (PostgreSQL, then Kafka), past the session timeout"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Both lines, one after another."""
        for line in (world.servers.postgres_line, world.servers.kafka_line):
            line.silence()
            await asyncio.sleep(SESSION_S + rng.uniform(1, 4))
            await line.heal()
        return 2


class Slow(Nemesis):
    """Both servers are far away and behind a narrow line."""

    name = "latency"
    about = "100 ms each way to Kafka and 20 ms to PostgreSQL, 256 KiB/s"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """For a while."""
        world.servers.kafka_line.slow(0.1, 256 * 1024)
        world.servers.postgres_line.slow(0.02, 256 * 1024)
        await asyncio.sleep(10)
        await world.servers.kafka_line.heal()
        await world.servers.postgres_line.heal()
        return 2


class Resets(Nemesis):
    """Connections are reset at random."""

    name = "resets"
    about = "a third of all connections is reset, twenty times"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Twenty times."""
        count = 0
        for _ in range(20):
            for line in (world.servers.postgres_line, world.servers.kafka_line):
                count += line.reset_some(rng, 1 / 3)
            await asyncio.sleep(rng.uniform(0.1, 0.6))
        return count


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


class LongTransaction(Nemesis):
    """Somebody holds a transaction open in every database: old rows stay, the relay's floor cannot rise."""

    name = "long-transaction"
    about = "a transaction with a snapshot and a number of its own is held open in every database"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Hold them."""
        held = [await asyncpg.connect(url, timeout=10) for url in world.recorder.urls.values()]
        try:
            for connection in held:
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                await connection.execute("SELECT pg_current_xact_id(), count(*) FROM outbox")
            await asyncio.sleep(10 if quick else 60)
        finally:
            for connection in held:
                connection.terminate()
        return len(held)


class ClockSkew(Nemesis):
    """The clock of one service's database is set wrong and right again: steps in both directions.

    The step back is small, because what is owed at a moment that is in the future then waits for it.
    """

    name = "clock-skew"
    about = "one service's time an hour behind, right, 20 s ahead, right again"
    keeps_plans = False

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Set it, wait, set it right."""
        urls = {name: world.recorder.urls[name] for name in [rng.choice(NAMES)]}
        try:
            for shift in ("-1 hour", "0", "20 seconds"):
                await execute(urls, [f"UPDATE clock_shift SET shift = '{shift}'"])  # noqa: S608 - ours
                await asyncio.sleep(5)
        finally:
            await execute(urls, ["UPDATE clock_shift SET shift = '0'"])
        return 2


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


class DiskFull(Nemesis):
    """PostgreSQL's disk is full, so that it stops; then there is room again, and it is started."""

    name = "disk-full"
    about = "PostgreSQL's disk fills up until nothing can be written; later it is freed"
    disk_mb = 1_000

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Fill it with one file, wait, remove the file."""
        ballast = world.servers.postgres.directory.parent / "ballast"
        await asyncio.to_thread(_fill, ballast)
        await asyncio.sleep(rng.uniform(6, 10))
        ballast.unlink()
        await world.servers.postgres.revive()
        return 1


def _fill(file: Path) -> None:
    block = bytes(64 * 1024)
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while ballast.write(block):
            pass


NEMESES: tuple[type[Nemesis], ...] = (
    Control,
    Kill,
    CrashPoints,
    Freeze,
    PostgresRestart,
    BackendKills,
    KafkaRestart,
    Cut,
    Silence,
    Slow,
    Resets,
    Rebalances,
    LongTransaction,
    Backlog,
    DiskFull,
    ClockSkew,
)
