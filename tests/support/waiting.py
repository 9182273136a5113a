"""Waiting for something to become true, for as long as it may take and no longer."""

import asyncio
from collections.abc import Callable


async def until(what: Callable[[], bool], seconds: float = 30) -> None:
    """Return as soon as `what()` is true. Raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
