"""Lanes: shared by the replicas alive, taken over from the dead, handed over between two pieces of work."""

import asyncio
import signal
import sys
from collections import Counter
from contextlib import ExitStack
from uuid import UUID, uuid5

import asyncpg
import pytest

from services.chassis.lanes import LANES, LanesLost, lane_of
from tests.support.replicas import replica
from tests.support.waiting import until

ALL = frozenset(range(LANES))
REPLICA = """
import asyncio, sys
from services.chassis.lanes import Lanes

async def main():
    lanes = Lanes(sys.argv[1], sys.argv[2])
    await lanes.start()
    while len(lanes.owned) < 8:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def terminate(url: str, service: str) -> None:
    """End the oldest session of a service's replicas."""
    connection = await asyncpg.connect(url)
    ended = await connection.fetchval(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = $1 ORDER BY backend_start LIMIT 1",
        f"ciclo-{service}-lanes",
    )
    await connection.close()
    assert ended


async def test_one_replica_has_every_lane(url: str) -> None:
    async with replica(url, "alone") as lanes:
        await until(lambda: lanes.owned == ALL)
        assert lanes.problem() is None


async def test_replicas_share_the_lanes_and_each_lane_has_one_owner(url: str) -> None:
    async with replica(url, "shared") as first:
        await until(lambda: first.owned == ALL)
        async with replica(url, "shared") as second:
            await until(lambda: len(first.owned) == len(second.owned) == 4)
            assert first.owned | second.owned == ALL
            async with replica(url, "shared") as third:
                replicas = (first, second, third)
                await until(lambda: sorted(len(lanes.owned) for lanes in replicas) == [2, 3, 3])
                assert first.owned | second.owned | third.owned == ALL
        await until(lambda: first.owned == ALL)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_dead_or_frozen_replica_loses_its_lanes_within_seconds(
    url: str, fault: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", REPLICA, url, fault.name, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while b"ready" not in await process.stdout.readline():
                pass
        async with replica(url, fault.name) as survivor:
            await until(lambda: len(survivor.owned) == 4)
            process.send_signal(fault)
            await until(lambda: survivor.owned == ALL, seconds=8)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_lost_session_means_no_lanes_at_once_and_all_of_them_soon(url: str) -> None:
    async with replica(url, "lost") as lanes:
        await until(lambda: lanes.owned == ALL)
        before = lanes.generation
        await terminate(url, "lost")
        await until(lambda: lanes.owned == frozenset(), seconds=1)
        await until(lambda: lanes.owned == ALL)
        assert lanes.generation == before + 1


async def test_an_error_in_the_session_gives_the_lanes_up_instead_of_reading_on(url: str) -> None:
    async with replica(url, "broken") as lanes:
        await until(lambda: lanes.owned == ALL)
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with lanes.session() as session:
                await session.fetchval("SELECT 1/0")
        assert lanes.owned == frozenset()
        with pytest.raises(LanesLost):
            async with lanes.session():
                pass
        await until(lambda: lanes.owned == ALL)


async def test_lanes_are_read_only_in_a_session_that_holds_them(url: str) -> None:
    async with replica(url, "holding") as lanes:
        await until(lambda: lanes.owned == ALL)
        async with lanes.session(ALL) as session:
            assert await session.fetchval("SELECT 1") == 1
        with pytest.raises(LanesLost):
            async with lanes.session(frozenset({LANES})):
                pass
        assert lanes.owned == ALL


async def test_a_lane_is_handed_over_only_when_nothing_works_on_it(url: str) -> None:
    async with replica(url, "busy") as first:
        await until(lambda: first.owned == ALL)
        with ExitStack() as work:
            assert work.enter_context(first.using()) == ALL
            async with replica(url, "busy") as second:
                await until(lambda: len(first.owned) == 4)
                await asyncio.sleep(1.5)  # a turn of the second replica, which finds nothing free
                assert second.owned == frozenset()
                with first.using() as next_work:
                    assert next_work == first.owned
                work.close()
                await until(lambda: second.owned == ALL - first.owned)


async def test_while_long_work_ends_on_a_leaving_lane_short_work_on_it_goes_on(url: str) -> None:
    async with replica(url, "long") as first:
        await until(lambda: first.owned == ALL)
        with ExitStack() as long_work:
            assert long_work.enter_context(first.using(long=True)) == ALL
            async with replica(url, "long") as second:
                await until(lambda: len(first.owned) == 4)
                with first.using() as short, first.using(long=True) as long:
                    assert short == ALL
                    assert long == first.owned
                assert second.owned == frozenset()
                long_work.close()
                with first.using() as short:
                    assert short == first.owned
                await until(lambda: second.owned == ALL - first.owned)


def test_aggregates_spread_evenly_over_the_lanes() -> None:
    space = UUID("00000000-0000-7000-8000-000000000000")
    lanes = Counter(lane_of(uuid5(space, str(n))) for n in range(8000))
    assert set(lanes) == ALL
    assert all(850 < count < 1150 for count in lanes.values())
    assert lane_of(space) == 7
