"""The way in from real Kafka: nothing that is on a topic is lost, applied twice, or holds up the rest."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ciclo_schemas.cases import CaseInformationReceived
from services.chassis import consumer as consumer_module
from services.chassis import offsets as offsets_module
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.decider import Decider, Decision
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input, Outcome
from tests.support.engine_world import (
    COUNTS,
    Count,
    definition,
    information_of,
)
from tests.support.logged import Logged
from tests.support.place import Place, human
from tests.support.replica import CASES, record
from tests.support.switch import switch
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(60)


class HeldEngine(Engine):
    """An engine whose batches wait for a sign before they begin; keeps what became of their inputs."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.sign = asyncio.Event()
        self.waiting = False
        self.fates: list[Fate] = []

    async def apply(self, inputs: Sequence[Input], **given: Any) -> list[Outcome]:
        self.waiting = True
        await self.sign.wait()
        outcomes = await super().apply(inputs, **given)
        self.fates += [outcome.fate for outcome in outcomes]
        return outcomes


async def test_a_broker_that_is_away_at_the_start_is_told_and_waited_for(place: Place) -> None:
    await place.send(human(1))
    async with switch(f"kafka://{place.kafka}") as (url, line):
        line.open = False
        bootstrap = url.rpartition("@")[2]
        async with place.consuming(kafka=bootstrap) as consumer:
            await until(lambda: "no answer" in (consumer.problem() or ""))
            assert bootstrap in (consumer.problem() or "")
            line.open = True
            await place.has_seen(1, "human")
            assert consumer.problem() is None


async def test_topics_that_are_missing_are_told_with_what_to_do(place: Place, kafka_prefix: str) -> None:
    consumer = Consumer(place.world.engine, definition(), kafka=place.kafka, prefix=f"{kafka_prefix}other.")
    await consumer.start()
    try:
        await until(lambda: f"no topics {kafka_prefix}other.{CASES}, " in (consumer.problem() or ""))
    finally:
        await consumer.stop()


async def test_while_the_database_is_away_a_batch_waits_in_its_place_and_the_group_keeps_its_member(
    place: Place,
) -> None:
    async with switch(place.url) as (url, line):
        pool = await create_pool(url, "ciclo-test-cut")
        engine = Engine(pool, definition())
        async with place.consuming(engine) as consumer:
            await place.send(*(human(n) for n in range(1, 31)))
            await place.has_committed_everything()
            line.open = False
            await place.send(*(human(n, 2) for n in range(1, 31)))
            await until(lambda: "cannot be stored" in (consumer.problem() or ""))
            before = await place.committed()
            # Longer than Kafka keeps a member that it does not hear of.
            await asyncio.sleep(3)
            assert await place.committed() == before
            assert await place.world.state(1) == ["human"]
            line.open = True
            await place.has_committed_everything()
            assert consumer.problem() is None
            assert consumer.assignments == 1
        await pool.close()
    for number in range(1, 31):
        assert await place.world.state(number) == ["human", "human"]


async def test_a_release_that_fails_on_everything_keeps_nothing_and_says_so_until_it_is_replaced(
    place: Place,
) -> None:
    def fail(state: Count | None, _event: CaseInformationReceived, _given: Any) -> Decision[Count]:
        raise RuntimeError("a bug that hits everybody")

    bad: Decider[Count] = replace(COUNTS, on={**COUNTS.on, CaseInformationReceived: fail})
    await place.send(*(record(n, "intake", 1, information_of("slot-a")) for n in range(1, 41)))
    async with place.consuming(Engine(place.world.pool, definition(bad))) as consumer:
        await until(lambda: (consumer.problem() or "").startswith("breaker open"))
        assert "40 of the last 40 inputs failed" in (consumer.problem() or "")
        for table in ("aggregates", "dead_letters", "parked", "events"):
            assert await place.world.count(table) == 0
    assert await place.committed() == {}
    async with place.consuming(Engine(place.world.pool, definition())) as consumer:
        await place.has_committed_everything()
        assert consumer.problem() is None
    assert await place.world.pool.fetchval("SELECT taken FROM slots") == 40
    assert await place.world.count("dead_letters") == 0


async def test_a_rebalance_waits_for_the_batch_in_flight(place: Place) -> None:
    first_engine = HeldEngine(place.world.pool, definition())
    second_engine = HeldEngine(place.world.pool, definition())
    second_engine.sign.set()
    await place.send(*(human(n) for n in range(1, 21)))
    async with place.consuming(first_engine) as first:
        await until(lambda: first_engine.waiting)
        async with place.consuming(second_engine) as second:
            await until(lambda: first.revoking)
            await asyncio.sleep(1)
            assert second.assignments == 0
            first_engine.sign.set()
            await until(lambda: second.assignments == 1)
            await place.has_committed_everything()
        assert Fate.DUPLICATE not in first_engine.fates + second_engine.fates
    for number in range(1, 21):
        assert await place.world.state(number) == ["human"]


async def test_offsets_wait_for_those_of_the_next_batches_and_for_no_longer_than_the_consumer_lives(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offsets_module, "REST_SECONDS", 60)
    async with place.consuming():
        for number in (1, 2, 3):
            await place.send(human(number))
            await place.has_seen(number, "human")
        assert await place.committed() == {}
    assert await place.committed() == await place.ends()
    monkeypatch.setattr(offsets_module, "REST_SECONDS", 0.1)
    async with place.consuming():
        await place.send(human(1, 2))
        await place.has_committed_everything()


async def test_offsets_that_still_wait_are_committed_before_the_partitions_go_to_somebody_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offsets_module, "REST_SECONDS", 60)
    first_engine, second_engine = (HeldEngine(place.world.pool, definition()) for _ in range(2))
    first_engine.sign.set()
    second_engine.sign.set()
    async with place.consuming(first_engine):
        await place.send(*(human(number) for number in range(1, 21)))
        await until(lambda: len(first_engine.fates) == 20)
        async with place.consuming(second_engine) as second:
            await until(lambda: second.assignments == 1)
            assert await place.committed() == await place.ends()
            await place.send(*(human(number, 2) for number in range(1, 21)))
            await until(lambda: len(first_engine.fates + second_engine.fates) >= 40)
    assert first_engine.fates + second_engine.fates == [Fate.APPLIED] * 40


async def test_a_batch_that_a_rebalance_cannot_wait_for_is_rolled_back_and_done_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "DRAIN_SECONDS", 0.5)
    stuck, engine = HeldEngine(place.world.pool, definition()), HeldEngine(place.world.pool, definition())
    engine.sign.set()
    await place.send(*(human(n) for n in range(1, 21)))
    async with place.consuming(stuck) as first:
        await until(lambda: stuck.waiting)
        async with place.consuming(engine) as second:
            await until(lambda: second.assignments == 1)
            await until(lambda: bool(engine.fates), 20)
            stuck.sign.set()
            await place.has_committed_everything()
            assert first.problem() is None
    for number in range(1, 21):
        assert await place.world.state(number) == ["human"]


async def test_a_consumer_that_stands_still_is_made_anew_and_an_idle_one_is_not(
    place: Place, log: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.3)
    async with place.consuming() as consumer:
        await place.send(human(1))
        await place.has_committed_everything()
        await asyncio.sleep(1.5)
        assert "consumer_stands_still" not in log.text
        # What aiokafka does by itself after some errors: nothing is fetched any more, and nobody is told.
        fetcher = consumer._subscriber.consumer._fetcher
        fetcher._fetch_task.cancel()
        for pending in fetcher._pending_tasks:
            pending.cancel()
        await place.send(human(1, 2), human(2))
        await place.has_committed_everything()
    assert "consumer_stands_still" in log.text
    assert await place.world.state(1) == ["human", "human"]


async def test_a_consumer_that_cannot_even_be_looked_at_is_made_anew(
    place: Place, log: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection is gone that aiokafka still believes in: every question fails, nothing is read."""
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.3)
    async with place.consuming() as consumer:
        await place.send(human(1))
        await place.has_committed_everything()

        async def hang(*_: object) -> bool:
            await asyncio.Event().wait()
            return False

        async def fail() -> dict[Any, int]:
            raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")

        inner = consumer._subscriber.consumer
        inner._fetcher._proc_fetch_request, inner.unread = hang, fail
        for number in range(2, 6):
            await place.send(human(number))
        await place.has_committed_everything()
    assert "consumer_stands_still" in log.text


async def test_a_connection_that_is_reset_in_the_wrong_moment_is_got_over_at_once(place: Place) -> None:
    async with place.consuming() as consumer:
        await place.send(human(1))
        await place.has_committed_everything()

        # What uvloop says about a connection that aiokafka still believes in.
        async def fail(*_: object) -> bool:
            raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")

        consumer._subscriber.consumer._fetcher._proc_fetch_request = fail
        await place.send(human(1, 2), human(2))
        await place.has_committed_everything()
    assert await place.world.state(1) == ["human", "human"]
    assert await place.world.state(2) == ["human"]
