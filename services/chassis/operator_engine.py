"""The engine for an operator's command: nothing runs beside it; what it decides is told like any other's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from services.chassis.database import create_pool
from services.chassis.definition import Definition
from services.chassis.engine import Engine, release_of
from services.chassis.telemetry.exporting import FLUSH_S, tracing_of


@asynccontextmanager
async def operator_engine(
    definition: Definition, database_url: str
) -> AsyncIterator[tuple[asyncpg.Pool, Engine]]:
    """A service's database and engine, as long as the command takes; its spans are sent at the end."""
    pool = await create_pool(database_url, f"{definition.name}-operator", size=2)
    tracing = tracing_of(definition.name, release_of(definition.name))
    try:
        engine = Engine(pool, definition, tracing)
        await engine.start()
        yield pool, engine
    finally:
        await pool.close()
        await tracing.stop(FLUSH_S)
