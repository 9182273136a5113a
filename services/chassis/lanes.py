"""Lanes: the aggregates are divided into eight; of all replicas of a service, one works on each lane.

A lane is owned by a session advisory lock. All lanes of a replica hang on one session with the database, and
what is worked on is read in that very session: who reads a row owns its lane. The session must be a direct
one; a pooler that shares sessions between clients would share the locks.
"""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from uuid import UUID
from zlib import crc32

import asyncpg
import structlog

from services.chassis.database import CONNECT_TIMEOUT_S, session_settings
from services.chassis.loop import Loop
from services.chassis.telemetry.statements import listen

LANES: Final = 8
"""How many lanes there are; rows carry their lane, so this can only change with a migration."""

LOCK_CLASS: Final = 0x6369636C
BALANCE_EVERY_S: Final = 1.0
COMMAND_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 2.0
SESSION: Final = {
    "statement_timeout": "4s",
    # A live replica asks something every second. One that froze loses its session, and so its lanes.
    "idle_session_timeout": "5s",
    # Only a few rows at a time, by index, are asked for here. Queues are mostly empty when statistics are
    # gathered, so with a backlog the planner would read, sort or join all of it for every batch.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
REPLICAS: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1
"""

log = structlog.get_logger(__name__)


def lane_of(subject: UUID) -> int:
    """The lane of an aggregate; the same on every machine, for ever."""
    return crc32(subject.bytes) % LANES


class LanesLost(Exception):
    """There is no session with the database now, or it has not got these lanes."""


class Lanes(Loop):
    """The lanes of this replica, at most its share of them: all lanes / replicas alive, rounded up.

    What is beyond the share is handed over as soon as nothing works on it. `problem` tells when there is no
    session with the database.
    """

    def __init__(self, dsn: str, service: str) -> None:
        super().__init__("lanes", rest=BALANCE_EVERY_S)
        self._dsn = dsn
        self._application = f"ciclo-{service}-lanes"
        self._connection: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._held: frozenset[int] = frozenset()
        self._leaving: frozenset[int] = frozenset()
        self._short: Counter[int] = Counter()
        self._long: Counter[int] = Counter()
        self.generation = 0
        """Counts sessions: what was remembered in an earlier one may be wrong."""

    @property
    def owned(self) -> frozenset[int]:
        """The lanes that are ours and stay ours; empty as soon as the session is lost."""
        return self._held - self._leaving

    @contextmanager
    def using(self, *, long: bool = False) -> Iterator[frozenset[int]]:
        """The lanes that may be worked on until the block ends; they are not handed over before.

        Work that may take longer than a moment says so (`long`): it gets no lane that is about to be handed
        over, and the others may go on with such a lane while it ends, so that nothing stands still.
        """
        lanes = self.owned if long else self._held - frozenset(n for n in self._leaving if not self._long[n])
        uses = self._long if long else self._short
        uses.update(lanes)
        try:
            yield lanes
        finally:
            uses.subtract(lanes)
            if lanes & self._leaving:
                self.wake()

    @asynccontextmanager
    async def session(self, lanes: frozenset[int] = frozenset()) -> AsyncIterator[asyncpg.Connection]:
        """The session that holds the locks, those of `lanes` for certain; for short statements, one by one.

        Raises LanesLost. Whatever else is raised inside ends the session, because asyncpg may have lost its
        place in it (asyncpg #1069): the lanes are gone, and taken anew.
        """
        async with self._one_at_a_time:
            connection = self._connection
            if connection is None or not lanes <= self._held:
                raise LanesLost
            try:
                yield connection
            except BaseException:
                self._lose(connection)
                connection.terminate()
                raise

    async def turn(self) -> float:
        """Count the replicas, give back what is beyond the share, take what is missing."""
        if self._connection is None:
            await self._connect()
        async with self.session() as connection:
            replicas: int = await connection.fetchval(REPLICAS, self._application)
            share = math.ceil(LANES / max(1, replicas))
            self._choose(len(self._held) - share)
            await self._give_back(connection)
            await self._take(connection, share)
        return BALANCE_EVERY_S

    async def close(self) -> None:
        """End the session: the lanes are free at once."""
        connection = self._connection
        if connection is not None:
            self._lose(connection)
            try:
                await connection.close(timeout=CLOSE_TIMEOUT_S)
            except Exception:  # noqa: BLE001 - it ends in any case
                connection.terminate()

    async def _connect(self) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings=session_settings(self._application) | SESSION,
        )
        await listen(connection)
        self.generation += 1
        self._connection = connection
        connection.add_termination_listener(self._lose)

    def _lose(self, connection: object) -> None:
        if connection is not self._connection:
            return
        if self._held and not self._stopping.is_set():
            log.warning("lanes_lost", lanes=sorted(self._held))
        self._connection = None
        self._held = self._leaving = frozenset()
        self.wake()

    def _choose(self, excess: int) -> None:
        """Mark the lanes to hand over: those already marked first, then idle ones."""
        by_use = sorted(self._held, key=lambda n: (n not in self._leaving, self._long[n], self._short[n], -n))
        self._leaving = frozenset(by_use[: max(0, excess)])

    async def _give_back(self, connection: asyncpg.Connection) -> None:
        for lane in sorted(self._leaving):
            if self._short[lane] or self._long[lane]:
                continue
            self._held -= {lane}
            self._leaving -= {lane}
            await connection.execute("SELECT pg_advisory_unlock($1, $2)", LOCK_CLASS, lane)
            log.info("lane_handed_over", lane=lane)

    async def _take(self, connection: asyncpg.Connection, share: int) -> None:
        for lane in range(LANES):
            if len(self._held) >= share:
                return
            if lane in self._held:
                continue
            if await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", LOCK_CLASS, lane):
                self._held |= {lane}
                log.info("lane_taken", lane=lane)
