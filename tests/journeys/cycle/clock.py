"""Virtual time: all four databases' clocks, moved on together when nobody has anything to do before then."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import asyncpg
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from demo.processes import NAMES
from deploy.embedded import Servers
from tests.journeys.groups import applied
from tests.support.databases import in_database

SETTLING_SECONDS = 0.6
"""How long services may take after a step until nothing is on its way between them."""
KAFKA_SECONDS = 20
TO_DO = ("outbox", "effects", "fan_outs")


class Clock:
    """The time of a house. Journeys wait for an hour of it; it moves when all of them do."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._players = 0
        self._waiting: dict[asyncio.Event, timedelta] = {}
        self._moving: asyncio.Task[None] | None = None
        self.passed = timedelta()

    @contextmanager
    def counts_on_me(self) -> Iterator[None]:
        """While somebody plays, time stands still unless he waits for it."""
        self._players += 1
        try:
            yield
        finally:
            self._players -= 1
            self._look()

    async def reaches(self, moment: timedelta) -> None:
        """Wait until so much time has passed since the house was opened."""
        if moment <= self.passed:
            return
        event = asyncio.Event()
        self._waiting[event] = moment
        self._look()
        await event.wait()

    def _look(self) -> None:
        all_wait = self._waiting and len(self._waiting) == self._players
        if all_wait and (self._moving is None or self._moving.done()):
            self._moving = asyncio.create_task(self._move())

    async def _move(self) -> None:
        while self._waiting and len(self._waiting) == self._players:
            self.passed = min(self._waiting.values())
            await self._set()
            due = [event for event, moment in self._waiting.items() if moment <= self.passed]
            for event in due:
                del self._waiting[event]
                event.set()
            await asyncio.sleep(0)

    async def _set(self) -> None:
        """Let what is on its way arrive, move the four clocks, and let what fell due settle.

        Whoever has played his part may have left something on its way: in the new time it would come late.
        """
        connections = [
            await asyncpg.connect(in_database(self._servers.postgres, f"ciclo_{name}")) for name in NAMES
        ]
        try:
            await _settle(connections, self._servers.kafka)
            for connection in connections:
                await connection.execute("UPDATE clock_shift SET shift = $1", self.passed)
            await _settle(connections, self._servers.kafka)
        finally:
            for connection in connections:
                await connection.close()


async def _settle(connections: list[asyncpg.Connection], kafka: str) -> None:
    """Wait until no service has a due timer, or anything to send or to read, for a while."""
    loop = asyncio.get_running_loop()
    admin = AdminClient({"bootstrap.servers": kafka})
    quiet_since = loop.time()
    while loop.time() - quiet_since < SETTLING_SECONDS:
        left = 0
        for connection in connections:
            for table in TO_DO:
                left += await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            left += await connection.fetchval("SELECT count(*) FROM timers WHERE due_at <= ciclo_now()")
        if left or await asyncio.to_thread(_unread, admin):
            quiet_since = loop.time()
        await asyncio.sleep(0.1)


def _unread(admin: AdminClient) -> int:
    """How many records the services have not applied, of partitions where they have applied any."""
    read = [at for name in NAMES for at in applied(admin, name, KAFKA_SECONDS).items()]
    places = {TopicPartition(*place): OffsetSpec.latest() for place, _ in read}  # type: ignore[no-untyped-call]
    ends = {at: end.result(KAFKA_SECONDS).offset for at, end in admin.list_offsets(places).items()}
    return sum(ends[TopicPartition(*place)] - offset for place, offset in read)
