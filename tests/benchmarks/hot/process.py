"""A contestant is a process of its own: what it is told, how it runs, how it ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from services.chassis.heap import spare_the_heap

VARIABLE = "BENCHMARK"


@dataclass(frozen=True, slots=True)
class Task:
    """Where to work, and on how much. `group` is the consumer group; `events` matter to those that count."""

    kafka: str
    database: str
    prefix: str
    group: str
    events: int
    batch: int = 500

    def environment(self) -> dict[str, str]:
        """As the process is told it."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def told(cls) -> "Task":
        """As the process was told it."""
        return cls(**json.loads(os.environ[VARIABLE]))


def run(main: Callable[[Task], Coroutine[Any, Any, None]]) -> None:
    """Run until it ends or SIGTERM comes, on uvloop and with a frozen heap, as a service does."""
    task = Task.told()
    spare_the_heap()
    uvloop.run(_until_told(main(task)))


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    running = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        return


def tell(events: int, seconds: float, cpu: float) -> None:
    """Say what was measured, where nobody else can see it."""
    sys.stdout.write(json.dumps({"events": events, "seconds": seconds, "cpu_s": cpu}) + "\n")
    sys.stdout.flush()
