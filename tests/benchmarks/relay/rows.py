"""The same events for every relay: promises of many cases, to be published with all their headers."""

import json
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from tests.benchmarks.hot.work import Row, headers_of
from tests.benchmarks.hot.written import bulk

AT_ONCE = 1_000


def write_file(rows: Sequence[Row], file: Path) -> None:
    """For processes that cannot import Ciclo: a line of JSON each, key, value and headers."""
    with file.open("w", encoding="utf-8") as lines:
        for one in rows:
            headers = {name: value.decode() for name, value in headers_of(one)}
            lines.write(json.dumps([str(one.opened.subject), one.body, headers]) + "\n")


async def fill(database: str, rows: Sequence[Row]) -> None:
    """Put them into Ciclo's tables, as the engine leaves them to its relay."""
    statement, arrays = bulk()
    session = await asyncpg.connect(database)
    try:
        for at in range(0, len(rows), AT_ONCE):
            await session.execute(statement, *arrays(rows[at : at + AT_ONCE]))
        await session.execute("ANALYZE")
    finally:
        await session.close()
