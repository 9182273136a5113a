"""Intake as an operator runs it: started, killed, started again; the door stays open without Kafka."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.conftest import NewDatabase
from tests.integration.intake.service import SECRET, customer, report

NO_KAFKA = "127.0.0.1:1"


def environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "INTAKE_DATABASE_URL": database_url,
        "INTAKE_KAFKA": NO_KAFKA,
        "INTAKE_HTTP_PORT": "0",
        "INTAKE_ADMIN_PORT": "0",
        "INTAKE_TRACKING_SECRET": SECRET,
        "INTAKE_SHUTDOWN_SECONDS": "5",
    }


@asynccontextmanager
async def running(database_url: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """The process and a client of its API, from the moment it says that it has started."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "services.intake", stdout=PIPE, env=environment(database_url)
    )
    try:
        async with asyncio.timeout(30):
            address = (await started(process))["http"]
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http:
            yield process, http
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def started(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    lines = []
    while raw := await process.stdout.readline():
        lines.append(raw.decode())
        line: dict[str, Any] = json.loads(raw)
        if line["event"] == "started":
            return line
    raise AssertionError("".join(lines))


async def test_what_was_answered_survives_kill_9_and_the_door_needs_no_kafka(database: NewDatabase) -> None:
    url = await database("intake")
    headers = {"Idempotency-Key": "survives"}
    async with running(url) as (process, http):
        first = await http.post("/v1/cases", json=report(), headers=headers)
        assert first.status_code == 201
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with running(url) as (process, http):
        again = await http.post("/v1/cases", json=report(), headers=headers)
        assert again.json() == first.json()
        case = await http.get(first.headers["Location"], headers=customer(first.json()))
        assert case.json()["case_no"] == first.json()["case_no"]
        ready = await http.get("/readyz")
        assert ready.status_code == 503, "it says that Kafka is away"
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() in (0, 3)


async def test_a_setting_that_is_missing_stops_the_start_with_its_name(database: NewDatabase) -> None:
    settings = environment(await database("intake"))
    del settings["INTAKE_TRACKING_SECRET"]
    settings["INTAKE_PUBLIC_URL"] = "care.example"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.intake", stderr=PIPE, env=settings
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode == 2
    assert b"INTAKE_TRACKING_SECRET is missing" in said
    assert b"INTAKE_PUBLIC_URL: expected an address that starts with http" in said
