"""Kafka and PostgreSQL of the drill alone: each behind a proxy, each to be killed and started again."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.embedded import Servers, jars, kafka, postgres
from deploy.embedded.child import Child, Plan
from deploy.embedded.directory import claimed
from deploy.embedded.java import find_java
from deploy.embedded.ports import HOST, free_port
from tests.drills.proxy import Proxy

Say = Callable[[str], None]


class OwnServer:
    """One server whose data outlives its processes."""

    def __init__(
        self, plan: Callable[[int], Plan], is_up: Callable[[int], bool], lock: int, directory: Path
    ) -> None:
        self.port = free_port()
        self.directory = directory
        self._plan, self._is_up, self._lock = plan, is_up, lock
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers. Raises CannotStart."""
        self._child = await asyncio.to_thread(Child, self._plan(self.port), self._lock)
        await asyncio.to_thread(self._child.wait_until, lambda: self._is_up(self.port))

    async def kill(self, number: signal.Signals) -> None:
        """Send it a signal that ends it, and wait until it has ended."""
        os.kill(int((self.directory / "pid").read_text()), number)
        await self.ended()

    async def revive(self) -> None:
        """See that it answers again: it may have ended by itself, or be about to."""
        while self._child is None or not await asyncio.to_thread(self._is_up, self.port):
            if self._child is None or not self._child.is_running():
                await self.start()
            await asyncio.sleep(0.1)

    async def ended(self) -> None:
        """Wait until it has ended, for whatever reason."""
        while self._child is not None and self._child.is_running():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End it properly."""
        if self._child is not None:
            await asyncio.to_thread(self._child.wait)


@dataclass(frozen=True, slots=True)
class OwnServers:
    """Both, with their proxies. Services come in by `proxied`, those who watch by `direct`."""

    kafka: OwnServer
    postgres: OwnServer
    kafka_line: Proxy
    postgres_line: Proxy
    proxied: Servers
    direct: Servers


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path | None]:
    """A disk in memory, mounted in a folder while the block lasts; None where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@asynccontextmanager
async def own_servers(
    directory: Path, say: Say, *, postgres_in: Path | None = None
) -> AsyncIterator[OwnServers]:
    """Both servers, running, with what data `directory` has; PostgreSQL's may lie elsewhere."""
    async with AsyncExitStack() as stack:
        lock = stack.enter_context(claimed(directory, say))
        log_line, database_line = Proxy(free_port()), Proxy(free_port())
        for line in (log_line, database_line):
            await line.start()
            stack.push_async_callback(line.stop)
        where = postgres_in or directory / "postgres"
        plan, url = await asyncio.to_thread(postgres.prepared, where, say)
        database = OwnServer(plan, lambda port: postgres.answers(url(port)), lock, where)
        behind = kafka.Behind(proxy=log_line.port, direct=free_port())
        jar_files = await asyncio.to_thread(jars.fetch, say)
        log_plan = await asyncio.to_thread(
            kafka.prepared, find_java(), jar_files, directory / "kafka", behind
        )
        log = OwnServer(log_plan, lambda _: kafka.is_up(behind.direct), lock, directory / "kafka")
        log_line.target, database_line.target = log.port, database.port
        for server in (log, database):
            stack.push_async_callback(server.stop)
        await asyncio.gather(log.start(), database.start())
        direct = Servers(f"{HOST}:{behind.direct}", url(database.port), directory)
        proxied = Servers(f"{HOST}:{behind.proxy}", _at(direct.postgres, database_line.port), directory)
        yield OwnServers(log, database, log_line, database_line, proxied, direct)


def _at(url: str, port: int) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{login}@{HOST}:{port}").geturl()
