"""A program whose work ends while one of its tasks ignores its cancellation, as a library's may."""

import asyncio
import signal
import sys
from contextlib import suppress

from services.chassis import logs
from services.chassis.command_line import run_async


async def _stubborn() -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


async def _work() -> int:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    task = asyncio.create_task(_stubborn(), name="stubborn")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asked.wait()
    return int(task.done())


if __name__ == "__main__":
    logs.configure("stubborn", "INFO")
    sys.exit(run_async(_work()))
