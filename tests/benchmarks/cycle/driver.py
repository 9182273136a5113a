"""The load driver in a process of its own, with fresh servers; what its report says of a case."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from services.chassis.clock import seconds
from tests.benchmarks.ground import ROOT
from tests.benchmarks.hot.contest import NotDone
from tests.benchmarks.stand import Bench

SERVICES = ("intake", "routing", "warranty", "notifications")
FOLDER = ROOT / ".ciclo" / "bench-cycle"
WINDOW = 300
SECONDS = 900

Told = Mapping[str, Any]
"""A report of the load driver."""


async def play(
    bench: Bench,
    name: str,
    *,
    cases: int,
    rate: float = 0.0,
    environment: Mapping[str, str] | None = None,
) -> Told:
    """Play cases, `rate` a second or as soon as there is room. Raises NotDone when there is no report."""
    bench.say(f"  {name}: {cases} cases{f', {rate:.1f} a second' if rate else ''}")
    report = FOLDER / f"{name.replace(' %', '')}.json"
    report.unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in ("CICLO_KAFKA", "CICLO_POSTGRES")}
    arguments = (f"--cases={cases}", f"--window={WINDOW}", f"--rate={rate}")
    began = seconds()
    with (FOLDER / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.benchmarks.load", *arguments, f"--report={report}", f"--directory={FOLDER}"),
            stdout=log,
            stderr=log,
            env={**own, **(environment or {})},
        )
        try:
            code = await asyncio.wait_for(process.wait(), SECONDS)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
    if not report.exists():
        raise NotDone(
            f"the load driver ended with {code} after {seconds() - began:.0f} s, see {FOLDER / 'log'}"
        )
    found: Told = json.loads(report.read_text(encoding="utf-8"))
    for fault in found["faults"]:
        bench.say(f"  WRONG  {fault}")
    return found


def cases_a_second(run: Told) -> float:
    """How many cases ended in a second."""
    return float(run["ended"] / run["seconds"])


def each_ms(run: Told) -> dict[str, float]:
    """Milliseconds of CPU that a case took of everybody on the machine."""
    return {name: spent / run["ended"] * 1000 for name, spent in run["cpu_s"].items()}


def services_ms(run: Told) -> float:
    """Milliseconds of CPU that a case took of the four services."""
    return sum(spent for name, spent in each_ms(run).items() if name in SERVICES)
