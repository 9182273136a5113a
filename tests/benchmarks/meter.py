"""The run as it is watched: a line every few seconds, and the highest memory of every service."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo.processes import Services
from deploy.embedded import Servers
from services.chassis.clock import seconds
from tests.benchmarks.ledger import Ledger
from tests.benchmarks.measure import Databases, Usage, family_cpu, usage

EVERY_SECONDS = 5


@dataclass
class Meter:
    """Watches the processes of a run."""

    services: Services
    servers: Servers
    databases: Databases
    ledger: Ledger
    sink: int
    say: Callable[[str], None]
    last: dict[str, Usage] = field(default_factory=dict)
    """The last look at each service."""
    _cpu_before: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """CPU counts from here."""
        self._cpu_before = self._cpu()

    async def watch(self) -> None:
        """Say every few seconds how it goes, until cancelled."""
        began, ended_before = seconds(), 0
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.look()
            ledger, queues = self.ledger, await self.databases.queues()
            rate = (ledger.ended - ended_before) / EVERY_SECONDS
            ended_before = ledger.ended
            memory = " ".join(f"{name[:3]} {each.rss_mb:.0f}" for name, each in self.last.items())
            waiting = " ".join(
                f"{queue} {total}"
                for queue in ("outbox", "parked", "effects", "fan_outs")
                if (total := _total(queues, queue))
            )
            self.say(
                f"{seconds() - began:5.0f} s  opened {ledger.opened:6}  ended {ledger.ended:6}  "
                f"{rate:5.0f}/s  MB: {memory}  {waiting}"
            )

    def look(self) -> None:
        """Note the memory of every service."""
        for name, process in self.services.each.items():
            found = usage(process.pid)
            if found is not None:
                self.last[name] = found

    def cpu(self) -> dict[str, float]:
        """CPU seconds since `begin`, of everything that took part."""
        now = self._cpu()
        return {name: now[name] - before for name, before in self._cpu_before.items() if name in now}

    def _cpu(self) -> dict[str, float]:
        spent = {name: usage(process.pid) for name, process in self.services.each.items()}
        found = {name: each.cpu_s for name, each in spent.items() if each is not None}
        families: Mapping[str, int | None] = {
            "Kafka": self._server("kafka"),
            "PostgreSQL": self._server("postgres"),
            "mail sink": self.sink,
        }
        found |= {name: cpu for name, pid in families.items() if (cpu := family_cpu(pid)) is not None}
        times = os.times()
        return found | {"driver": times.user + times.system}

    def _server(self, name: str) -> int | None:
        """An embedded server's process id; None if it is somebody else's."""
        try:
            return int((self.servers.directory / name / "pid").read_text())
        except (OSError, ValueError):
            return None


def _total(queues: Mapping[str, Mapping[str, int]], queue: str) -> int:
    return sum(each[queue] for each in queues.values())
