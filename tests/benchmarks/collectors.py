"""`python -m tests.benchmarks.collectors`: the load with good and bad collectors, beside none.

Plays the same small load (`load.py`, judged as ever) without tracing, with the sink of `deploy/traces`, and
with collectors that are absent, refuse, hang and are slow; in rounds, so that each is compared with its
neighbours in time. Says cases a second, and what that is of the same round without tracing (beside it); and
how many spans a whole case costs, which must not be more than 40.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

import uvloop

from deploy.embedded import Servers
from deploy.traces import Sink, sink
from tests.benchmarks import ground
from tests.benchmarks.load import Run, say
from tests.benchmarks.report import Report
from tests.support.collectors import KINDS, collector

OFF, GOOD = "off", "good"
ALL = (OFF, GOOD, *KINDS)
SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"
SPANS_A_CASE = 40


@asynccontextmanager
async def sending_to(kind: str) -> AsyncIterator[Sink | None]:
    """Inside the block, services that are started send their spans to such a collector: the good one."""
    if kind == OFF:
        yield None
    elif kind == GOOD:
        with sink(ground.DIRECTORY / "traces") as good:
            os.environ[SETTING] = good.url
            yield good
    else:
        async with collector(kind) as bad:
            os.environ[SETTING] = bad.url
            yield None
    os.environ.pop(SETTING, None)


async def measure(servers: Servers, cases: int, window: int, rounds: int) -> int:
    """Play all of it; 1 if any load was not as it must be."""
    rates: dict[str, list[float]] = {kind: [] for kind in ALL}
    faults: list[str] = []
    for number in range(rounds):
        for kind in ALL if number % 2 == 0 else reversed(ALL):
            async with sending_to(kind) as good:
                report = await Run(servers, cases, window, keep=False).play()
                if good is not None:
                    faults += _too_many(await asyncio.to_thread(good.count) / cases)
            rates[kind].append(_rate(report))
            faults += [f"{kind}: {fault}" for fault in report.faults]
            say(f"round {number + 1}, {kind}: {rates[kind][-1]:.1f} cases/s")
    for kind, found in rates.items():
        beside = [mine / without for mine, without in zip(found, rates[OFF], strict=True)]
        spread = f"{min(beside):.0%} to {max(beside):.0%}"
        say(f"{kind:<9} {median(found):6.1f} cases/s, {median(beside):.0%} of those beside it ({spread})")
    for fault in faults:
        say(fault)
    return 1 if faults else 0


def _too_many(spans_a_case: float) -> list[str]:
    """All spans count, whoever shares them: of products, batches and slow statements, too."""
    said = f"{spans_a_case:.1f} spans a case"
    say(said)
    return [f"{said}: more than {SPANS_A_CASE}"] if spans_a_case > SPANS_A_CASE else []


def _rate(report: Report) -> float:
    return report.ended / report.seconds if report.seconds else 0


def main() -> int:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.collectors", description=__doc__)
    parser.add_argument("--cases", type=int, default=400, help="in each run (400)")
    parser.add_argument("--window", type=int, default=100, help="open at the same time (100)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is played (3)")
    given = parser.parse_args()
    with ground.fresh_servers(say) as servers, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(servers, given.cases, given.window, given.rounds))


if __name__ == "__main__":
    sys.exit(main())
