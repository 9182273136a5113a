"""The four services as processes of their own: migrated, started, watched, started again when they die.

The demo, the journeys and the load driver run them with this; nothing in it knows what the services do.
"""

import asyncio
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
import httpx

from deploy.embedded import Servers
from deploy.embedded.ports import HOST, free_port
from deploy.embedded.supervise import Job
from services.chassis.clock import seconds
from services.chassis.key_store import create_key
from services.chassis.migrate import migrate

NAMES = ("intake", "routing", "warranty", "notifications")
ROOT = Path(__file__).parents[1]
SUPERVISOR = ROOT / "deploy" / "embedded" / "supervise.py"
READY_SECONDS = 90
STOP_SECONDS = 20
SHORT_LIFE_SECONDS = 5
SHORT_LIVES = 3
KEY_DAYS = 30
FOR_ALL = ("OTEL_", "CICLO_")
READS_IN_INTAKE = {"routing": "texts:read", "notifications": "contacts:read"}

Say = Callable[[str], None]


class ServiceFailed(Exception):
    """A service does not start, or keeps dying; the message names it and ends with what it logged last."""


@dataclass
class ServiceProcess:
    """One service: its addresses, its environment, and the process that runs it now."""

    name: str
    log: Path
    environment: dict[str, str] = field(repr=False)
    http_port: int
    admin_port: int
    program: tuple[str, ...] = ()
    """What Python runs instead of the service's own module, for drills."""
    process: Process | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        """Where its API listens."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def admin_url(self) -> str:
        """Where its probes and metrics are."""
        return f"http://{HOST}:{self.admin_port}"

    @property
    def pid_file(self) -> Path:
        """The file with its process id while it runs."""
        return self.log.with_suffix(".pid")

    @property
    def pid(self) -> int | None:
        """Its process id, None while it does not run."""
        with suppress(OSError, ValueError):
            return int(self.pid_file.read_text())
        return None

    async def start(self) -> None:
        """Start it behind a supervisor that stops it when this process is gone, however it ended."""
        unused = os.open(os.devnull, os.O_RDONLY)
        job = Job(
            command=[sys.executable, *(self.program or ("-m", f"services.{self.name}")), "run"],
            pid_file=str(self.pid_file),
            stop_signal=signal.SIGTERM,
            grace_s=STOP_SECONDS,
            parent=os.getpid(),
            user=None,
            lock=unused,
        )
        try:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-I",
                    str(SUPERVISOR),
                    json.dumps(asdict(job)),
                    stdin=PIPE,
                    stdout=log,
                    stderr=STDOUT,
                    env={**os.environ, **self.environment},
                    cwd=ROOT,
                    pass_fds=[unused],
                    start_new_session=True,  # a Ctrl-C ends the demo first
                )
        finally:
            os.close(unused)
        self.starts += 1

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the service a signal; does nothing while it does not run."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    async def stop(self) -> None:
        """Ask it to end and wait; it is killed when it takes too long."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            await self.process.wait()

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""


class Services:
    """All four, as an asynchronous context: inside it they run, and whichever dies is started again.

    `settings` are more environment variables: by its prefix for a service, by OTEL_ or CICLO_ for all.
    `prefix` goes before the databases' names.
    """

    def __init__(
        self,
        servers: Servers,
        logs: Path,
        *,
        smtp_port: int,
        say: Say,
        settings: Mapping[str, str] | None = None,
        prefix: str = "ciclo_",
    ) -> None:
        self._keys: dict[tuple[str, ...], str] = {}
        self._one_key_at_a_time = asyncio.Lock()
        self._say = say
        self._databases = {name: _database(servers.postgres, prefix + name) for name in NAMES}
        self._watching: list[asyncio.Task[None]] = []
        logs.mkdir(parents=True, exist_ok=True)
        ports = {name: (free_port(), free_port()) for name in NAMES}
        intake = f"http://{HOST}:{ports['intake'][0]}"
        special = {
            "INTAKE_TRACKING_SECRET": secrets.token_urlsafe(48),
            "INTAKE_PUBLIC_URL": intake,
            "ROUTING_INTAKE_URL": intake,
            "NOTIFICATIONS_INTAKE_URL": intake,
            "NOTIFICATIONS_SMTP_PORT": str(smtp_port),
            "NOTIFICATIONS_SMTP_FROM": "Ciclo <care@ciclo.example>",
        } | dict(settings or {})
        self.each = {
            name: ServiceProcess(
                name,
                logs / f"{name}.log",
                self._environment(name, servers, ports[name]) | _of(name, special),
                *ports[name],
            )
            for name in NAMES
        }

    def __getitem__(self, name: str) -> ServiceProcess:
        return self.each[name]

    async def __aenter__(self) -> Self:
        """Migrate, start, and wait until every service is ready. Raises ServiceFailed."""
        await asyncio.gather(*(asyncio.to_thread(migrate, name, self._databases[name]) for name in NAMES))
        for name, scope in READS_IN_INTAKE.items():
            key = await self.key("intake", f"service/{name}", scope)
            self.each[name].environment[f"{name.upper()}_INTAKE_KEY"] = key
        try:
            for service in self.each.values():
                service.log.unlink(missing_ok=True)
                await service.start()
            self._watching = [asyncio.create_task(self._keep_alive(one)) for one in self.each.values()]
            await self._ready()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all of them."""
        await self._stop()

    async def key(self, service: str, holder: str, *scopes: str) -> str:
        """The API key with which somebody comes in at a service's doors; made when it is first asked for."""
        wanted = (service, holder, *scopes)
        async with self._one_key_at_a_time:
            if wanted not in self._keys:
                database = await asyncpg.connect(self._databases[service], timeout=10)
                try:
                    self._keys[wanted] = await create_key(
                        database, holder, scopes, by="demo", known_scopes=scopes, days=KEY_DAYS
                    )
                finally:
                    await database.close(timeout=10)
            return self._keys[wanted]

    async def failure(self) -> None:
        """Wait for ever, or until a service cannot be kept alive. Raises ServiceFailed."""
        ended, _ = await asyncio.wait(self._watching, return_when=asyncio.FIRST_COMPLETED)
        for watch in ended:
            await watch

    async def _ready(self) -> None:
        waiting = asyncio.gather(*(self.ready(service) for service in self.each.values()))
        failing = asyncio.create_task(self.failure())
        first: set[asyncio.Future[Any]] = {waiting, failing}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                await failing
            await waiting
        finally:
            for each in first:
                each.cancel()
            await asyncio.gather(*first, return_exceptions=True)

    async def ready(self, service: ServiceProcess) -> None:
        """Wait until a service says that it is ready. Raises ServiceFailed."""
        reason = "it does not answer"
        async with httpx.AsyncClient(timeout=2) as client:
            with suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    while True:
                        with suppress(httpx.HTTPError):
                            answer = await client.get(f"{service.admin_url}/readyz")
                            if answer.status_code == 200:
                                return
                            reason = answer.text
                        await asyncio.sleep(0.1)
        raise ServiceFailed(
            f"{service.name} is not ready after {READY_SECONDS} s: {reason}\n{service.last_words()}"
        )

    async def _keep_alive(self, service: ServiceProcess) -> None:
        short = 0
        while service.process is not None:
            started = seconds()
            code = await service.process.wait()
            killed = code > 128  # from outside: no fault of its own
            short = short + 1 if seconds() - started < SHORT_LIFE_SECONDS and not killed else 0
            how = f"by signal {code - 128}" if killed else f"with exit code {code}"
            if short >= SHORT_LIVES:
                words = service.last_words()
                raise ServiceFailed(
                    f"{service.name} ended {how}, again and again. Its log ends with:\n{words}"
                )
            self._say(f"{service.name} ended {how}: starting it again")
            await service.start()

    async def _stop(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await asyncio.gather(*(service.stop() for service in self.each.values()))

    def _environment(self, name: str, servers: Servers, ports: tuple[int, int]) -> dict[str, str]:
        prefix = name.upper()
        return {
            f"{prefix}_DATABASE_URL": self._databases[name],
            f"{prefix}_KAFKA": servers.kafka,
            f"{prefix}_HTTP_PORT": str(ports[0]),
            f"{prefix}_ADMIN_PORT": str(ports[1]),
        }


def _of(service: str, settings: Mapping[str, str]) -> dict[str, str]:
    prefixes = (f"{service.upper()}_", *FOR_ALL)
    return {key: value for key, value in settings.items() if key.startswith(prefixes)}


def _database(admin_url: str, name: str) -> str:
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()
