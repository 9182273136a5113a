"""Looks again and again, and shows what it finds as metrics."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server

from services.chassis.clock import utc_now
from services.chassis.meters import Label, counter, gauge
from services.chassis.reconcile.asking import CannotAsk
from services.chassis.reconcile.looking import Findings

REGISTRY: Final = CollectorRegistry()
_counter = partial(counter, registry=REGISTRY)
_gauge = partial(gauge, registry=REGISTRY)
_SERVICE: Final = Label("service", bound="the services that are compared")

MISSING: Final = _gauge(
    "ciclo_reconcile_missing_events",
    "Events that were published and read past without being applied: 0 when healthy",
    unit="events",
)
AHEAD: Final = _gauge(
    "ciclo_reconcile_ahead_subjects",
    "Subjects of which a reader knows more than their source: it was restored from a backup",
    unit="subjects",
)
UNDECIDED: Final = _gauge(
    "ciclo_reconcile_undecided_subjects",
    "Subjects of which something was on its way all the time of the last look",
    unit="subjects",
)
PARKED_OLDEST: Final = _gauge(
    "ciclo_reconcile_parked_oldest_seconds", "For how long an input waits", _SERVICE, unit="seconds", most=20
)
UNSENT_OLDEST: Final = _gauge(
    "ciclo_reconcile_unsent_oldest_seconds", "For how long an event waits", _SERVICE, unit="seconds", most=20
)
LOOKS: Final = _counter(
    "ciclo_reconcile_looks",
    "Looks: at all services, or cut short",
    Label("result", ("done", "failed")),
    unit="looks",
)
LAST_LOOK: Final = _gauge(
    "ciclo_reconcile_last_look_timestamp_seconds",
    "When all services were last compared",
    unit="seconds since 1970",
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
    MISSING.at().set(math.nan)
    server, _ = start_http_server(port, host, REGISTRY)
    try:
        while True:
            try:
                findings = await look()
            except CannotAsk as error:
                LOOKS.at("failed").inc()
                tell(error)
            else:
                _show(findings)
                tell(findings)
            await asyncio.sleep(every)
    finally:
        server.shutdown()


def _show(findings: Findings) -> None:
    MISSING.at().set(findings.events)
    AHEAD.at().set(len({claim.subject for claim in findings.ahead}))
    UNDECIDED.at().set(sum(findings.undecided.values()))
    for progress in findings.progress:
        parked = max(pile.oldest_seconds for pile in progress.backlog.parked.values())
        PARKED_OLDEST.at(progress.service).set(parked)
        UNSENT_OLDEST.at(progress.service).set(progress.backlog.unsent.oldest_seconds)
    LAST_LOOK.at().set(utc_now().timestamp())
    LOOKS.at("done").inc()
