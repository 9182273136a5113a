"""The four services' databases after the last case: nothing left to do, and nobody missed anything."""

import asyncio
import json
from dataclasses import dataclass
from itertools import product

import asyncpg

from ciclo_schemas.inbound import InputRejected
from demo.processes import NAMES
from deploy.embedded import Servers
from tests.journeys.wire import reads
from tests.support.databases import in_database

LEFT_TO_DO = ("outbox", "parked", "dead_letters", "effects", "fan_outs", "timers")
QUIET_SECONDS = 60


@dataclass(frozen=True)
class Books:
    """What one service has published, applied, and left to do."""

    left: dict[str, int]
    heads: dict[str, int]
    """How much it said about each aggregate."""
    applied: dict[tuple[str, str], int]
    """How far it has read each source about each aggregate."""
    published: frozenset[str]
    """The ids of its events."""


async def quiet(servers: Servers) -> dict[str, Books]:
    """Every service's books, once nothing is left to do or a minute has passed."""
    books: dict[str, Books] = {}
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            while not books or list(unfinished(books)):
                books = {name: await _open(servers, name) for name in NAMES}
                await asyncio.sleep(0.2)
    except TimeoutError:
        pass
    return books


def unfinished(books: dict[str, Books]) -> list[str]:
    """What is left to do, and what a service has not heard of another."""
    found = [
        f"{name}: {count} in {table}" for name in books for table, count in books[name].left.items() if count
    ]
    for reader, writer in product(books, books):
        if writer not in reads(reader):
            continue
        for aggregate, head in books[writer].heads.items():
            applied = books[reader].applied.get((writer, aggregate), 0)
            if applied != head:
                found.append(f"{reader} has applied {writer}:{applied} of {head} about {aggregate}")
    return found


async def _open(servers: Servers, name: str) -> Books:
    connection = await asyncpg.connect(in_database(servers.postgres, f"ciclo_{name}"), timeout=10)
    try:
        left = {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in LEFT_TO_DO
        }
        events = await connection.fetch("SELECT id, aggregate, sequence, topic FROM events ORDER BY sequence")
        rows = await connection.fetch("SELECT id, watermarks FROM aggregates")
    finally:
        await connection.close(timeout=10)
    return Books(
        left,
        {
            str(event["aggregate"]): event["sequence"]
            for event in events
            if event["topic"] != InputRejected.topic  # which no service reads
        },
        {
            (source, str(row["id"])): last
            for row in rows
            for source, (last, _) in json.loads(row["watermarks"]).items()
        },
        frozenset(str(event["id"]) for event in events),
    )
