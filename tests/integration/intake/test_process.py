"""Intake as an operator runs it: started, killed, started again; the door stays open without Kafka."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

from tests.conftest import NewDatabase
from tests.integration.intake.service import customer, report
from tests.support.intake_process import environment, running


async def test_what_was_answered_survives_kill_9_and_the_door_needs_no_kafka(database: NewDatabase) -> None:
    url = await database("intake")
    headers = {"Idempotency-Key": "survives"}
    async with running(url) as intake:
        first = await intake.http.post("/v1/cases", json=report(), headers=headers)
        assert first.status_code == 201
        intake.process.send_signal(signal.SIGKILL)
        await intake.process.wait()
    async with running(url) as intake:
        again = await intake.http.post("/v1/cases", json=report(), headers=headers)
        assert again.json() == first.json()
        case = await intake.http.get(first.headers["Location"], headers=customer(first.json()))
        assert case.json()["case_no"] == first.json()["case_no"]
        ready = await intake.http.get("/readyz")
        assert ready.status_code == 503, "it says that Kafka is away"
        intake.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await intake.process.wait() in (0, 3)


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
