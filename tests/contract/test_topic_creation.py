"""Topics are created from their files by an explicit step, on a real broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ciclo_schemas.topics import TopicsError, check_topics, create_topics, load_topics
from deploy.embedded import Servers

pytestmark = pytest.mark.integration


@pytest.fixture
async def admin(servers: Servers, kafka_prefix: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connection to the broker; topics of this test are deleted after it."""
    client = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await client.start()
    yield client
    await client.delete_topics([name for name in await client.list_topics() if name.startswith(kafka_prefix)])
    await client.close()


async def test_topics_are_created_as_their_files_say_and_creating_again_changes_nothing(
    servers: Servers, kafka_prefix: str, admin: AIOKafkaAdminClient
) -> None:
    names = sorted(kafka_prefix + name for name in load_topics())
    assert await create_topics(servers.kafka, prefix=kafka_prefix) == names
    assert await check_topics(servers.kafka, prefix=kafka_prefix) == []
    described = {each["topic"]: each["partitions"] for each in await admin.describe_topics(names)}
    assert len(described[f"{kafka_prefix}ciclo.cases.v1"]) == 12
    assert all(part["leader"] >= 0 for parts in described.values() for part in parts)
    assert await create_topics(servers.kafka, prefix=kafka_prefix) == []


async def test_an_operator_is_told_how_the_broker_differs_from_the_files(
    servers: Servers, kafka_prefix: str, admin: AIOKafkaAdminClient
) -> None:
    odd = NewTopic(f"{kafka_prefix}ciclo.cases.v1", 2, 1, topic_configs={"retention.ms": "1000"})
    await admin.create_topics([odd])
    differences = await check_topics(servers.kafka, prefix=kafka_prefix)
    while f"{odd.name} is missing" in differences:  # the broker tells of a new topic a moment later
        await asyncio.sleep(0.05)
        differences = await check_topics(servers.kafka, prefix=kafka_prefix)
    assert f"{odd.name} has 2 partitions, not 12" in differences
    assert f"{odd.name} keeps records 1000 ms, not {30 * 86_400_000}" in differences
    assert f"{kafka_prefix}ciclo.routing.v1 is missing" in differences
    created = await create_topics(servers.kafka, partitions=2, prefix=kafka_prefix)
    assert odd.name not in created
    assert len(created) == len(load_topics()) - 1


async def test_more_copies_than_brokers_are_refused_with_the_reason(
    servers: Servers, kafka_prefix: str
) -> None:
    with pytest.raises(TopicsError, match=r"(?i)replication factor"):
        await create_topics(servers.kafka, replication=7, prefix=kafka_prefix)


async def test_a_broker_that_is_not_there_is_said_so() -> None:
    with pytest.raises(TopicsError, match=r"Kafka at 127\.0\.0\.1:1 "):
        await create_topics("127.0.0.1:1")
