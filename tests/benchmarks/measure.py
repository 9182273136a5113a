"""What the run costs: memory and CPU of every process (Linux), and what stands in the databases' queues."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

CLOSING_SECONDS = 5
_TICKS = os.sysconf("SC_CLK_TCK")
_COUNTS = """
SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM parked) AS parked,
    (SELECT count(*) FROM dead_letters) AS dead_letters, (SELECT count(*) FROM effects) AS effects,
    (SELECT count(*) FROM fan_outs) AS fan_outs
"""
_OVERDUE = "SELECT count(*) FROM timers WHERE due_at < ciclo_now()"


@dataclass(frozen=True, slots=True)
class Usage:
    """One process: megabytes of 1,000,000 bytes, and seconds of CPU since its start."""

    rss_mb: float
    peak_mb: float
    cpu_s: float


def usage(pid: int | None) -> Usage | None:
    """What a process uses; None where that cannot be told (it has ended, or there is no /proc)."""
    with suppress(OSError, KeyError, IndexError, ValueError):
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
        lines = dict(line.split(":", 1) for line in status if ":" in line)
        return Usage(_megabytes(lines["VmRSS"]), _megabytes(lines["VmHWM"]), _cpu(f"{pid}", children=False))
    return None


def family_cpu(pid: int | None) -> float | None:
    """CPU seconds of a process, of its living children, and of those it has waited for."""
    with suppress(OSError, IndexError, ValueError):
        own = _cpu(f"{pid}", children=True)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        return own + sum(_cpu(child, children=True) for child in children)
    return None


def _megabytes(kibibytes: str) -> float:
    return int(kibibytes.split(maxsplit=1)[0]) * 1024 / 1e6


def _cpu(pid: str, *, children: bool) -> float:
    # The name of the program, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 15 if children else 13]) / _TICKS


class Databases:
    """The services' databases, read from outside."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._open: dict[str, asyncpg.Pool] = {}

    async def connect(self) -> None:
        """Open a small pool to each."""
        for name, url in self._urls.items():
            self._open[name] = await asyncpg.create_pool(
                url, min_size=1, max_size=2, timeout=10, command_timeout=60
            )

    async def close(self) -> None:
        """Close them."""
        for pool in self._open.values():
            await asyncio.wait_for(pool.close(), CLOSING_SECONDS)

    async def queues(self) -> dict[str, dict[str, int]]:
        """What stands in each engine's queues, by service."""
        return {name: dict(await pool.fetchrow(_COUNTS) or {}) for name, pool in self._open.items()}

    async def overdue_timers(self) -> dict[str, int]:
        """Timers that should have fired, by service."""
        return {name: await pool.fetchval(_OVERDUE) for name, pool in self._open.items()}

    async def timers(self) -> dict[str, int]:
        """Timers that are still set, by service."""
        return {name: await pool.fetchval("SELECT count(*) FROM timers") for name, pool in self._open.items()}

    async def events(self) -> dict[str, int]:
        """Events that each service recorded as published."""
        return {name: await pool.fetchval("SELECT count(*) FROM events") for name, pool in self._open.items()}

    async def registered_units(self) -> int:
        """Product units that warranty knows."""
        return int(await self._open["warranty"].fetchval("SELECT count(*) FROM product_units"))

    async def stages(self) -> dict[str, int]:
        """How many cases stand where, as routing sees it."""
        rows = await self._open["routing"].fetch("SELECT stage, count(*) AS cases FROM cases GROUP BY stage")
        return {row["stage"]: row["cases"] for row in rows}
