"""One world of the engine for each module of tests, and a place for its consumer."""

from collections.abc import AsyncIterator, Iterator

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.embedded import Servers
from services.chassis import consumer as consumer_module
from tests.conftest import NewDatabase
from tests.support.engine_world import World
from tests.support.logged import Logged, logged
from tests.support.place import PARTITIONS, Place, all_partitions
from tests.support.replica import producing, topics


@pytest.fixture(scope="module")
async def url(database: NewDatabase) -> str:
    """A fresh database with the engine's tables."""
    return await database("chassis")


@pytest.fixture(scope="module")
async def shared(url: str) -> AsyncIterator[World]:
    """The world on it; what the tests of a module leave in it stays until one of them forgets it."""
    world = await World.create(url)
    yield world
    await world.pool.close()


@pytest.fixture
async def world(shared: World) -> World:
    """The world, empty."""
    await shared.forget()
    return shared


@pytest.fixture
def log() -> Iterator[Logged]:
    """Logs as in production: an error costs little to log, however often it comes."""
    with logged() as kept_log:
        yield kept_log


@pytest.fixture
async def place(
    world: World,
    url: str,
    log: Logged,
    servers: Servers,
    kafka_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Place]:
    """The world, empty, with topics that no other test uses; a silent member leaves its group soon."""
    monkeypatch.setattr(consumer_module, "SESSION_MILLISECONDS", 2_000)
    async with topics(servers.kafka, kafka_prefix, PARTITIONS), producing(servers.kafka) as producer:
        # Looks at the group's offsets and sets them, without being one of its members.
        outsider = AIOKafkaConsumer(
            bootstrap_servers=servers.kafka,
            group_id=f"{kafka_prefix}ciclo-warranty",
            enable_auto_commit=False,
        )
        outsider.assign(all_partitions(kafka_prefix))
        await outsider.start()
        try:
            yield Place(world, url, servers.kafka, kafka_prefix, producer, outsider)
        finally:
            await outsider.stop()
