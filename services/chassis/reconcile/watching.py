"""Looks again and again, and shows what it finds as metrics."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from services.chassis.clock import utc_now
from services.chassis.reconcile.asking import CannotAsk
from services.chassis.reconcile.looking import Findings

REGISTRY: Final = CollectorRegistry()
MISSING: Final = Gauge(
    "ciclo_reconcile_missing_events",
    "Events that were published and read past without being applied: 0 when healthy",
    registry=REGISTRY,
)
AHEAD: Final = Gauge(
    "ciclo_reconcile_ahead_subjects",
    "Subjects of which a reader knows more than their source: it was restored from a backup",
    registry=REGISTRY,
)
UNDECIDED: Final = Gauge(
    "ciclo_reconcile_undecided_subjects",
    "Subjects of which something was on its way all the time of the last look",
    registry=REGISTRY,
)
PARKED_OLDEST: Final = Gauge(
    "ciclo_reconcile_parked_oldest_seconds", "For how long an input waits", ["service"], registry=REGISTRY
)
UNSENT_OLDEST: Final = Gauge(
    "ciclo_reconcile_unsent_oldest_seconds", "For how long an event waits", ["service"], registry=REGISTRY
)
LOOKS: Final = Counter(
    "ciclo_reconcile_looks", "Looks: at all services, or cut short", ["result"], registry=REGISTRY
)
LAST_LOOK: Final = Gauge(
    "ciclo_reconcile_last_look_timestamp_seconds", "When all services were last compared", registry=REGISTRY
)


async def watch(
    look: Callable[[], Awaitable[Findings]],
    tell: Callable[[Findings | CannotAsk], None],
    *,
    every: float,
    host: str,
    port: int,
) -> None:
    """Look every so many seconds, for ever; metrics are served at `host`:`port`."""
    MISSING.set(math.nan)
    server, _ = start_http_server(port, host, REGISTRY)
    try:
        while True:
            try:
                findings = await look()
            except CannotAsk as error:
                LOOKS.labels("failed").inc()
                tell(error)
            else:
                _show(findings)
                tell(findings)
            await asyncio.sleep(every)
    finally:
        server.shutdown()


def _show(findings: Findings) -> None:
    MISSING.set(findings.events)
    AHEAD.set(len({claim.subject for claim in findings.ahead}))
    UNDECIDED.set(sum(findings.undecided.values()))
    for progress in findings.progress:
        parked = max(pile.oldest_seconds for pile in progress.backlog.parked.values())
        PARKED_OLDEST.labels(progress.service).set(parked)
        UNSENT_OLDEST.labels(progress.service).set(progress.backlog.unsent.oldest_seconds)
    LAST_LOOK.set(utc_now().timestamp())
    LOOKS.labels("done").inc()
