"""What every part stands on: servers, topics and databases of its own, and what they cost."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from ciclo_schemas.topics import create_topics, load_topics
from deploy.embedded import Servers
from tests.benchmarks.measure import family_cpu
from tests.support.databases import fresh_database

Say = Callable[[str], None]
REWIND_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. `cut` divides the work of a full run, for a run that only shows that all works."""

    repetitions: int
    cut: int = 1

    def of(self, count: int, least: int = 1) -> int:
        """So much of a full run's count."""
        return max(least, count // self.cut)


@dataclass(frozen=True, slots=True)
class Bench:
    """How much is done, and where progress is told."""

    size: Size
    say: Say


@dataclass(frozen=True, slots=True)
class Stand(Bench):
    """The servers of a run, and the way to things on them that nobody else uses."""

    servers: Servers

    @property
    def kafka(self) -> str:
        """Kafka's address."""
        return self.servers.kafka

    def database(self, service: str) -> AbstractAsyncContextManager[str]:
        """The URL of a fresh, migrated database of a service; dropped at the end."""
        return fresh_database(self.servers.postgres, service)

    def cpu(self) -> dict[str, float]:
        """CPU seconds that the servers have used so far; empty where that cannot be told."""
        pids = {"PostgreSQL": self._pid("postgres"), "Kafka": self._pid("kafka")}
        spent = {name: family_cpu(pid) for name, pid in pids.items() if pid is not None}
        return {name: cpu for name, cpu in spent.items() if cpu is not None}

    def _pid(self, name: str) -> int | None:
        if os.environ.get(f"CICLO_{name.upper()}"):
            return None  # somebody else's server
        try:
            return int((self.servers.directory / name / "pid").read_text())
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Topics:
    """Ciclo's topics behind a prefix that nobody else uses."""

    prefix: str
    partitions: int | None

    def of(self, name: str) -> list[TopicPartition]:
        """The partitions of one of them."""
        count = self.partitions or load_topics()[name].partitions
        return [TopicPartition(self.prefix + name, number) for number in range(count)]


@asynccontextmanager
async def topics(stand: Stand, partitions: int | None = None) -> AsyncIterator[Topics]:
    """Make them; removed at the end. `partitions`: instead of what the topics' files say."""
    prefix = f"bench-{secrets.token_hex(4)}."
    await create_topics(stand.kafka, partitions=partitions, prefix=prefix)
    try:
        yield Topics(prefix, partitions)
    finally:
        await forget_topics(stand.kafka, prefix)


async def forget_topics(kafka: str, prefix: str) -> None:
    """Remove Ciclo's topics behind a prefix."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics([prefix + name for name in load_topics()])
    finally:
        await admin.close()


class Ends:
    """Where topics end: how many records were ever written to them."""

    def __init__(self, kafka: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=kafka)

    async def __aenter__(self) -> "Ends":
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def count(self, partitions: Iterable[TopicPartition]) -> int:
        """Records up to the ends."""
        ends: Mapping[Any, int] = await self._consumer.end_offsets(list(partitions))
        return sum(ends.values())


async def rewind(kafka: str, group: str, partitions: Iterable[TopicPartition]) -> None:
    """Let a group begin again. Waits until the last of its members is gone."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        begin = dict.fromkeys(partitions, 0)
        consumer.assign(list(begin))
        async with asyncio.timeout(REWIND_SECONDS):
            while True:
                try:
                    await consumer.commit(begin)
                except KafkaError:
                    await asyncio.sleep(0.2)
                else:
                    return
    finally:
        await consumer.stop()
