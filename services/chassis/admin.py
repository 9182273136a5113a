"""The admin port: probes, metrics, how far the service is, and what operators' tools may ask of it.

Listens before there is a database; the doors that need one answer 503 until then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import structlog
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.chassis.backlog import Backlog, read_backlog
from services.chassis.consumer import Consumer
from services.chassis.engine import Engine
from services.chassis.guard import Guard
from services.chassis.heads import (
    MAX_PAGE,
    MAX_SUBJECTS,
    PAGE,
    CloseHeads,
    Heads,
    read_heads,
    read_some,
)
from services.chassis.health import Health, health_routes
from services.chassis.http import answer_problems
from services.chassis.keys import Caller, KeyRing, needs
from services.chassis.problems import unavailable
from services.chassis.reemission import MAX_EVENTS, Stretch, reemit
from services.chassis.relay import Relay
from services.chassis.scraping import Scrapes, exposition
from services.chassis.visitors import Buckets, Visitors

REEMIT: Final = "operations:reemit"
"""The scope of a key that may ask for events once more."""
ASK_PER_SECOND: Final = 200.0

log = structlog.get_logger(__name__)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Inside:
    """What the doors look at, once the service has started."""

    pool: asyncpg.Pool
    engine: Engine
    consumer: Consumer
    relay: Relay


async def _inside(request: Request) -> Inside:
    inside: Inside | None = getattr(request.app.state, "inside", None)
    if inside is None:
        raise unavailable("starting", "the service is starting")
    return inside


InsideDep = Annotated[Inside, Depends(_inside)]


class Progress(BaseModel):
    """What waits in this service. `records`: [committed, end] by topic and partition, null without Kafka."""

    service: str
    backlog: Backlog
    records: dict[str, tuple[int, int]] | None


class Asked(BaseModel):
    """Events wanted once more: those of a subject from one sequence to another, both included."""

    model_config = ConfigDict(extra="forbid")

    subject: UUID
    epoch: int | None = Field(None, ge=1, description="Default: the service's epoch now")
    first: int = Field(alias="from", ge=1)
    last: int = Field(alias="to", ge=1)

    @model_validator(mode="after")
    def _forward(self) -> "Asked":
        if not 0 <= self.last - self.first < MAX_EVENTS:
            raise ValueError("expected a stretch of 1 to 10,000 events")
        return self


class Reemitted(BaseModel):
    """How many events are on their way once more; those that were on their way already do not count."""

    events: int


@router.get("/heads")
async def heads(
    inside: InsideDep,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = PAGE,
) -> Heads:
    """The last sequence published and applied of every aggregate, a page in the order of their ids."""
    return await read_heads(inside.pool, inside.engine.definition, inside.engine.source, after, limit)


@router.get("/heads/of")
async def heads_of(
    inside: InsideDep, subject: Annotated[list[UUID], Query(min_length=1, max_length=MAX_SUBJECTS)]
) -> CloseHeads:
    """The same for some aggregates, with what of them is not published yet, and what waits."""
    return await read_some(inside.pool, inside.engine.definition, subject)


@router.get("/progress")
async def progress(inside: InsideDep) -> Progress:
    """What waits: unsent events, parked inputs, dead letters, records to read."""
    backlog = await read_backlog(inside.pool)
    records = await inside.consumer.progress()
    return Progress(service=inside.engine.definition.name, backlog=backlog, records=records)


@router.post("/reemissions")
async def reemissions(
    asked: Annotated[list[Asked], Field(min_length=1, max_length=1_000)],
    inside: InsideDep,
    caller: Annotated[Caller, Depends(needs(REEMIT))],
    reason: Annotated[str, Query(min_length=1, max_length=200)] = "events were lost",
) -> Reemitted:
    """Publish these events once more, under their old ids and sequences (scope operations:reemit)."""
    epoch = inside.engine.source.epoch
    stretches = [Stretch(one.subject, one.epoch or epoch, one.first, one.last) for one in asked]
    service = inside.engine.definition.name
    events = await reemit(inside.pool, service, stretches, actor=caller.holder, reason=reason)
    log.info("reemitted", events=events, stretches=len(stretches), holder=caller.holder)
    inside.relay.wake()
    return Reemitted(events=events)


def create_admin(title: str, health: Health, broken_parts: Callable[[], dict[str, bool]]) -> FastAPI:
    """Make the app of the admin port; `open_doors` completes it."""
    app = FastAPI(title=f"{title}: probes, metrics, operations", docs_url=None, redoc_url=None)
    app.state.visitors = Visitors(strangers=Buckets(ASK_PER_SECOND), holders=Buckets(ASK_PER_SECOND))
    answer_problems(app)
    app.add_middleware(Guard)
    app.include_router(health_routes(health))
    app.include_router(router)

    @app.get("/metrics")
    async def shown(request: Request) -> Response:
        """Every metric, in OpenMetrics or Prometheus' text format; soon, with what is known now."""
        scrapes: Scrapes | None = getattr(request.app.state, "scrapes", None)
        if scrapes is not None:
            await scrapes.look()
        return exposition(broken_parts(), request.headers.get("Accept", ""))

    return app


def open_doors(app: FastAPI, inside: Inside) -> None:
    """From now on, all doors answer."""
    app.state.keys = KeyRing(inside.pool)
    app.state.inside = inside
    app.state.scrapes = Scrapes(inside.pool, inside.engine, inside.consumer)
