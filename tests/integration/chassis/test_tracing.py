"""The spans of what a service decides, over the real engine and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from services.chassis.engine import Engine
from services.chassis.inputs import Fate
from services.chassis.telemetry import semconv
from tests.support.engine_world import World, command, definition, event, human_of, information_of, subject
from tests.support.told import Told, about, links, parent, traceparent

CREATED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Where the events of the test world come from."""
WORK = ("process", "create", "decide", "timer", "effect", "apply", "send")
"""What spans are about; statements of PostgreSQL only if they are slow."""


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def traced(world: World, told: Told) -> AsyncIterator[World]:
    """The world, with an engine that tells what it does."""
    engine = Engine(world.pool, definition(), told.tracing)
    await engine.start()
    yield World(world.pool, engine)
    await told.tracing.stop(1)


async def settled() -> None:
    """What is told after a commit is told in the next turn of the loop."""
    await asyncio.sleep(0)


async def test_an_event_is_processed_in_its_leg_and_what_it_causes_hangs_under_it(
    traced: World, told: Told
) -> None:
    await traced.engine.apply([event(1, "intake", 1, information_of("slot"))])
    await settled()
    process, create = told.one("process ciclo.cases.v1"), told.one("create ciclo.warranty.v1")
    assert (process.kind, create.kind) == (SpanKind.CONSUMER, SpanKind.PRODUCER)
    assert (parent(process), links(process)) == (CREATED, {"message": CREATED})
    assert (parent(create), links(create)) == (traceparent(process), {})
    for span in (process, create):
        assert about(span)[semconv.CASE_ID] == about(span)[semconv.CONVERSATION] == str(subject(1))
    [row] = await traced.pool.fetch("SELECT id, traceparent FROM events")
    assert (about(create)[semconv.MESSAGE_ID], traceparent(create)) == (str(row["id"]), row["traceparent"])
    assert [name for name in told.names() if name.partition(" ")[0] in WORK] == [process.name, create.name]
