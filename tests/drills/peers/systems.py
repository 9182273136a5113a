"""The four that are compared: how each is run, and with which settings. Each has a database of its own."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

WORKERS = Path(__file__).parent / "workers"
TIED = Path(__file__).parent / "tied.py"
ROOT = Path(__file__).parents[3]
RESTART_S = 1.0
GRACE_S = 8.0


@dataclass(frozen=True, slots=True)
class System:
    """One of them; `script` prepares its database and offers it jobs."""

    name: str
    settings: str
    is_ours: bool = False
    script: str = ""
    program: tuple[str, ...] = ()
    """What its documentation runs workers with, if it has such a program."""

    def command(self, python: Path, what: str) -> list[str]:
        """What runs it."""
        if self.is_ours:
            return [sys.executable, "-m", "tests.drills.peers.ours", what]
        if self.program and what == "work":
            return [str(python.parent / self.program[0]), *self.program[1:]]
        return [str(python), str(WORKERS / self.script), what]


SYSTEMS = (
    System("ciclo", "the chassis' own settings: batches of 500, pool of 8", is_ours=True),
    System(
        "procrastinate",
        "PsycopgConnector, concurrency 8, RetryStrategy(max_attempts=10, wait=1), stalled jobs every minute",
        script="with_procrastinate.py",
        program=("procrastinate", "--app=with_procrastinate.app", "worker", "--queues=in", "--concurrency=8"),
    ),
    System(
        "pgqueuer",
        "as pgq run --shutdown-on-listener-failure, AsyncpgDriver, DatabaseRetryEntrypointExecutor(10, 1 s)",
        script="with_pgqueuer.py",
    ),
    System(
        "faststream-outbox",
        "asyncpg, pool_pre_ping, 4 workers, batches of 100, ExponentialRetry(1 s to 10 s, 10 attempts)",
        script="with_faststream_outbox.py",
    ),
)


@dataclass
class Running:
    """A system at work: its worker, which a supervisor starts again when it ends, and who offers it jobs."""

    system: System
    python: Path
    environment: Mapping[str, str]
    log: Path
    accepted: list[int] = field(default_factory=list)
    restarts: int = 0
    _worker: Process | None = None
    _offerer: Process | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def prepare(self) -> None:
        """Create what it needs. Raises RuntimeError with the end of what it said."""
        process = await self._spawn("prepare", out=DEVNULL)
        if await process.wait():
            raise RuntimeError(f"{self.system.name}: {self.log.read_text()[-2000:]}")

    async def start(self) -> None:
        """Start worker and offerer."""
        self._tasks = [asyncio.create_task(self._keep_working()), asyncio.create_task(self._keep_offering())]

    async def stop(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in (self._worker, self._offerer):
            await _kill(process)

    async def renew(self) -> None:
        """Ask the worker to end: its supervisor starts a fresh one."""
        worker = self._worker
        if worker is not None and worker.returncode is None:
            worker.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(worker.wait(), GRACE_S)
        await _kill(worker)

    async def kill_worker(self) -> None:
        """SIGKILL."""
        await _kill(self._worker)

    async def stop_offering(self) -> None:
        """No more jobs come."""
        self._tasks[1].cancel()
        await _kill(self._offerer)

    async def _keep_working(self) -> None:
        while True:
            self._worker = await self._spawn("work", out=DEVNULL)
            await self._worker.wait()
            self.restarts += 1
            await asyncio.sleep(RESTART_S)

    async def _keep_offering(self) -> None:
        self._offerer = await self._spawn("offer", out=PIPE)
        assert self._offerer.stdout is not None
        async for line in self._offerer.stdout:
            self.accepted.append(int(line))

    async def _spawn(self, what: str, *, out: int) -> Process:
        where = ROOT if self.system.is_ours else WORKERS
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(TIED), str(os.getpid())),
                *self.system.command(self.python, what),
                stdout=out,
                stderr=log,
                env={**os.environ, **self.environment},
                cwd=where,
            )


async def _kill(process: Process | None) -> None:
    if process is not None and process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
