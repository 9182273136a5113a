"""Ciclo's relay in a process of its own."""

import asyncio

from services.chassis.lanes import Lanes
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from tests.benchmarks.hot.process import Task, run


async def main(task: Task) -> None:
    """Publish until cancelled."""
    lanes = Lanes(task.database, "routing")
    relay = Relay(lanes, Publisher(task.kafka, prefix=task.prefix))
    await lanes.start()
    await relay.start()
    try:
        await asyncio.Event().wait()
    finally:
        await relay.stop(5)
        await lanes.stop(1)


if __name__ == "__main__":
    run(main)
