"""Part `cycle`: cases through all four services, all on this machine, and how long a customer waits."""

import asyncio
import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from typing import Any

from deploy.traces.process import Sink, sink
from services.chassis.clock import seconds
from tests.benchmarks.cycle.stopwatch import HOPS
from tests.benchmarks.ground import ROOT
from tests.benchmarks.hot.contest import NotDone
from tests.benchmarks.results import Chart, Found, Goal, number
from tests.benchmarks.stand import Stand

SERVICES = ("intake", "routing", "warranty", "notifications")
FOLDER = ROOT / ".ciclo" / "bench-cycle"
CASES, WINDOW = 6_000, 1_000
LIGHT_PER_SECOND, LIGHT_CASES = 3.0, 150
LOAD_SECONDS = 45
SECONDS = 900
TEXT = (
    "`make load` in small: customers, agents, workshops and carriers around the four services, with "
    "Kafka, PostgreSQL and the actors on the same machine; every case is judged afterwards. The first "
    "word is `notification.sent` of the receipt, from the request that opened the case; its floor is "
    "three hops (intake, routing, notifications) of one small commit and one record through Kafka each, "
    "measured in the same run."
)


async def measure(stand: Stand) -> Found:
    """Run the part; each run has fresh servers of its own."""
    most = await _load(stand, "full", cases=stand.size.of(CASES, 40), window=WINDOW)
    rate = _rate(most)
    with sink(FOLDER) as traces:
        traced = await _load(stand, "traced", cases=stand.size.of(CASES, 40), window=WINDOW, traces=traces)
        spans = _spans(traces) / traced["ended"]
    light = await _load(stand, "light", cases=stand.size.of(LIGHT_CASES, 20), rate=LIGHT_PER_SECOND)
    loaded = {
        share: await _load(
            stand,
            f"{share} %",
            cases=stand.size.of(max(20, int(rate * share / 100 * LOAD_SECONDS)), 20),
            rate=rate * share / 100,
        )
        for share in (50, 80)
    }
    runs = {"full": most, "traced": traced, "light": light, **{f"{s} %": run for s, run in loaded.items()}}
    least = HOPS * (light["floor_ms"]["commit"] + light["floor_ms"]["kafka"])
    tracing = _cpu_ms(traced) - _cpu_ms(most)
    return Found(
        part="cycle",
        title="The whole cycle",
        text=TEXT,
        columns=(
            "run",
            "cases/s",
            "CPU ms a case: services",
            "all",
            "first word p50 ms",
            "p95",
            "p99",
            "p50 x floor",
        ),
        rows=[_row(name, run) for name, run in runs.items()],
        data={"runs": runs, "spans_per_case": spans, "tracing_ms_per_case": tracing, "floor_ms": least},
        goals=[
            Goal("full cycles a second", rate, 300),
            Goal(
                "first word at light load, times its floor",
                light["told_ms"]["p50"] / least,
                2,
                at_least=False,
            ),
            *(Goal(f"peak memory of {name}", most["peak_mb"][name], 150, False, " MB") for name in SERVICES),
        ],
        charts=[
            Chart("The first word, ms (p50)", "ms", bars={"floor": least} | _p50s(runs)),
            Chart("CPU ms a case", "ms", bars=_each_ms(most)),
        ],
        notes=[
            f"Tracing: {number(spans)} spans a case, {number(tracing)} ms of the services' CPU a case "
            f"({tracing / _cpu_ms(most):.0%}). Floor of the first word: {number(least)} ms."
        ],
    )


async def _load(
    stand: Stand,
    name: str,
    *,
    cases: int,
    window: int = WINDOW,
    rate: float = 0.0,
    traces: Sink | None = None,
) -> dict[str, Any]:
    """One run of the load driver, in a process of its own. Raises NotDone when it is not as it must be."""
    stand.say(f"  {name}: {cases} cases{f', {rate:.1f} a second' if rate else ''}")
    report = FOLDER / f"{name.replace(' %', '')}.json"
    report.unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in ("CICLO_KAFKA", "CICLO_POSTGRES")}
    arguments = (f"--cases={cases}", f"--window={window}", f"--rate={rate}")
    began = seconds()
    with (FOLDER / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.benchmarks.load", *arguments, f"--report={report}", f"--directory={FOLDER}"),
            stdout=log,
            stderr=log,
            env=own | (traces.settings if traces else {}),
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
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    for fault in found["faults"]:
        stand.say(f"  WRONG  {fault}")
    return found


def _spans(traces: Sink) -> int:
    with urllib.request.urlopen(f"{traces.url}/healthz", timeout=30) as answer:  # noqa: S310 - ours
        told = json.load(answer)
    return int(told["spans"]) + int(told["dropped"])


def _rate(run: Mapping[str, Any]) -> float:
    return float(run["ended"] / run["seconds"])


def _each_ms(run: Mapping[str, Any]) -> dict[str, float]:
    return {name: spent / run["ended"] * 1000 for name, spent in run["cpu_s"].items()}


def _cpu_ms(run: Mapping[str, Any]) -> float:
    return sum(spent for name, spent in _each_ms(run).items() if name in SERVICES)


def _p50s(runs: Mapping[str, Any]) -> dict[str, float]:
    return {name: run["told_ms"]["p50"] for name, run in runs.items() if name not in ("full", "traced")}


def _row(name: str, run: Mapping[str, Any]) -> list[str]:
    told, least = run["told_ms"], HOPS * sum(run["floor_ms"].values())
    waits = [number(told[cut]) for cut in ("p50", "p95", "p99")]
    every = sum(_each_ms(run).values())
    return [
        name,
        number(_rate(run)),
        number(_cpu_ms(run)),
        number(every),
        *waits,
        number(told["p50"] / least),
    ]
