"""A collector that is away, refuses, is silent or slow: nobody but the spans notices."""

import asyncio
import json
import re
import signal

import httpx
import pytest

from services.chassis.telemetry.exporting import FLUSH_S
from tests.conftest import NewDatabase
from tests.integration.intake.service import report
from tests.support.collectors import KINDS, collector
from tests.support.intake_process import IntakeProcess, environment, running

CASES = 40
"""Each that is opened is told at least in one span, that of the request."""
END_SECONDS = float(environment("")["INTAKE_SHUTDOWN_SECONDS"]) + FLUSH_S + 5
OTEL = {
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BSP_MAX_QUEUE_SIZE": "16",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4",
}
DROPPED = re.compile(r"^ciclo_telemetry_spans_dropped_total\{.*\} (\S+)", re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_bad_collector_costs_spans_and_neither_an_answer_nor_the_end(
    database: NewDatabase, kind: str
) -> None:
    async with (
        collector(kind) as bad,
        running(await database("intake"), OTEL_EXPORTER_OTLP_ENDPOINT=bad.url, **OTEL) as intake,
    ):
        answers = await asyncio.gather(*(intake.http.post("/v1/cases", json=report()) for _ in range(CASES)))
        assert {answer.status_code for answer in answers} == {201}
        assert await _counted(intake) > 0, "a monitor is not told of the spans that the full queue pushed out"
        lost = await _end(intake)
    assert lost + bad.spans >= CASES
    assert (bad.spans > 0) == (kind == "slow")
    assert (bad.requests > 0) == (kind != "absent")


async def _counted(intake: IntakeProcess) -> float:
    async with httpx.AsyncClient(timeout=20) as client:
        exposition = (await client.get(f"{intake.admin_url}/metrics")).text
    return sum(float(number) for number in DROPPED.findall(exposition))


async def _end(intake: IntakeProcess) -> int:
    """Ask it to end; how many spans it says that it lost."""
    intake.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(END_SECONDS):
        said, _ = await intake.process.communicate()
    (lost,) = [line for line in map(json.loads, said.splitlines()) if line["event"] == "spans_lost"]
    return sum(lost.get(reason, 0) for reason in ("queue_full", "export_failed", "shutdown"))
