"""A whole service process, started and stopped as an operator does it."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from deploy.embedded import Servers
from tests.conftest import NewDatabase
from tests.support.switch import switch

PROGRAM = "tests.support.probe"
TOPIC = "ciclo.probe.v1"


class Replica:
    """A running process of the probe service."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def logged(self, event: str) -> dict[str, Any]:
        """Wait for a line of its log."""
        assert self.process.stdout is not None
        for line in self.lines:
            if line["event"] == event:
                return line
        async with asyncio.timeout(30):
            while raw := await self.process.stdout.readline():
                self.lines.append(json.loads(raw))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"ended without {event}: {self.lines}")

    async def ended(self) -> int:
        """Its exit code; the rest of its log is kept."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(30):
                while raw := await self.process.stdout.readline():
                    self.lines.append(json.loads(raw))
                return await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"does not end: {self.lines}") from None


@asynccontextmanager
async def replica(database_url: str, kafka: str, **settings: str) -> AsyncIterator[Replica]:
    environment = {
        "CHASSIS_DATABASE_URL": database_url,
        "CHASSIS_KAFKA": kafka,
        "CHASSIS_HTTP_PORT": "0",
        "CHASSIS_ADMIN_PORT": "0",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", PROGRAM, stdout=PIPE, env={**os.environ, **environment}
    )
    try:
        yield Replica(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _reasons(admin: str, probe: str = "readyz") -> dict[str, str]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://{admin}/{probe}")
    reasons: dict[str, str] = answer.json()["reasons"]
    assert answer.status_code == (503 if reasons else 200)
    return reasons


async def _until(admin: str, met: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    async with asyncio.timeout(20):
        while not met(reasons := await _reasons(admin)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return reasons


@pytest.fixture(scope="module")
async def url(database: NewDatabase, topics: None) -> str:
    return await database("chassis")


@pytest.fixture(scope="module")
async def topics(servers: Servers) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    try:
        with suppress(TopicAlreadyExistsError):
            await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()


async def test_a_service_starts_answers_and_ends_at_sigterm_with_nothing_cut(
    url: str, servers: Servers
) -> None:
    async with replica(url, servers.kafka, PROBE_READS=TOPIC) as running:
        started = await running.logged("started")
        assert await _until(started["admin"], lambda reasons: not reasons) == {}
        async with httpx.AsyncClient(base_url=f"http://{started['http']}") as client:
            counted = await client.post("/counters/0197a9c0-0000-7000-8000-000000000001")
            again = await client.post("/counters/0197a9c0-0000-7000-8000-000000000001")
            scraped = (await client.get(f"http://{started['admin']}/metrics")).text
        assert (counted.json(), again.json()) == ({"count": 1}, {"count": 2})
        assert 'ciclo_part_problem{part="relay"} 0.0' in scraped
        assert "ciclo_build_info{" in scraped
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0
    assert running.lines[-1]["event"] == "ended"
    assert running.lines[-1]["cut"] == []


async def test_what_was_answered_is_there_after_the_process_was_killed(url: str, servers: Servers) -> None:
    path = "/counters/0197a9c0-0000-7000-8000-000000000002"
    counts = []
    for _ in range(2):
        async with replica(url, servers.kafka) as running:
            started = await running.logged("started")
            async with httpx.AsyncClient(base_url=f"http://{started['http']}") as client:
                counts.append((await client.post(path)).json()["count"])
            running.process.kill()
            await running.ended()
    assert counts == [1, 2]


async def test_a_running_request_is_finished_before_the_end(url: str, servers: Servers) -> None:
    async with replica(url, servers.kafka) as running:
        started = await running.logged("started")
        async with httpx.AsyncClient(base_url=f"http://{started['http']}", timeout=20) as client:
            answer = asyncio.create_task(client.get("/slow", params={"seconds": 1}))
            await running.logged("slow request began")
            running.process.send_signal(signal.SIGTERM)
            assert (await answer).json() == "done"
        assert await running.ended() == 0


async def test_work_that_outlasts_the_budget_is_cut_named_and_shown_by_the_exit_code(
    url: str, servers: Servers
) -> None:
    async with replica(url, servers.kafka, CHASSIS_SHUTDOWN_SECONDS="2") as running:
        started = await running.logged("started")
        async with httpx.AsyncClient(base_url=f"http://{started['http']}", timeout=20) as client:
            answer = asyncio.create_task(client.get("/slow", params={"seconds": 10}))
            await running.logged("slow request began")
            began = asyncio.get_running_loop().time()
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 3
            assert asyncio.get_running_loop().time() - began < 6
            assert ((await answer).status_code, (await answer).json()["code"]) == (503, "not_accepting")
    assert running.lines[-1]["cut"] == ["http"]


async def test_with_kafka_away_the_api_works_and_readiness_says_what_is_missing(url: str) -> None:
    async with replica(url, "127.0.0.1:1", PROBE_READS=TOPIC) as running:
        started = await running.logged("started")
        async with httpx.AsyncClient(base_url=f"http://{started['http']}") as client:
            answer = await client.post("/counters/0197a9c0-0000-7000-8000-000000000003")
        assert answer.json() == {"count": 1}
        reasons = await _until(started["admin"], lambda reasons: "relay" in reasons and "consumer" in reasons)
        assert "127.0.0.1:1" in reasons["consumer"]
        assert await _reasons(started["admin"], "livez") == {}
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() in {0, 3}


async def test_with_the_database_away_the_start_waits_and_probes_say_so(url: str, servers: Servers) -> None:
    async with switch(url) as (through, line):
        line.open = False
        async with replica(through, servers.kafka) as running:
            listening = await running.logged("probes listen")
            assert (await running.logged("cannot start yet"))["part"] == "database"
            assert (await _reasons(listening["admin"])).keys() >= {"app", "database"}
            line.open = True
            await running.logged("started")


async def test_when_the_database_goes_requests_and_readiness_say_so_until_it_is_back(
    url: str, servers: Servers
) -> None:
    path = "/counters/0197a9c0-0000-7000-8000-000000000004"
    async with switch(url) as (through, line), replica(through, servers.kafka) as running:
        started = await running.logged("started")
        async with httpx.AsyncClient(base_url=f"http://{started['http']}", timeout=20) as client:
            assert (await client.post(path)).json() == {"count": 1}
            line.open = False
            away = await client.post(path)
            assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")
            await _until(started["admin"], lambda reasons: "database" in reasons)
            assert await _reasons(started["admin"], "livez") == {}
            line.open = True
            await _until(started["admin"], lambda reasons: "database" not in reasons)
            assert (await client.post(path)).json() == {"count": 2}
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0


async def test_a_database_without_its_tables_ends_the_start_with_what_to_do(servers: Servers) -> None:
    async with replica(servers.postgres, servers.kafka) as running:
        assert await running.ended() == 1
    (line,) = [line for line in running.lines if line["event"] == "cannot run"]
    assert "python -m services.chassis migrate" in line["reason"]


async def test_a_port_that_is_taken_ends_the_start(url: str, servers: Servers) -> None:
    async with replica(url, servers.kafka) as first:
        port = (await first.logged("started"))["http"].rpartition(":")[2]
        async with replica(url, servers.kafka, CHASSIS_HTTP_PORT=port) as second:
            assert await second.ended() == 1
        assert any("in use" in line.get("exception", "") for line in second.lines)


async def test_a_part_that_dies_ends_the_process_and_is_named(url: str, servers: Servers) -> None:
    async with replica(url, servers.kafka, PROBE_DIES="1") as running:
        await running.logged("started")
        assert await running.ended() == 1
    assert [line["part"] for line in running.lines if line["event"] == "part died"] == ["commands"]
