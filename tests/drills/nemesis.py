"""What a nemesis is: it does its worst for a while, then stops. All chance comes from `rng`."""

import asyncio
from abc import ABC, abstractmethod
from random import Random
from typing import ClassVar

from tests.drills.world import World


class Nemesis(ABC):
    """One kind of fault. A fresh one is made for every scenario, so it may remember what it did."""

    name: ClassVar[str]
    about: ClassVar[str]
    disk_mb: ClassVar[int] = 0
    """PostgreSQL's data lie on a disk of their own, of this size; 0: wherever."""
    keeps_plans: ClassVar[bool] = True
    """Whether every case must still go as its customer planned."""

    @abstractmethod
    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Do it; when this returns, the fault is over. How many faults there were."""

    def notes(self) -> list[str]:
        """What else is to be said of it."""
        return []


class Control(Nemesis):
    """Does nothing: what the drill itself finds wrong is wrong with the drill."""

    name = "control"
    about = "no fault"

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Wait as long as others work."""
        await asyncio.sleep(3)
        return 0
