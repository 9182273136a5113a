"""Replicas of one service as processes: frozen and killed, they lose nothing and double nothing."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ciclo_schemas.envelope import from_record
from deploy.embedded import Servers
from services.chassis.database import create_pool, is_transient
from services.chassis.decider import Origin
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input
from tests.conftest import NewDatabase
from tests.support.engine_world import subject
from tests.support.replica import (
    CASES,
    DEFINITION,
    OWN,
    ROUTING,
    Heard,
    Note,
    Sent,
    everything,
    intake_says,
    of,
    producing,
    record,
    routing_says,
    send,
    topics,
)

IDLE_IN_TRANSACTION_S = 5.0
PARTITIONS = {CASES: 4, ROUTING: 2, OWN: 3}
READ = PARTITIONS[CASES] + PARTITIONS[ROUTING]


class Replica:
    """A process, and what it logged."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def assigned(self) -> int:
        """How many partitions it was given last."""
        return next(
            (one["count"] for one in reversed(self.lines) if one["event"] == "partitions_assigned"), 0
        )

    def is_stopped(self) -> bool:
        """Whether SIGSTOP has stopped it."""
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT | os.WNOHANG) is not None

    async def kill(self) -> None:
        """SIGKILL."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading


class Service:
    """Replicas on one database, in one group, with their own topics."""

    def __init__(self, pool: asyncpg.Pool, url: str, kafka: str, prefix: str, stack: AsyncExitStack) -> None:
        self.pool, self.prefix, self.kafka = pool, prefix, kafka
        self._url, self._stack = url, stack
        self.replicas: list[Replica] = []

    async def add(self, **settings: str) -> Replica:
        """Start one more replica."""
        environment = {
            "REPLICA_DATABASE": self._url,
            "REPLICA_KAFKA": self.kafka,
            "REPLICA_PREFIX": self.prefix,
            "REPLICA_SESSION_MILLISECONDS": "2000",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.replica",
            stdout=PIPE,
            env={**os.environ, **environment, **settings},
        )
        replica = Replica(process)
        self._stack.push_async_callback(replica.kill)
        self.replicas.append(replica)
        return replica

    async def words(self) -> dict[int, list[str]]:
        """What every aggregate has heard."""
        rows = await self.pool.fetch("SELECT id, state FROM aggregates WHERE state IS NOT NULL")
        first = subject(0).int
        return {row["id"].int - first: list(Heard.model_validate_json(row["state"]).words) for row in rows}

    async def has_heard(self, total: int) -> None:
        """Wait until all aggregates together have heard so much."""

        async def enough() -> bool:
            return sum(map(len, (await self.words()).values())) >= total

        await eventually(enough)

    async def count(self, table: str) -> int:
        found: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a test's name
        return found


@pytest.fixture
async def service(database: NewDatabase, servers: Servers, kafka_prefix: str) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(topics(servers.kafka, kafka_prefix, PARTITIONS))
        url = await database("chassis")
        pool = await create_pool(url, "ciclo-test")
        stack.push_async_callback(pool.close)
        yield Service(pool, url, servers.kafka, kafka_prefix, stack)


async def eventually(what: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await what():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.1)


@asynccontextmanager
async def two_sharing(service: Service, **settings_of_first: str) -> AsyncIterator[tuple[Replica, Replica]]:
    one, two = await service.add(**settings_of_first), await service.add()

    async def shared() -> bool:
        return one.assigned() > 0 and two.assigned() > 0 and one.assigned() + two.assigned() == READ

    await eventually(shared)
    yield one, two


async def published(service: Service) -> dict[str, list[tuple[int, str, int]]]:
    """Of every key, in order: sequence, event id, number of words; repeats of the same event are dropped."""
    found: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    ids: dict[str, tuple[str, int]] = {}
    for one in await everything(service.kafka, service.prefix + OWN):
        envelope, data = from_record(one.headers, one.value)
        assert one.key == envelope.subject.encode()
        assert envelope.sequence is not None
        place = (envelope.subject, envelope.sequence)
        if ids.setdefault(envelope.id, place) != place:
            pytest.fail(f"two events share the id {envelope.id}")
        told = (envelope.sequence, envelope.id, json.loads(data)["remedy_no"])
        if told not in found[envelope.subject]:
            found[envelope.subject].append(told)
    return found


async def assert_all_was_published_in_order(service: Service, words: dict[int, list[str]]) -> None:
    async def sent() -> bool:
        return await service.count("outbox") == 0

    await eventually(sent)
    of_key = await published(service)
    for number, heard in words.items():
        events = of_key[str(subject(number))]
        assert [event[0] for event in events] == list(range(1, len(heard) + 1))
        assert [event[2] for event in events] == list(range(1, len(heard) + 1))
        assert len({event[1] for event in events}) == len(heard)


async def held_for_a_while(pool: asyncpg.Pool) -> list[UUID]:
    """The aggregates that are locked for longer than a transaction at work takes."""
    held: set[UUID] = {row["id"] for row in await pool.fetch("SELECT id FROM aggregates")}
    for _ in range(5):
        held -= {row["id"] for row in await pool.fetch("SELECT id FROM aggregates FOR UPDATE SKIP LOCKED")}
        await asyncio.sleep(0.1)
    return sorted(held)


async def apply_patiently(engine: Engine, one: Input) -> Fate:
    """As the caller of a command does: what passes is tried again."""
    while True:
        try:
            return (await engine.apply([one]))[0].fate
        except Exception as error:
            if not is_transient(error):
                raise


@pytest.mark.timeout(90)
async def test_a_replica_frozen_inside_a_transaction_holds_up_nobody_and_does_no_harm_later(
    service: Service,
) -> None:
    cases = range(12)
    async with two_sharing(service, REPLICA_FREEZES="1") as (frozen, _), producing(service.kafka) as producer:
        await send(producer, service.prefix, [record(n, "intake", 1, intake_says(1)) for n in cases])

        async def heard(count: int) -> bool:
            words = await service.words()
            return len(words) == len(cases) and all(
                len(of(one, "intake")) == len(of(one, "ring")) == count for one in words.values()
            )

        await eventually(lambda: heard(1))
        second = [record(n, "intake", 2, intake_says(2, "freeze")) for n in cases]
        await send(producer, service.prefix, second)

        async def stopped() -> bool:
            return frozen.is_stopped()

        await eventually(stopped)
        held = await held_for_a_while(service.pool)
        assert held, "the frozen replica holds the locks of its transaction"

        began = time.monotonic()
        command = Note(word="note")
        one = Input(held[0], Origin.COMMAND, "Note", new_id(), command, command.model_dump_json())
        assert await apply_patiently(Engine(service.pool, DEFINITION), one) is Fate.APPLIED
        assert time.monotonic() - began < IDLE_IN_TRANSACTION_S + 3
        await send(producer, service.prefix, [record(n, "intake", 3, intake_says(3)) for n in cases])
        await eventually(lambda: heard(3))
        assert frozen.is_stopped()

        frozen.process.send_signal(signal.SIGCONT)
        before = len(frozen.lines)

        async def back() -> bool:
            return any(line["event"] == "partitions_assigned" for line in frozen.lines[before:])

        await eventually(back)
        last = [record(n, "intake", 4, intake_says(4)) for n in cases]
        await send(producer, service.prefix, [*second, *last])
        await eventually(lambda: heard(4))
        words = await service.words()
    for heard_words in words.values():
        assert of(heard_words, "intake") == [f"intake-{n}" for n in range(1, 5)]
        assert sorted(of(heard_words, "ring")) == [f"ring-{n}" for n in range(1, 5)]
    assert await service.count("parked") == await service.count("dead_letters") == 0
    # The service was left alone with its outbox: a new replica sends what is left.
    await service.add()
    await assert_all_was_published_in_order(service, words)


def history(rng: random.Random, cases: int, events: int) -> list[Sent]:
    """Events of intake and routing in the order of their causes, with what their writer had seen."""
    records, counts = [], [{"intake": 0, "routing": 0} for _ in range(cases)]
    for _ in range(events):
        number = rng.randrange(cases)
        source = rng.choice(["intake", "intake", "routing"])
        seen = counts[number]
        seen[source] += 1
        data = intake_says(seen["intake"]) if source == "intake" else routing_says(seen["routing"])
        clock = {} if source == "intake" else {"intake": seen["intake"]} if seen["intake"] else {}
        records.append(record(number, source, seen[source], data, clock))
    return records


def expected(records: list[Sent]) -> dict[bytes, dict[str, int]]:
    counts: dict[bytes, dict[str, int]] = defaultdict(lambda: {"intake": 0, "routing": 0})
    for one in records:
        assert one.key is not None
        counts[one.key]["routing" if one.topic == ROUTING else "intake"] += 1
    return counts


@pytest.mark.timeout(120)
async def test_killed_replicas_lose_nothing_double_nothing_and_publish_everything_in_order(
    service: Service,
) -> None:
    rng = random.Random(20261121)  # noqa: S311 - a test's dice
    records = history(rng, cases=50, events=2_100)
    rounds = 3
    chunk = len(records) // rounds
    async with two_sharing(service), producing(service.kafka) as producer:
        for number in range(rounds):
            fresh = records[number * chunk : (number + 1) * chunk]
            again = rng.choices(records[: (number + 1) * chunk], k=chunk // 4)
            sending = asyncio.create_task(send(producer, service.prefix, [*fresh, *again, *fresh[:20]]))
            await service.has_heard(number * chunk + rng.randrange(chunk // 2))
            victim = rng.choice(service.replicas[-2:])
            service.replicas.remove(victim)
            await victim.kill()
            await sending
            await service.add()
        await service.has_heard(len(records) + sum(one.topic == CASES for one in records))
        words = await service.words()
        await assert_all_was_published_in_order(service, words)
    counts = expected(records)

    def count_of(case: int, source: str) -> int:
        return counts[str(subject(case)).encode()][source]

    assert len(words) == len(counts)
    for case, heard in words.items():
        for source in ("intake", "routing"):
            assert of(heard, source) == [f"{source}-{n}" for n in range(1, count_of(case, source) + 1)]
        rings = of(heard, "ring")
        assert sorted(rings) == sorted(f"ring-{n}" for n in range(1, count_of(case, "intake") + 1))
    assert await service.count("parked") == await service.count("dead_letters") == 0
