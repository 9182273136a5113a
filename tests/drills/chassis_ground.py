"""A small service of the chassis on the drill's servers, and when each of its inputs was applied."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer

from services.chassis.consumer import Consumer
from services.chassis.decider import Decider
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input, Outcome
from tests.drills.contents import Place as DrillPlace
from tests.support.databases import fresh_database
from tests.support.engine_world import COUNTS, TABLES, World
from tests.support.place import PARTITIONS, Place, all_partitions
from tests.support.replica import producing, topics


class Timed(Engine):
    """Notes when each input was applied (monotonic seconds), by its id."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.applied: dict[str, float] = {}

    async def apply(self, inputs: Sequence[Input], **more: Any) -> list[Outcome]:
        """Apply, and note."""
        outcomes = await super().apply(inputs, **more)
        now = monotonic()
        for one, outcome in zip(inputs, outcomes, strict=True):
            if outcome.fate is Fate.APPLIED:
                self.applied[str(one.id)] = now
        return outcomes


def service(decider: Decider[Any] = COUNTS, projection: Any = None) -> Definition:
    """The service: reads cases and routing, publishes as warranty."""
    return Definition(
        name="warranty",
        deciders=(decider,),
        tables=TABLES,
        reads=("ciclo.cases.v1", "ciclo.routing.v1"),
        projection=projection,
    )


@asynccontextmanager
async def chassis_ground(place: DrillPlace) -> AsyncIterator[Place]:
    """Its database and topics, gone at the end."""
    prefix = f"drill-{token_hex(4)}."
    kafka = place.servers.direct.kafka
    async with (
        fresh_database(place.servers.direct.postgres, "chassis") as url,
        topics(kafka, prefix, PARTITIONS),
        producing(kafka) as producer,
    ):
        world = await World.create(url)
        await world.pool.execute("UPDATE clock_shift SET frozen = NULL")
        outsider = AIOKafkaConsumer(
            bootstrap_servers=kafka, group_id=f"{prefix}ciclo-warranty", enable_auto_commit=False
        )
        outsider.assign(all_partitions(prefix))
        await outsider.start()
        try:
            yield Place(world, url, kafka, prefix, producer, outsider)
        finally:
            await outsider.stop()
            await world.pool.close()


@asynccontextmanager
async def consuming(place: Place, engine: Engine, definition: Definition) -> AsyncIterator[Consumer]:
    """A replica's consumer, until the end of the block; it has partitions when the block begins."""
    await engine.start()
    consumer = Consumer(engine, definition, kafka=place.kafka, prefix=place.prefix)
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            while consumer.problem() is not None:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.05)
        yield consumer
    finally:
        await consumer.stop()
