"""Intake as an operator runs it, in a process of its own: the door stays open without Kafka."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.integration.intake.service import SECRET

NO_KAFKA = "127.0.0.1:1"


def environment(database_url: str) -> dict[str, str]:
    """Of a process that reaches its database and no Kafka."""
    return {
        **os.environ,
        "INTAKE_DATABASE_URL": database_url,
        "INTAKE_KAFKA": NO_KAFKA,
        "INTAKE_HTTP_PORT": "0",
        "INTAKE_ADMIN_PORT": "0",
        "INTAKE_TRACKING_SECRET": SECRET,
        "INTAKE_SHUTDOWN_SECONDS": "5",
    }


@dataclass(frozen=True, slots=True)
class IntakeProcess:
    """One that runs: the process, a client of its API, and where its metrics are."""

    process: Process
    http: httpx.AsyncClient
    admin_url: str


@asynccontextmanager
async def running(database_url: str, **more: str) -> AsyncIterator[IntakeProcess]:
    """The process and a client of its API, from the moment it says that it has started."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-m",
        "services.intake",
        stdout=PIPE,
        env=environment(database_url) | more,
    )
    try:
        async with asyncio.timeout(30):
            addresses = await _started(process)
        async with httpx.AsyncClient(base_url=f"http://{addresses['http']}", timeout=20) as http:
            yield IntakeProcess(process, http, f"http://{addresses['admin']}")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _started(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    lines = []
    while raw := await process.stdout.readline():
        lines.append(raw.decode())
        line: dict[str, Any] = json.loads(raw)
        if line["event"] == "started":
            return line
    raise AssertionError("".join(lines))
