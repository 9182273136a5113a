"""Feels whether the event loop is held up: everything else of the service waits then, too."""

import asyncio
from typing import Final

from services.chassis import metrics
from services.chassis.clock import seconds

EVERY_S: Final = 0.5


class Pulse:
    """A part of the app."""

    name = "pulse"

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to feel."""
        self._task = asyncio.create_task(self._beat(), name=self.name)

    async def stop(self, grace: float) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=grace)

    def problem(self) -> str | None:
        """None: whoever could ask is not held up."""
        return None

    async def _beat(self) -> None:
        while True:
            due = seconds() + EVERY_S
            await asyncio.sleep(EVERY_S)
            metrics.LOOP_LAG.at().observe(max(0.0, seconds() - due))
