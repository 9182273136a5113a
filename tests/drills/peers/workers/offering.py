"""Offers numbered jobs at a steady rate, whatever befalls the database; prints those that were accepted."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

Enqueue = Callable[[int], Awaitable[object]]
Connect = Callable[[], AbstractAsyncContextManager[Enqueue]]

LIMIT_S = 5.0


def database() -> str:
    """The URL of the database that queue and work share."""
    return os.environ["PEER_DATABASE"]


async def offer(connect: Connect) -> None:
    """Offer for ever. A job whose acceptance is uncertain, as when the session ends, is not offered again."""
    rate, job = float(os.environ["PEER_RATE"]), int(os.environ["PEER_FIRST"])
    while True:
        try:
            async with asyncio.timeout(LIMIT_S) as limit, connect() as enqueue:
                due = time.monotonic()
                while True:
                    job += 1
                    limit.reschedule(asyncio.get_running_loop().time() + LIMIT_S)
                    await enqueue(job)
                    sys.stdout.write(f"{job}\n")
                    sys.stdout.flush()
                    due = max(due + 1 / rate, time.monotonic())
                    await asyncio.sleep(due - time.monotonic())
        except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
            sys.stderr.write(f"not accepted: {type(error).__name__}\n")
            await asyncio.sleep(0.2)
