"""Every metric of the chassis, in one list. Served as /metrics on the admin port, never on the public one."""

import math
from collections import Counter as Tally
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from starlette.responses import Response

from services.chassis.backlog import Backlog
from services.chassis.inputs import Input, Outcome

REGISTRY = CollectorRegistry()

INPUTS = Counter(
    "ciclo_inputs", "Inputs by how they came and what became of them", ["origin", "fate"], registry=REGISTRY
)
BATCH_SECONDS = Histogram(
    "ciclo_batch_seconds",
    "Time to decide and commit one batch of inputs",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
    registry=REGISTRY,
)
BATCH_INPUTS = Histogram(
    "ciclo_batch_inputs",
    "Inputs in one batch",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
    registry=REGISTRY,
)
PART_PROBLEM = Gauge(
    "ciclo_part_problem", "1 while a part of the service cannot do its work", ["part"], registry=REGISTRY
)
BUILD = Gauge("ciclo_build_info", "Always 1; which release runs", ["service", "release"], registry=REGISTRY)

RELAYED = Counter(
    "ciclo_relayed_events",
    "Events handed to the broker, by whether it has them",
    ["result"],
    registry=REGISTRY,
)
PRODUCERS = Counter(
    "ciclo_producers_made",
    "Kafka producers made; beyond the first, each because the one before failed",
    registry=REGISTRY,
)
REEMITTED = Counter(
    "ciclo_reemitted_events", "Events put into the outbox once more, on request", registry=REGISTRY
)
UNSENT = Gauge("ciclo_outbox_events", "Events that the broker has not acknowledged yet", registry=REGISTRY)
UNSENT_OLDEST = Gauge(
    "ciclo_outbox_oldest_seconds", "For how long the oldest of them has waited", registry=REGISTRY
)
PARKED = Gauge("ciclo_parked_inputs", "Inputs that cannot be decided yet", ["reason"], registry=REGISTRY)
PARKED_OLDEST = Gauge(
    "ciclo_parked_oldest_seconds", "For how long the oldest of them has waited", ["reason"], registry=REGISTRY
)
DEAD = Gauge(
    "ciclo_dead_letters",
    "Inputs whose decision failed; a blocking one holds back the later inputs of its aggregate",
    ["blocking"],
    registry=REGISTRY,
)
DEAD_OLDEST = Gauge(
    "ciclo_dead_letters_oldest_seconds",
    "How long ago the oldest of them failed first",
    ["blocking"],
    registry=REGISTRY,
)


def waiting(backlog: Backlog | None) -> None:
    """Show what waits in the database; nothing if that is not known now."""
    for gauge in (PARKED, PARKED_OLDEST, DEAD, DEAD_OLDEST):
        gauge.clear()
    if backlog is None:
        UNSENT.set(math.nan)
        UNSENT_OLDEST.set(math.nan)
        return
    UNSENT.set(backlog.unsent.count)
    UNSENT_OLDEST.set(backlog.unsent.oldest_seconds)
    for reason, pile in backlog.parked.items():
        PARKED.labels(reason).set(pile.count)
        PARKED_OLDEST.labels(reason).set(pile.oldest_seconds)
    for blocking, pile in backlog.dead.items():
        DEAD.labels(str(blocking).lower()).set(pile.count)
        DEAD_OLDEST.labels(str(blocking).lower()).set(pile.oldest_seconds)


def batch_applied(inputs: Sequence[Input], outcomes: Sequence[Outcome], seconds: float) -> None:
    """Count one committed batch."""
    BATCH_SECONDS.observe(seconds)
    BATCH_INPUTS.observe(len(inputs))
    pairs = zip(inputs, outcomes, strict=True)
    for (origin, fate), count in Tally((i.origin.value, o.fate.value) for i, o in pairs).items():
        INPUTS.labels(origin, fate).inc(count)


def scrape(problems: Mapping[str, bool]) -> Response:
    """The answer to Prometheus; `problems` says of every part whether it has one."""
    for part, has_one in problems.items():
        PART_PROBLEM.labels(part).set(has_one)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_1_0_0)
