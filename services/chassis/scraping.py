"""The answer to Prometheus: whatever is away, it comes soon, with what is known."""

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

import asyncpg
import structlog
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.openmetrics import exposition as openmetrics
from starlette.responses import Response

from services.chassis import metrics
from services.chassis.backlog import Backlog, read_backlog
from services.chassis.clock import utc_now
from services.chassis.consumer import Consumer
from services.chassis.engine import Engine
from services.chassis.meters import REGISTRY, Shown, show

PATIENCE_S: Final = 2.0
"""How long a scrape waits for the database; Prometheus gives up after 10 s."""
OF_BACKLOG: Final = (
    *(metrics.UNSENT, metrics.UNSENT_OLDEST, metrics.PARKED, metrics.PARKED_OLDEST),
    *(metrics.DEAD, metrics.DEAD_OLDEST, metrics.OVERDUE, metrics.OVERDUE_OLDEST),
    *(metrics.OWED, metrics.OWED_OLDEST),
)
OPENMETRICS: Final = "application/openmetrics-text"

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Look(Generic[T]):
    """Asks for something that may hang, one question at a time: whoever asks meanwhile waits for the same."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._running: asyncio.Task[T] | None = None

    async def within(self, patience: float) -> T | None:
        """The answer, or None if there is none in time; then the question goes on, and is not asked twice."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._answered(), name="look")
        asked = self._running
        done, _ = await asyncio.wait({asked}, timeout=patience)
        if not done or asked.cancelled():
            return None
        if (error := asked.exception()) is not None:
            log.debug("not_known_now", error=type(error).__name__)
            return None
        return asked.result()

    async def _answered(self) -> T:
        return await self._ask()


class Scrapes:
    """What /metrics shows of one service, once its parts run. `broken` says of every part whether it is."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine, consumer: Consumer) -> None:
        self._pool = pool
        self._engine = engine
        self._consumer = consumer
        self._told: Tally[str] = Tally()
        self._backlog = Look(lambda: read_backlog(pool))
        self._service = Look(self._look)

    async def look(self) -> None:
        """Let all gauges show what is known now; takes PATIENCE_S at most, and never raises."""
        backlog, service = await asyncio.gather(
            self._backlog.within(PATIENCE_S), self._service.within(PATIENCE_S)
        )
        measures = self._engine.definition.measures
        show(OF_BACKLOG, [] if backlog is None else list(_waiting(backlog)))
        show(() if measures is None else measures.gauges, service or [])
        metrics.SOURCE_UP.at("backlog").set(backlog is not None)
        metrics.SOURCE_UP.at("service").set(service is not None)
        self._show_pool()
        self._show_lag()
        self._show_lost_spans()

    async def _look(self) -> list[Shown]:
        measures = self._engine.definition.measures
        if measures is None or measures.look is None:
            return []
        async with asyncio.timeout(PATIENCE_S), self._pool.acquire(timeout=PATIENCE_S) as connection:
            return list(await measures.look(connection))

    def _show_pool(self) -> None:
        name, idle = self._engine.definition.name, self._pool.get_idle_size()
        metrics.POOL_MAX.at(name).set(self._pool.get_max_size())
        metrics.POOL_COUNT.at(name, "idle").set(idle)
        metrics.POOL_COUNT.at(name, "used").set(self._pool.get_size() - idle)

    def _show_lag(self) -> None:
        known = self._consumer.behind(utc_now().timestamp())
        shown = [
            one
            for (topic, partition), behind in known.items()
            for one in (
                Shown(metrics.LAG, (topic, str(partition)), behind.messages),
                Shown(metrics.LAG_SECONDS, (topic, str(partition)), behind.seconds),
            )
        ]
        show((metrics.LAG, metrics.LAG_SECONDS), shown)
        metrics.PROGRESS.at().set(self._consumer.last_progress)

    def _show_lost_spans(self) -> None:
        # The SDK counts in a thread of its own.
        for reason, count in dict(self._engine.tracing.dropped).items():
            metrics.SPANS_DROPPED.at(reason).inc(count - self._told[reason])
            self._told[reason] = count


def exposition(broken: Mapping[str, bool], accept: str) -> Response:
    """All metrics, in OpenMetrics (with exemplars) for whoever takes it; `broken`: which parts are."""
    for part, is_broken in broken.items():
        metrics.PART_PROBLEM.at(part).set(is_broken)
    if OPENMETRICS in accept:
        text = openmetrics.generate_latest(REGISTRY, version="1.0.0")  # type: ignore[no-untyped-call]
        return Response(text, media_type=openmetrics.CONTENT_TYPE_LATEST)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_1_0_0)


def _waiting(backlog: Backlog) -> list[Shown]:
    piles = [
        (metrics.UNSENT, metrics.UNSENT_OLDEST, (), backlog.unsent),
        (metrics.OVERDUE, metrics.OVERDUE_OLDEST, (), backlog.overdue),
        *(
            (metrics.PARKED, metrics.PARKED_OLDEST, (reason,), pile)
            for reason, pile in backlog.parked.items()
        ),
        *(
            (metrics.DEAD, metrics.DEAD_OLDEST, (str(is_blocking).lower(),), pile)
            for is_blocking, pile in backlog.dead.items()
        ),
        *((metrics.OWED, metrics.OWED_OLDEST, (kind,), pile) for kind, pile in backlog.effects.items()),
    ]
    return [
        shown
        for count, oldest, values, pile in piles
        for shown in (Shown(count, values, pile.count), Shown(oldest, values, pile.oldest_seconds))
    ]
