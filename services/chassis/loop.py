"""The loops that work in the background: they poll, are woken, back off when they fail, and never die."""

import asyncio
import random
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Final

import structlog

from services.chassis.clock import seconds

FIRST_BACKOFF_S: Final = 0.1
LONGEST_BACKOFF_S: Final = 5.0
FAILING_AFTER_S: Final = 10.0
STUCK_AFTER_S: Final = 60.0
RECOVERY_S: Final = 15.0

log = structlog.get_logger(__name__)


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row: doubled each time, half of it at random."""
    whole = min(longest, first * 2.0 ** min(failures - 1, 30))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def place(error: BaseException) -> str:
    """Type and place of an error and of its cause, never a message, which may quote somebody's data."""
    if error.__cause__ is not None:
        return f"{_place(error)}, because of {_place(error.__cause__)}"
    return _place(error)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    file = code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno} in {code.co_name}"


class Loop(ABC):
    """Calls `turn` again and again, from `start` to `stop`.

    What a turn raises is logged, `recover` is called, and after a growing pause the next turn comes. With
    nothing to do the loop rests for `rest` seconds, or until `wake`: what this process makes wakes it, so it
    looks by itself only for what another replica made.
    """

    def __init__(self, name: str, *, rest: float = 0.25) -> None:
        self.name = name
        self._idle = rest
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._failing_since: float | None = None
        self._failure = ""
        self._turn_began: float | None = None

    @abstractmethod
    async def turn(self) -> float | None:
        """Do some work. Returns the seconds until the next turn at the latest; None if there was nothing."""

    async def recover(self) -> None:  # noqa: B027 - most loops have nothing of their own to mend
        """Throw away what a failed turn may have broken."""

    async def close(self) -> None:  # noqa: B027 - most loops have nothing of their own to close
        """Give back what the loop holds, after its last turn."""

    def wake(self) -> None:
        """There is something to do. Costs nothing; may be called at any time."""
        self._woken.set()

    async def start(self) -> None:
        """Begin to turn; failures of the first turn are treated like those of every other."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self, grace: float) -> None:
        """Let the turn in flight finish within `grace` seconds, then close.

        Raises TimeoutError when the turn had to be cut; its work stays where it came from.
        """
        self._stopping.set()
        self._woken.set()
        task, self._task = self._task, None
        try:
            if task is not None:
                _, unfinished = await asyncio.wait({task}, timeout=grace)
                task.cancel()
                await asyncio.wait({task})
                if unfinished:
                    raise TimeoutError(f"{self.name} was in the middle of its work")
        finally:
            await self.close()

    def problem(self) -> str | None:
        """Why the loop has not done its work for some time; None when all is well."""
        if self._task is None or self._task.done():
            return "not running"
        now = seconds()
        if self._failing_since is not None and now - self._failing_since > FAILING_AFTER_S:
            return f"failing for {now - self._failing_since:.0f} s: {self._failure}"
        if self._turn_began is not None and now - self._turn_began > STUCK_AFTER_S:
            return f"stuck for {now - self._turn_began:.0f} s"
        return None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            self._turn_began = seconds()
            try:
                pause = await self.turn()
            except Exception as error:  # noqa: BLE001 - a loop outlives whatever happens to it
                self._turn_began = None
                await self._mend(error)
                continue
            self._turn_began = None
            self._failures, self._failing_since = 0, None
            await _wait(self._woken, self._idle if pause is None else pause)

    async def _mend(self, error: Exception) -> None:
        self._failures += 1
        self._failure = place(error)
        if self._failing_since is None:
            self._failing_since = seconds()
        pause = backoff(self._failures, FIRST_BACKOFF_S, LONGEST_BACKOFF_S)
        log.warning("loop_failed", loop=self.name, error=self._failure, again_in=round(pause, 2))
        try:
            async with asyncio.timeout(RECOVERY_S):
                await self.recover()
        except Exception as again:  # noqa: BLE001 - the next turn tries anyway
            log.warning("loop_recovery_failed", loop=self.name, error=place(again))
        # A wake-up does not shorten this pause: what failed would only fail faster.
        await _wait(self._stopping, pause)


async def _wait(event: asyncio.Event, pause: float) -> None:
    if pause <= 0:
        # Somebody else's turn, however much there is to do here.
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(pause):
            await event.wait()
