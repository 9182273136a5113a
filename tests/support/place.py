"""Where tests of the consumer take place: the world of the engine, and topics of their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata, TopicPartition

from services.chassis.consumer import Consumer
from services.chassis.engine import Engine
from tests.support.engine_world import (
    World,
    definition,
    human_of,
)
from tests.support.replica import CASES, ROUTING, Sent, record, send

WORKSHOPS = "ciclo.inbound.workshops.v1"
PARTITIONS = {CASES: 2, ROUTING: 1, WORKSHOPS: 1}


class Watched(Consumer):
    """A consumer that says what happens to its group."""

    assignments = 0
    revoking = False

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.revoking = bool(revoked)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self.assignments += 1
        await super().on_partitions_assigned(assigned)


def all_partitions(prefix: str) -> list[TopicPartition]:
    """Every partition of the topics of a test."""
    return [TopicPartition(prefix + topic, n) for topic, count in PARTITIONS.items() for n in range(count)]


class Place:
    """A database, topics of its own, and consumers of them."""

    def __init__(
        self,
        world: World,
        url: str,
        kafka: str,
        prefix: str,
        producer: AIOKafkaProducer,
        outsider: AIOKafkaConsumer,
    ) -> None:
        self.world, self.url, self.kafka, self.prefix, self.producer = world, url, kafka, prefix, producer
        self._outsider = outsider
        self._all = all_partitions(prefix)

    @asynccontextmanager
    async def consuming(
        self, engine: Engine | None = None, kafka: str | None = None
    ) -> AsyncIterator[Watched]:
        """A running consumer; stopped at the end."""
        consumer = Watched(
            engine or self.world.engine, definition(), kafka=kafka or self.kafka, prefix=self.prefix
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def send(self, *records: Sent) -> None:
        """Put records on the topics."""
        await send(self.producer, self.prefix, records)

    async def committed(self) -> dict[TopicPartition, int]:
        """The group's committed offsets above 0."""
        offsets = {partition: await self._outsider.committed(partition) for partition in self._all}
        return {partition: offset for partition, offset in offsets.items() if offset}

    async def forget_offsets(self) -> None:
        """As if the group had never read anything."""
        await self._outsider.commit({partition: OffsetAndMetadata(0, "") for partition in self._all})

    async def ends(self) -> dict[TopicPartition, int]:
        """Where the topics that hold something end."""
        offsets = await self._outsider.end_offsets(self._all)
        return {partition: offset for partition, offset in offsets.items() if offset}

    async def has_committed_everything(self) -> None:
        """Wait until every record that is on the topics is done with."""
        async with asyncio.timeout(20):
            while await self.committed() != await self.ends():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.05)

    async def has_seen(self, number: int, what: str) -> None:
        """Wait until an aggregate has seen something."""
        async with asyncio.timeout(20):
            while what not in await self.world.state(number):  # noqa: ASYNC110 - rows have no event
                await asyncio.sleep(0.02)


def human(number: int, sequence: int = 1) -> Sent:
    """A good event of intake."""
    return record(number, "intake", sequence, human_of())
