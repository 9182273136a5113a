"""The quick drill: what is killed, frozen or restarted under load loses, doubles and disorders nothing."""

import asyncio
import json
import sys

import pytest

from tests.benchmarks.ground import ROOT

SEED = 20261122


@pytest.mark.timeout(420)
async def test_nothing_is_lost_doubled_or_disordered_and_a_relay_without_order_is_caught() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.drills", "--quick", "--seed", str(SEED), cwd=ROOT
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    report = json.loads((ROOT / ".ciclo" / "drills" / str(SEED) / "report.json").read_text())
    verdicts = {result["name"]: result["verdict"] for result in report["results"]}
    assert verdicts == {
        "kill": "ok",
        "freeze": "ok",
        "postgres-restart": "ok",
        "kafka-restart": "ok",
        "skip-locked-relay": "caught",
    }
