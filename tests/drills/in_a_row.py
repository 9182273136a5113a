"""Faults of four kinds, one right after another, in an order of chance: what a quick drill plays."""

import asyncio
from random import Random

from tests.drills.against_servers import KafkaRestart, PostgresRestart
from tests.drills.against_services import Freeze, Kill
from tests.drills.nemesis import Nemesis
from tests.drills.world import World

FAULTS: tuple[type[Nemesis], ...] = (Kill, Freeze, PostgresRestart, KafkaRestart)


class InARow(Nemesis):
    """No time to recover in between: a fault meets what the one before it left behind."""

    name = "in-a-row"
    about = "kill -9 of every service, a freeze, PostgreSQL and Kafka crashing: one right after another"

    def __init__(self) -> None:
        self._orders: list[str] = []

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """All of them once."""
        chosen = rng.sample(FAULTS, len(FAULTS))
        self._orders.append(", ".join(fault.name for fault in chosen))
        count = 0
        for fault in chosen:
            count += await fault().strike(world, rng, quick=quick)
            await asyncio.sleep(rng.uniform(0, 2))
        return count

    def notes(self) -> list[str]:
        """The orders."""
        return self._orders
