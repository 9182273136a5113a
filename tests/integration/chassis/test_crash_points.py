"""Wherever a running service is killed, nothing is lost and nothing happens twice."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter

import asyncpg
import pytest

from ciclo_schemas.envelope import from_record
from deploy.embedded import Servers
from services.chassis.crash_points import EXIT_CODE, VARIABLE, CrashPoint
from services.chassis.database import create_pool
from services.chassis.decider import Origin
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Input
from tests.conftest import NewDatabase
from tests.support.doer import DEFINITION, Go
from tests.support.engine_world import human_of, subject
from tests.support.replica import CASES, OWN, everything, producing, record, send, topics

WORDS = {"go", "Ring", "Called", "Tell"}
OF_RECORDS = (CrashPoint.CONSUMER_BEFORE_OFFSETS, CrashPoint.CONSUMER_AFTER_OFFSETS)


async def start(url: str, kafka: str, prefix: str, **more: str) -> Process:
    settings = {
        "DOER_DATABASE_URL": url,
        "DOER_KAFKA": kafka,
        "DOER_HTTP_PORT": "0",
        "DOER_ADMIN_PORT": "0",
        "DOER_PREFIX": prefix,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.doer", stdout=DEVNULL, env={**os.environ, **settings, **more}
    )


def told_to_go(number: int) -> Input:
    return Input(subject(number), Origin.COMMAND, "Go", new_id(), Go(), "{}")


async def stated(pool: asyncpg.Pool) -> list[list[str]]:
    rows = await pool.fetch("SELECT state FROM aggregates ORDER BY id")
    return [json.loads(row["state"])["words"] for row in rows]


@pytest.mark.timeout(240)  # Fourteen processes, one after another.
async def test_each_crash_point_is_reached_and_what_was_begun_there_ends_exactly_once(
    database: NewDatabase, servers: Servers, kafka_prefix: str
) -> None:
    url = await database("chassis")
    pool = await create_pool(url, "ciclo-test")
    engine = Engine(pool, DEFINITION)
    await engine.start()
    try:
        async with (
            topics(servers.kafka, kafka_prefix, {CASES: 1, OWN: 1, "ciclo.rejections.v1": 1}),
            producing(servers.kafka) as producer,
        ):
            for number, point in enumerate(CrashPoint):
                if point in OF_RECORDS:
                    await send(producer, kafka_prefix, [record(number, "intake", 1, human_of())])
                else:
                    await engine.apply([told_to_go(number)])
                process = await start(url, servers.kafka, kafka_prefix, **{VARIABLE: f"{point}:1"})
                async with asyncio.timeout(40):
                    assert await process.wait() == EXIT_CODE, point
            process = await start(url, servers.kafka, kafka_prefix)
            async with asyncio.timeout(40):
                while sum(map(len, states := await stated(pool))) < len(WORDS) * len(CrashPoint):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                while await pool.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110 - rows have no event
                    await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert [sorted(words) for words in states] == [sorted(WORDS)] * len(CrashPoint)
            records = await everything(servers.kafka, kafka_prefix + OWN)
    finally:
        await pool.close()
    seen: Counter[str] = Counter()
    for envelope in (from_record(one.headers, one.value)[0] for one in records):
        assert (envelope.sequence or 0) <= seen[envelope.subject] + 1
        seen[envelope.subject] = max(seen[envelope.subject], envelope.sequence or 0)
    assert sorted(seen.values()) == [len(WORDS)] * len(CrashPoint)
