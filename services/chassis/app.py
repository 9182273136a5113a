"""The composition root of every service: what runs, in which order it starts, and how it ends."""

import asyncio
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from fastapi import APIRouter, FastAPI

from services.chassis import counting, metrics
from services.chassis.admin import Inside, create_admin, open_doors
from services.chassis.admin import router as admin_router
from services.chassis.commands import Commands
from services.chassis.consumer import Consumer
from services.chassis.database import Database, create_pool, is_transient
from services.chassis.definition import Definition
from services.chassis.effects import Effects
from services.chassis.engine import Committed, Engine, release_of
from services.chassis.fan_outs import FanOuts
from services.chassis.health import Health, Part
from services.chassis.http import create_http
from services.chassis.keys import scopes_of
from services.chassis.lanes import Lanes
from services.chassis.lifecycle import Lifecycle, patiently
from services.chassis.publisher import Publisher
from services.chassis.pulse import Pulse
from services.chassis.relay import Relay
from services.chassis.server import HttpServer
from services.chassis.settings import ServiceSettings
from services.chassis.sweeper import Sweeper
from services.chassis.telemetry.exporting import Tracing, tracing_of
from services.chassis.telemetry.statements import watch
from services.chassis.timers import Timers
from services.chassis.visitors import Buckets, Visitors

ENDED, FAILED, CUT = 0, 1, 3

log = structlog.get_logger()


class App:
    """One replica of a service: its definition, its settings, its routes.

    `body_limits`: more bytes than the usual 64 KiB for bodies at paths that end so: `{"/files": 6_000_000}`.
    `topic_prefix` stands before the name of every topic and of the group, so that tests can share a broker;
    they may give their own `tracing`, too: else it is as OTEL_* says.
    """

    def __init__(
        self,
        definition: Definition,
        settings: ServiceSettings,
        routers: Sequence[APIRouter] = (),
        *,
        title: str = "",
        topic_prefix: str = "",
        body_limits: Mapping[str, int] | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self.definition = definition
        """What the service is; operators' commands need it without running anything."""
        self._settings = settings
        self._routers = routers
        self._title = title or definition.name
        self._prefix = topic_prefix
        self._body_limits = body_limits
        self._tracing = tracing
        self._lifecycle = Lifecycle()
        self.health = Health(lambda: self._lifecycle.parts)
        self.http_port = settings.http_port
        """The port of the API; after the start, the one really taken."""
        self.admin_port = settings.admin_port
        """The port of the probes and metrics; after the start, the one really taken."""

    def scopes(self) -> frozenset[str]:
        """Every scope that some route needs: those that API keys can have."""
        return scopes_of([*self._routers, admin_router])

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a part dies. Returns the process's exit code.

        0: ended as asked. 1: could not start, or a part died. 3: ended as asked, but work was cut because
        it was not finished within `shutdown_seconds`.
        """
        asyncio.get_running_loop().set_exception_handler(_unhandled)
        with _stop_signals() as asked:
            failed = await self._run_until(asked)
        began_with = len(self._lifecycle.parts)
        cut = await self.stop()
        log.info("ended", failed=failed, cut=cut, parts=began_with)
        if failed:
            return FAILED
        return CUT if cut else ENDED

    async def start(self) -> None:
        """Start every part; waits as long as the database is away, but not for Kafka.

        Raises what makes a start impossible. Call `stop` afterwards in any case.
        """
        settings, definition = self._settings, self.definition
        doors = create_admin(self._title, self.health, self._broken)
        admin = HttpServer("admin http", doors, settings.http_host, settings.admin_port)
        await self._lifecycle.start(admin)
        self.admin_port = admin.port
        log.info("probes listen", admin=f"{settings.http_host}:{self.admin_port}")
        pool = await create_pool(settings.database_url.get_secret_value(), definition.name)
        tracing = self._tracing or tracing_of(definition.name, release_of(definition.name))
        await self._lifecycle.start(tracing)
        engine = Engine(pool, definition, tracing)
        database = Database(pool, definition.name)
        self._lifecycle.parts.append(database)
        await patiently(database.name, database.start, is_transient)
        await patiently("engine", engine.start, is_transient)
        metrics.BUILD.at(definition.name, engine.release).set(1)
        watch(counting.statement_ended)
        await self._lifecycle.start(Pulse())
        workers = self._workers(engine, pool)
        for part in workers.all:
            await self._lifecycle.start(part)
        open_doors(doors, Inside(pool, engine, workers.consumer, workers.relay))
        commands = Commands(engine)
        await self._lifecycle.start(commands)
        http = HttpServer(
            "http",
            self._public(commands, pool, tracing),
            settings.http_host,
            settings.http_port,
            trusted_proxies=settings.trusted_proxies,
        )
        await self._lifecycle.start(http)
        self.http_port = http.port
        self.health.stage = None
        log.info(
            "started",
            release=engine.release,
            kafka=settings.kafka,
            http=f"{settings.http_host}:{self.http_port}",
            admin=f"{settings.http_host}:{self.admin_port}",
        )

    async def stop(self) -> list[str]:
        """Drain and stop every part within `shutdown_seconds`; returns the names of those that were cut."""
        self.health.stage = "stopping"
        return await self._lifecycle.stop(self._settings.shutdown_seconds)

    async def _run_until(self, asked: asyncio.Event) -> bool:
        """Start, then wait for the end; True if it was not asked for."""
        ended = asyncio.create_task(asked.wait())
        running = asyncio.create_task(self._run_parts())
        try:
            await asyncio.wait({ended, running}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return False
            await running
        except Exception as error:
            log.exception("cannot run", reason=str(error) if isinstance(error, RuntimeError) else "")
        finally:
            ended.cancel()
            running.cancel()
            await asyncio.gather(ended, running, return_exceptions=True)
        return True

    async def _run_parts(self) -> None:
        await self.start()
        for part, death in (await self._lifecycle.dead()).items():
            log.error("part died", part=part, exc_info=death)

    def _workers(self, engine: Engine, pool: asyncpg.Pool) -> "_Workers":
        """Make what works without being called; what stops last comes first: the relay sends what is left."""
        definition, settings = self.definition, self._settings
        lanes = Lanes(settings.database_url.get_secret_value(), definition.name)
        relay = Relay(lanes, Publisher(settings.kafka, prefix=self._prefix), engine.tracing)
        sweeper = Sweeper(engine, lanes)
        fan_outs = FanOuts(engine, lanes, pool, definition.targets)
        effects = [Effects(engine, lanes, runner) for runner in definition.runners]
        timers = Timers(engine, lanes)
        consumer = Consumer(
            engine, definition, kafka=settings.kafka, batch_size=settings.batch_size, prefix=self._prefix
        )

        def wake(committed: Committed) -> None:
            for there_is_work, loops in (
                (committed.events, [relay]),
                (committed.effects, effects),
                (committed.fan_outs, [fan_outs]),
            ):
                if there_is_work:
                    for loop in loops:
                        loop.wake()

        engine.on_commit(wake)
        return _Workers([lanes, relay, sweeper, fan_outs, *effects, timers, consumer], relay, consumer)

    def _public(self, commands: Commands, pool: asyncpg.Pool, tracing: Tracing) -> FastAPI:
        return create_http(
            self._title,
            self._routers,
            commands=commands,
            pool=pool,
            health=self.health,
            visitors=Visitors(
                strangers=Buckets(self._settings.stranger_per_second),
                holders=Buckets(self._settings.holder_per_second),
            ),
            body_limits=self._body_limits,
            tracing=tracing,
        )

    def _broken(self) -> dict[str, bool]:
        problems = self.health.problems()
        return {part.name: part.name in problems for part in self._lifecycle.parts}


@dataclass(frozen=True, slots=True)
class _Workers:
    """What works without being called; two of them answer at the admin port."""

    all: list[Part]
    relay: Relay
    consumer: Consumer


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Inside the block, SIGTERM and SIGINT set the event."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Without asyncio's own message: it shows objects with all they hold.
    log.error("unhandled in the event loop", exc_info=context.get("exception"))
