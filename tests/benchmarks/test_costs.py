"""Gates without a clock: what a new case costs on its way through routing, alone and in a batch of 200.

The goals of the project are beside the gates where these are wider; docs/benchmarks/README.md says why.
"""

import secrets
from collections.abc import AsyncIterator

import pytest

from ciclo_schemas.topics import create_topics
from deploy.embedded import Servers
from services.chassis import offsets
from tests.benchmarks.counted.costs import Costs, Scales, consumed, scales
from tests.benchmarks.stand import forget_topics
from tests.conftest import NewDatabase

ONE_BY_ONE, IN_BATCHES = (1, 50), (200, 5)
BATCHES = 5


@pytest.fixture
async def prefix(servers: Servers, kafka_prefix: str) -> AsyncIterator[str]:
    await create_topics(servers.kafka, prefix=kafka_prefix)
    yield kafka_prefix
    await forget_topics(servers.kafka, kafka_prefix)


@pytest.fixture(scope="module")
async def on_scales(servers: Servers, database: NewDatabase) -> AsyncIterator[Scales]:
    prefix = f"test-{secrets.token_hex(6)}."
    await create_topics(servers.kafka, prefix=prefix)
    try:
        async with scales(await database("routing"), servers.kafka, prefix) as made:
            yield made
    finally:
        await forget_topics(servers.kafka, prefix)


@pytest.fixture(scope="module")
async def alone(on_scales: Scales) -> Costs:
    """Fifty cases, each in a batch of its own, published before the next comes."""
    return await on_scales.weigh(*ONE_BY_ONE)


@pytest.fixture(scope="module")
async def together(on_scales: Scales) -> Costs:
    """A thousand cases in batches of 200."""
    return await on_scales.weigh(*IN_BATCHES)


def test_two_hundred_cases_take_ten_statements_at_most(together: Costs) -> None:
    assert together.statements_each <= 0.05, together.listed()


def test_a_case_that_comes_alone_takes_ten_statements_at_most(alone: Costs) -> None:
    assert alone.statements_each <= 10, alone.listed()


def test_a_case_writes_four_kilobytes_of_wal(alone: Costs, together: Costs) -> None:
    assert together.wal_each <= 4_100, together.listed()  # the goal: 2,200
    assert alone.wal_each <= 4_400, alone.listed()


def test_a_batch_is_one_commit_and_so_is_forgetting_what_was_published(alone: Costs, together: Costs) -> None:
    assert together.commits_each * together.events <= 2 * BATCHES, together.listed()
    assert alone.commits_each <= 2, alone.listed()


def test_a_case_leaves_one_dead_row_behind(alone: Costs, together: Costs) -> None:
    assert together.dead_each <= 1, together.listed()  # of the outbox
    assert alone.dead_each <= 1, alone.listed()


def test_a_batch_is_published_with_one_request(alone: Costs, together: Costs) -> None:
    assert alone.requests["ProduceRequest"] <= alone.events, alone.listed()
    # A record that is handed over while the first request is on its way goes with another one.
    assert together.requests["ProduceRequest"] <= 3 * BATCHES, together.listed()


async def test_the_way_in_commits_the_offsets_of_all_batches_of_a_moment_at_once(
    servers: Servers, database: NewDatabase, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offsets, "REST_SECONDS", 60)
    costs = await consumed(await database("routing"), servers.kafka, prefix, batch=1, events=40)
    # The members of a group change while it begins: what is due is committed before, and at the end.
    assert 1 <= costs.requests["OffsetCommitRequest"] <= 3, costs.listed()
