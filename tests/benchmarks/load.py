"""`python -m tests.benchmarks.load`: push cases through all four services, outside actors included.

Starts Kafka, PostgreSQL and the services afresh, plays every customer, agent, workshop and carrier through
the public doors, waits until nothing is owed, reads every topic once more and judges the whole.
"""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from ciclo_schemas import notifications, routing, warranty
from ciclo_schemas.topics import TopicsError
from demo.processes import NAMES, ServiceFailed, Services
from deploy.embedded import CannotStart, Servers
from services.chassis.clock import seconds
from services.chassis.migrate import MigrationFailed
from tests.benchmarks import ground
from tests.benchmarks.cycle.stopwatch import floor, stopwatch
from tests.benchmarks.judging import judge, judge_mails
from tests.benchmarks.ledger import Ledger
from tests.benchmarks.measure import Databases
from tests.benchmarks.meter import Meter
from tests.benchmarks.partners import Post, Shop
from tests.benchmarks.people import Agents, Customers
from tests.benchmarks.plans import Plan
from tests.benchmarks.report import Report
from tests.benchmarks.town import LETTER_BOXES_HEAR, PARTNERS_HEAR, PEOPLE_HEAR, Town, open_service_points
from tests.benchmarks.web import Web
from tests.benchmarks.wire import listening, writing

STALL_SECONDS = 120
"""No case ended for so long: the run is broken off."""
DRAIN_SECONDS = 120
"""After the last case ended, all queues must be empty within this."""
CONNECTIONS = 32
REPORT = (ground.DIRECTORY / "report.json").relative_to(ground.ROOT)


class Broken(Exception):
    """The run cannot go on; the message says why."""


ALL_FROM_ONE_ADDRESS = {
    f"{name.upper()}_{limit}_PER_SECOND": "100000" for name in NAMES for limit in ("STRANGER", "HOLDER")
}


@dataclass
class Run:
    """One run on running servers."""

    servers: Servers
    cases: int
    window: int
    keep: bool = False
    rate: float = 0.0
    """Cases a second that come in, whatever has ended by then; 0: as soon as there is room."""

    async def play(self) -> Report:
        """Do all of it."""
        report = Report(self.cases, self.window, self.rate)
        async with AsyncExitStack() as stack:
            sink = await stack.enter_async_context(ground.mail_sink())
            await stack.enter_async_context(ground.fresh_topics(self.servers))
            urls = await ground.fresh_databases(self.servers)
            services = Services(
                self.servers,
                ground.DIRECTORY / "logs",
                smtp_port=sink.port,
                say=lambda text: _restarted(report, text),
                prefix=ground.PREFIX,
                settings=ALL_FROM_ONE_ADDRESS,
            )
            say("creating databases, starting four services")
            await stack.enter_async_context(services)
            report.floor_ms = await floor(self.servers)
            databases = Databases(urls)
            stack.push_async_callback(databases.close)
            await databases.connect()
            ledger = Ledger(self.window)
            meter = Meter(services, self.servers, databases, ledger, sink.process.pid, say)
            await self._act(services, meter, report)
            await judge(meter, report, self.servers.kafka, say)
            if self.keep:
                await _until_asked(services, self.servers)
            judge_mails(report, await sink.counted())
        return report

    async def _act(self, services: Services, meter: Meter, report: Report) -> None:
        """Let everybody act until all cases ended, or until it is no use."""
        ledger, kafka = meter.ledger, self.servers.kafka
        intake, routing_web, warranty_web = (
            Web(services[name].url, connections=CONNECTIONS) for name in ("intake", "routing", "warranty")
        )

        async def key_of(staff_no: str) -> str:
            return await services.key("routing", f"agent/{staff_no}", "cases:read", "cases:work")

        plans = [Plan(number) for number in range(self.cases)]
        async with AsyncExitStack() as stack:
            post = Post(await stack.enter_async_context(writing(kafka)))
            customers = Customers(intake, secrets.token_hex(8))
            town = Town(ledger, customers, Agents(routing_web, key_of), post)
            stack.callback(town.leave)
            watch = await stack.enter_async_context(stopwatch(kafka))
            readers = [
                await stack.enter_async_context(listening(kafka, group, [topic], events, town.hear))
                for group, topic, events in (
                    ("load-people", routing.TOPIC, PEOPLE_HEAR),
                    ("load-partners", warranty.TOPIC, PARTNERS_HEAR),
                    ("load-letter-boxes", notifications.TOPIC, LETTER_BOXES_HEAR),
                )
            ]
            office = await services.key("warranty", "agent/office-01", "service_points:write")
            await open_service_points(warranty_web, office)
            await self._register(Shop(post), plans, meter.databases, report)
            meter.begin()
            began = seconds()
            watching = asyncio.create_task(meter.watch())
            failing = [
                asyncio.create_task(services.failure()),
                asyncio.create_task(_stalled(ledger)),
                watching,
            ]
            try:
                await _first(town.live(plans, self.rate), *readers, *failing)
                report.seconds = ledger.last_end - began
                await _first(_drained(meter.databases), *failing[:1])
            except Broken as broken:
                report.faults.append(str(broken))
            finally:
                report.seconds = report.seconds or seconds() - began
                await _cancel(*failing)
            report.told_ms = watch.waited(ledger.cases.values())
        for name, web in (("intake", intake), ("routing", routing_web), ("warranty", warranty_web)):
            report.requests[name] = web.requests
            report.repeats |= {f"{name} {reason}": count for reason, count in web.repeats.items()}
            web.close()

    async def _register(self, shop: Shop, plans: list[Plan], databases: Databases, report: Report) -> None:
        began = seconds()
        registered = await shop.registers(plans)
        say(f"{registered} purchases published; waiting until warranty knows them and has told who waits")
        known, left, since = 0, registered, seconds()
        while known < registered or left:
            await asyncio.sleep(0.25)
            before = known, left
            known = await databases.registered_units()
            left = (await databases.queues())["warranty"]["fan_outs"]
            since = seconds() if (known, left) != before else since
            if seconds() - since > STALL_SECONDS:
                raise CannotStart(f"warranty knows {known} of {registered} units.", "see its log.")
        report.registering_s = round(seconds() - began, 1)
        say(f"registered after {report.registering_s} s")


async def _stalled(ledger: Ledger) -> None:
    began = seconds()
    while seconds() - max(began, ledger.last_end) < STALL_SECONDS:  # noqa: ASYNC110 - time passes by itself
        await asyncio.sleep(1)
    raise Broken(f"no case ended for {STALL_SECONDS} s")


async def _drained(databases: Databases) -> None:
    deadline = seconds() + DRAIN_SECONDS
    while any(any(queues.values()) for queues in (await databases.queues()).values()):
        if seconds() > deadline:
            raise Broken(f"queues are not empty {DRAIN_SECONDS} s after the last case ended")
        await asyncio.sleep(0.5)


async def _first(main: Awaitable[None], *others: asyncio.Task[None]) -> None:
    """Wait for `main`; what it rests on must not end before. Raises what ended it."""
    task = asyncio.ensure_future(main)
    try:
        await asyncio.wait({task, *others}, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            if other.done():
                await other
        await task
    finally:
        await _cancel(task)


async def _cancel(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _until_asked(services: Services, servers: Servers) -> None:
    for name, service in services.each.items():
        say(f"{name}: {service.url}/docs, metrics {service.admin_url}/metrics")
    key = await services.key("routing", "agent/agent-01", "cases:read", "cases:work")
    say(f"Kafka {servers.kafka}; agent-01's key for routing {key}; Ctrl-C ends everything")
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()


def _restarted(report: Report, text: str) -> None:
    report.faults.append(text)
    say(text)


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)  # noqa: T201 - a program for a terminal


def main() -> int:
    """Run what the command line says; 1 when anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000, help="how many (default: 50000)")
    parser.add_argument("--window", type=int, default=1_000, help="open at the same time (default: 1000)")
    parser.add_argument("--rate", type=float, default=0, help="cases a second (default: as many as go)")
    parser.add_argument("--report", type=Path, default=REPORT, help="the file for all figures")
    parser.add_argument("--directory", type=Path, default=ground.DIRECTORY, help="for the servers' data")
    parser.add_argument(
        "--keep", action="store_true", help="leave everything running at the end, until Ctrl-C"
    )
    given = parser.parse_args()
    try:
        with (
            ground.fresh_servers(say, given.directory) as servers,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            report = runner.run(Run(servers, given.cases, given.window, given.keep, given.rate).play())
    except (CannotStart, MigrationFailed, ServiceFailed, TopicsError) as error:
        print(f"\nThe load cannot run: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)  # noqa: T201
        return 130
    report.write(given.report)
    for line in [*report.lines(), f"All figures: {given.report}"]:
        say(line)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
