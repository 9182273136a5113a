"""The way to PostgreSQL: a pool that notices dead peers and frees locks, and what counts as "away"."""

import asyncio

import asyncpg
import structlog

from services.chassis.definition import Connection
from services.chassis.migrate import expected
from services.chassis.telemetry.statements import listen

PING_EVERY_S = 2.0
PARTITIONS_EVERY_S = 3600.0
PARTITION_DAYS = 3
POOL_SIZE = 8
CONNECT_TIMEOUT_S = 5.0
# Above statement_timeout, so that the server gives up first and says so.
COMMAND_TIMEOUT_S = 20.0
SESSION = {
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    # A replica that freezes inside a transaction loses its locks.
    "idle_in_transaction_session_timeout": "5s",
    # A peer that vanished is noticed, by the server too, after about 5 s instead of hours.
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
# Serialises replicas that create the same partitions.
PARTITIONS_LOCK = 0x63_69_63_6C_6F_01

log = structlog.get_logger()

_TRANSIENT: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    # asyncpg raises these when a backend goes away in the middle of something.
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ObjectInUseError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
)
# Of the classes above, yet no retry helps.
_FOR_GOOD: tuple[type[BaseException], ...] = (
    asyncpg.ClientConfigurationError,
    asyncpg.ConfigurationLimitExceededError,
    asyncpg.UnsupportedClientFeatureError,
)


def session_settings(application: str) -> dict[str, str]:
    """The settings of every session with the database; `application` is shown in pg_stat_activity."""
    return {"application_name": application, **SESSION}


def create_pool(database_url: str, application: str, *, size: int = POOL_SIZE) -> asyncpg.Pool:
    """A pool of up to `size` sessions; await it. It opens none yet, so the database may be away."""
    return asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=60,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings=session_settings(application),
        init=listen,
        reset=_as_it_is,
    )


async def _as_it_is(_connection: Connection) -> None:
    """Save the round trip that asyncpg makes to reset a session that goes back to its pool.

    Whatever is still open is rolled back before. Nothing here outlives its transaction in a session: no
    settings, no locks, no temporary tables; what must (the lanes' locks) has a session of its own.
    """


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: the database is away, overloaded, or broke a tie.

    False for errors of programs and data (syntax, constraints, missing tables, wrong password).
    """
    return isinstance(error, _TRANSIENT) and not isinstance(error, _FOR_GOOD)


async def ensure_partitions(connection: Connection, days: int = PARTITION_DAYS) -> list[str]:
    """See that `events` has partitions for today and the next `days` days; returns those it created.

    Rows that came too early lie in `events_other_days` and move over. Any number of replicas may do this.
    """
    created = []
    for ahead in range(days + 1):
        # One transaction each: what is locked is locked for milliseconds.
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", PARTITIONS_LOCK)
            name = await _ensure_partition(connection, ahead)
            if name is not None:
                created.append(name)
    return created


async def _ensure_partition(connection: Connection, ahead: int) -> str | None:
    row = await connection.fetchrow(
        """
        SELECT day, day + 1 AS next, format('events_%s', to_char(day, 'YYYYMMDD')) AS name,
               to_regclass(format('events_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL AS exists
        FROM (SELECT ciclo_now()::date + $1::integer AS day) AS days
        """,
        ahead,
    )
    assert row is not None  # noqa: S101 - ciclo_now() always answers
    if row["exists"]:
        return None
    name: str = row["name"]
    # Attached rather than created in place, so that the rows of the default partition can move first. The
    # name and the bounds are digits that the database formatted.
    await connection.execute(
        f"""
        CREATE TABLE {name} (LIKE events INCLUDING ALL);
        WITH moved AS (DELETE FROM events_other_days WHERE day = '{row["day"]}' RETURNING *)
        INSERT INTO {name} SELECT * FROM moved;
        ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ('{row["day"]}') TO ('{row["next"]}');
        """  # noqa: S608
    )
    return name


class NotMigrated(RuntimeError):
    """The database lacks migrations of this release; the message names them."""


async def check_migrated(connection: Connection, service: str) -> None:
    """Raise NotMigrated unless all migrations of this release were applied (newer ones may be there)."""
    try:
        rows = await connection.fetch("SELECT version FROM schema_migrations")
    except asyncpg.UndefinedTableError:
        rows = []
    missing = sorted(expected(service) - {row["version"] for row in rows})
    if missing:
        raise NotMigrated(
            f"the database lacks the migrations {', '.join(missing)}: "
            f"run `python -m services.{service} migrate`"
        )


class Database:
    """The part of the app that watches the database and prepares its daily partitions; closes the pool."""

    name = "database"

    def __init__(self, pool: asyncpg.Pool, service: str) -> None:
        self._pool = pool
        self._service = service
        self._problem: str | None = "the database has not answered yet"
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Prepare the partitions, then keep watch. Raises NotMigrated, and what the database raises."""
        async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
            await check_migrated(connection, self._service)
        await self._prepare()
        self._tasks = [
            asyncio.create_task(self._watch(), name="database watch"),
            asyncio.create_task(self._prepare_daily(), name="database partitions"),
        ]

    async def stop(self, grace: float) -> None:
        """Close the pool; sessions still in use after `grace` seconds are cut."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(grace):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
            raise

    def problem(self) -> str | None:
        """Why the database cannot be used, as of the last look."""
        return self._problem

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    await self._pool.fetchval("SELECT 1")
                self._problem = None
            except Exception as error:  # noqa: BLE001 - any failure means: not reachable
                self._problem = f"the database does not answer ({type(error).__name__})"
            await asyncio.sleep(PING_EVERY_S)

    async def _prepare_daily(self) -> None:
        while True:
            await asyncio.sleep(PARTITIONS_EVERY_S)
            try:
                await self._prepare()
            except Exception as error:  # the default partition takes the rows meanwhile
                log.warning("partitions not prepared, trying again later", exc_info=error)

    async def _prepare(self) -> None:
        async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
            created = await ensure_partitions(connection)
        self._problem = None
        if created:
            log.info("partitions created", partitions=created)
