"""Nemeses of PostgreSQL and Kafka, and of the lines to them."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from random import Random

import asyncpg

from demo.processes import NAMES
from services.chassis.consumer import SESSION_MILLISECONDS
from tests.benchmarks.ground import PREFIX
from tests.drills.nemesis import Nemesis
from tests.drills.world import World, execute

SESSION_S = SESSION_MILLISECONDS / 1_000


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
