import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest

from deploy.embedded import Servers
from services.chassis.database import (
    Database,
    NotMigrated,
    check_migrated,
    create_pool,
    ensure_partitions,
    is_transient,
)
from services.chassis.ids import new_id
from tests.conftest import NewDatabase
from tests.support.databases import in_database

# What asyncpg raises when a backend goes away depends on the moment.
WHATEVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@pytest.fixture
async def url(database: NewDatabase) -> str:
    return await database("chassis")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[asyncpg.Pool]:
    async with create_pool(url, "warranty") as opened:
        yield opened


async def _partitions(pool: asyncpg.Pool) -> list[str]:
    sql = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"
    rows = await pool.fetch(sql)
    return sorted(row[0] for row in rows)


async def _event(pool: asyncpg.Pool, day: date) -> None:
    await pool.execute(
        "INSERT INTO events (day, id, aggregate, source, sequence, topic, type, occurred_at, clock, body)"
        " VALUES ($1, $2, $2, 's', 1, 't', 't', now(), '', '{}')",
        day,
        new_id(),
    )


async def test_every_session_gives_up_and_frees_its_locks_in_seconds(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT name, setting, unit FROM pg_settings WHERE source = 'client'")
    settings = {row["name"]: f"{row['setting']}{row['unit'] or ''}" for row in rows}
    assert (
        settings.items()
        >= {
            "application_name": "warranty",
            "statement_timeout": "15000ms",
            "lock_timeout": "5000ms",
            "idle_in_transaction_session_timeout": "5000ms",
            "tcp_keepalives_idle": "2s",
            "tcp_keepalives_interval": "1s",
            "tcp_keepalives_count": "3",
            "tcp_user_timeout": "5000ms",
            "jit": "off",
            "TimeZone": "UTC",
        }.items()
    )


async def test_today_and_three_more_days_have_partitions_and_preparing_again_changes_nothing(
    pool: asyncpg.Pool,
) -> None:
    async with pool.acquire() as connection:
        today: date = await connection.fetchval("SELECT ciclo_now()::date")
        days = [today + timedelta(days=ahead) for ahead in range(4)]
        created = await ensure_partitions(connection)
        assert created == [f"events_{day:%Y%m%d}" for day in days]
        assert await ensure_partitions(connection) == []
    assert await _partitions(pool) == sorted([*created, "events_other_days"])
    for day in days:
        await _event(pool, day)
    assert await pool.fetchval("SELECT count(*) FROM ONLY events_other_days") == 0


async def test_replicas_that_start_together_prepare_the_partitions_once(pool: asyncpg.Pool) -> None:
    async def replica() -> list[str]:
        async with pool.acquire() as connection:
            return await ensure_partitions(connection)

    created = await asyncio.gather(*(replica() for _ in range(5)))
    assert len([name for names in created for name in names]) == 4


async def test_events_that_came_before_their_partition_move_into_it(pool: asyncpg.Pool) -> None:
    today: date = await pool.fetchval("SELECT ciclo_now()::date")
    await _event(pool, today)
    await _event(pool, today + timedelta(days=40))
    async with pool.acquire() as connection:
        await ensure_partitions(connection)
    rows = await pool.fetch("SELECT tableoid::regclass::text FROM events ORDER BY day")
    assert [row[0] for row in rows] == [f"events_{today:%Y%m%d}", "events_other_days"]


async def test_partitions_have_the_indexes_of_their_parent(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        names = await ensure_partitions(connection)
    indexes = "SELECT indexdef FROM pg_indexes WHERE tablename = $1 ORDER BY indexdef"
    found = [row[0] for row in await pool.fetch(indexes, names[0])]
    assert len(found) == 2
    unattached = """
        SELECT count(*) FROM pg_index WHERE indrelid = $1::regclass
        AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)
    """
    assert await pool.fetchval(unattached, names[0]) == 0


async def test_a_service_refuses_to_start_on_a_database_that_lacks_migrations(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await check_migrated(connection, "chassis")
        await connection.execute("DELETE FROM schema_migrations")
    with pytest.raises(NotMigrated, match=r"20261121000000.*python -m services\.chassis migrate"):
        await Database(pool, "chassis").start()


async def test_the_watch_notices_when_the_database_goes_and_when_it_comes_back(
    url: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.database.PING_EVERY_S", 0.05)
    name = url.rpartition("/")[2]
    admin = await asyncpg.connect(servers.postgres)
    part = Database(await create_pool(url, "warranty"), "chassis")
    await part.start()

    async def turns(*, unwell: bool) -> None:
        async with asyncio.timeout(10):
            while (part.problem() is not None) != unwell:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    try:
        await turns(unwell=False)
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await turns(unwell=True)
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await turns(unwell=False)
    finally:
        await part.stop(5)
        await admin.close()


async def test_a_database_that_goes_away_or_breaks_a_tie_is_no_fault_of_the_program(
    url: str, servers: Servers
) -> None:
    with pytest.raises(OSError) as refused:  # noqa: PT011 - whatever the system calls it
        await asyncpg.connect("postgresql://x@127.0.0.1:1/x")
    assert is_transient(refused.value)
    connection, other = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await other.execute("BEGIN; LOCK TABLE timers")
        with pytest.raises(asyncpg.LockNotAvailableError) as locked:
            await connection.execute("SET lock_timeout = '50ms'; LOCK TABLE timers")
        with pytest.raises(asyncpg.QueryCanceledError) as slow:
            await connection.execute("SET statement_timeout = '50ms'; SELECT pg_sleep(5)")
        pid = other.get_server_pid()
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(WHATEVER) as terminated:
            await other.execute("SELECT 1")
        with pytest.raises(WHATEVER) as closed:
            await other.execute("SELECT 1")
    finally:
        await connection.close()
    assert all(is_transient(raised.value) for raised in (locked, slow, terminated, closed))


async def test_what_only_a_person_can_mend_is_not_tried_again(pool: asyncpg.Pool, servers: Servers) -> None:
    with pytest.raises(asyncpg.InvalidCatalogNameError) as absent:
        await asyncpg.connect(in_database(servers.postgres, "no_such_database"))
    with pytest.raises(asyncpg.PostgresSyntaxError) as syntax:
        await pool.execute("SELEC 1")
    with pytest.raises(asyncpg.UniqueViolationError) as constraint:
        await pool.execute("INSERT INTO clock_shift DEFAULT VALUES")
    with pytest.raises(asyncpg.ClientConfigurationError) as address:
        await asyncpg.connect("mysql://127.0.0.1/x")
    with pytest.raises(asyncpg.DataError) as value:
        await pool.execute("SELECT $1::integer", "x")
    assert not any(is_transient(raised.value) for raised in (absent, syntax, constraint, address, value))
