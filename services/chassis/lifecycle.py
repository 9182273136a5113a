"""Parts start one after another and stop in reverse, all of them within one budget of time."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from services.chassis.clock import seconds
from services.chassis.health import Mortal, Part

WATCH_EVERY_S = 0.25
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
# A part that hangs leaves the others this share of the time that was left.
SHARE = 0.5

log = structlog.get_logger()


class Lifecycle:
    """The parts that were started, in order."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    async def start(self, part: Part) -> None:
        """Start a part; from now on `stop` stops it, too, even if its start failed half way."""
        self.parts.append(part)
        await part.start()
        log.debug("part started", part=part.name)

    async def dead(self) -> dict[str, BaseException]:
        """Return what ended them as soon as parts died; until then, wait."""
        mortals = [part for part in self.parts if isinstance(part, Mortal)]
        while True:
            deaths = {part.name: death for part in mortals if (death := part.died()) is not None}
            if deaths:
                return deaths
            await asyncio.sleep(WATCH_EVERY_S)

    async def stop(self, budget: float) -> list[str]:
        """Stop all parts within `budget` seconds; returns the names of those that were cut or failed."""
        end = seconds() + budget
        cut = []
        for part in reversed(self.parts):
            left = max(0.0, end - seconds())
            grace = left * SHARE if part is not self.parts[0] else left
            if not await _stopped(part, grace):
                cut.append(part.name)
        self.parts.clear()
        return cut


async def _stopped(part: Part, grace: float) -> bool:
    began = seconds()
    try:
        # The part is told a little less than it gets, so that it can end its work in its own way.
        async with asyncio.timeout(grace):
            await part.stop(grace * 0.9)
    except TimeoutError as error:
        log.warning("part cut", part=part.name, after_seconds=round(seconds() - began, 2), reason=str(error))
        return False
    except Exception:
        log.exception("part failed to stop", part=part.name)
        return False
    return True


async def patiently(
    what: str, begin: Callable[[], Awaitable[None]], passes: Callable[[Exception], bool]
) -> None:
    """Try `begin` again, with growing pauses, as long as it raises what passes by itself."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            await begin()
        except Exception as error:
            if not passes(error):
                raise
            log.warning("cannot start yet", part=what, error=type(error).__name__, again_in=round(pause, 1))
        else:
            return
        await asyncio.sleep(pause * random.uniform(0.7, 1.0))  # noqa: S311 - spreads load, keeps no secret
        pause = min(2 * pause, LONGEST_PAUSE_S)
