"""Five faults of a database that all who are compared suffer at the same instant; and one of a worker."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from tests.drills.peers.systems import Running
from tests.drills.servers import OwnServers

CONNECTION_LIMIT = 30
"""Of each database."""
EXHAUSTED_S = 8.0
KILLS = 10
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = ANY($1) AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What faults befall: the servers, and by its database each that runs on them."""

    servers: OwnServers
    systems: Sequence[Running]
    urls: Sequence[str]
    databases: Sequence[str]


async def restart(ground: Ground) -> None:
    """PostgreSQL is restarted (fast: sessions end, a checkpoint is written)."""
    await ground.servers.postgres.kill(signal.SIGINT)
    await ground.servers.postgres.start()


async def backend_kill(ground: Ground) -> None:
    """Every session of every worker is terminated, once."""
    await _terminate(ground)


async def pool_exhaustion(ground: Ground) -> None:
    """For 8 seconds strangers hold every session that a database may have; the workers' were terminated."""
    held: list[asyncpg.Connection] = []

    async def take_all(url: str) -> None:
        for _ in range(2 * CONNECTION_LIMIT):
            with suppress(asyncpg.TooManyConnectionsError):
                held.append(await asyncpg.connect(url, timeout=10))

    await asyncio.gather(*(take_all(url) for url in ground.urls))
    ours = [connection.get_server_pid() for connection in held]
    admin = await asyncpg.connect(ground.servers.direct.postgres, timeout=10)
    await admin.fetch(f"{TERMINATE} AND pid <> ALL($2)", list(ground.databases), ours)
    async with asyncio.TaskGroup() as group:
        for url in ground.urls:
            group.create_task(take_all(url))
    await asyncio.sleep(EXHAUSTED_S)
    await asyncio.gather(*(connection.close(timeout=5) for connection in held), return_exceptions=True)
    await admin.close(timeout=5)


async def crash_recovery(ground: Ground) -> None:
    """A backend dies by kill -9: PostgreSQL ends all sessions and recovers from its log."""
    admin = await asyncpg.connect(ground.servers.direct.postgres, timeout=10)
    victim = await admin.fetchval(
        "SELECT pid FROM pg_stat_activity WHERE datname = ANY($1) LIMIT 1", list(ground.databases)
    )
    os.kill(victim, signal.SIGKILL)
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        while True:
            await admin.fetchval("SELECT 1", timeout=2)
            await asyncio.sleep(0.02)
    admin.terminate()
    while True:
        try:
            again = await asyncpg.connect(ground.servers.direct.postgres, timeout=2)
        except (asyncpg.PostgresError, OSError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            await again.close(timeout=5)
            return


async def repeated_kills(ground: Ground) -> None:
    """Every session of every worker is terminated, ten times, once a second."""
    for _ in range(KILLS):
        await _terminate(ground)
        await asyncio.sleep(1)


async def worker_kill(ground: Ground) -> None:
    """Every worker is killed by kill -9; its supervisor starts it again after a second."""
    await asyncio.gather(*(system.kill_worker() for system in ground.systems))


async def _terminate(ground: Ground) -> None:
    admin = await asyncpg.connect(ground.servers.direct.postgres, timeout=10)
    await admin.fetch(TERMINATE, list(ground.databases))
    await admin.close(timeout=5)


Fault = Callable[[Ground], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "restart": restart,
    "backend kill": backend_kill,
    "pool exhaustion": pool_exhaustion,
    "crash recovery": crash_recovery,
    "repeated kills": repeated_kills,
    "worker kill": worker_kill,
}
