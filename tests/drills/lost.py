"""The last event of a case is lost on its way: no gap tells it, so the reconciler must."""

import asyncio
import os
import re
import sys
from random import Random

from services.chassis.clock import seconds
from tests.benchmarks.ground import ROOT
from tests.drills.contents import Wrong
from tests.drills.nemesis import Nemesis
from tests.drills.world import World, execute

SERVICE = "routing"
MARGIN_S = 120.0
SWALLOW = """
CREATE FUNCTION drill.swallow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM outbox WHERE event = NEW.id;
    INSERT INTO drill.swallowed VALUES (NEW.aggregate, NEW.sequence);
    RETURN NULL;
END $$
"""
STATEMENTS = (
    "CREATE TABLE IF NOT EXISTS drill.swallowed (aggregate uuid, sequence bigint)",
    SWALLOW,
    """
    CREATE TRIGGER swallow AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.type = 'ciclo.case.closed.v1') EXECUTE FUNCTION drill.swallow()
    """,
)
HEAL = ("DROP TRIGGER IF EXISTS swallow ON events", "DROP FUNCTION IF EXISTS drill.swallow()")


class LostLast(Nemesis):
    """Rows of the outbox vanish before they are sent; `ciclo-reconcile --heal` finds all and heals them."""

    name = "lost-last-event"
    about = "the last event of cases vanishes from the outbox; the reconciler names it, it comes again"

    def __init__(self) -> None:
        self._swallowed = 0
        self._took_s = 0.0

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """Swallow for a while, then reconcile. Raises Wrong if something is not named or not healed."""
        await execute({SERVICE: world.recorder.urls[SERVICE]}, STATEMENTS)
        await asyncio.sleep(8 if quick else 20)
        await execute({SERVICE: world.recorder.urls[SERVICE]}, HEAL)
        url = world.recorder.urls[SERVICE]
        rows = await world.recorder._fetch(url, "DELETE FROM drill.swallowed RETURNING aggregate, sequence")
        began = seconds()
        said = await self._reconcile(world)
        self._took_s = max(self._took_s, seconds() - began)
        named = set(re.findall(r"missing: (\S+)  routing ", said))
        unnamed = {str(row["aggregate"]) for row in rows} - named
        if unnamed and "more stretches" not in said:
            raise Wrong(f"{len(unnamed)} of {len(rows)} lost events were not named:\n{said[-1500:]}")
        self._swallowed += len(rows)
        return len(rows)

    def notes(self) -> list[str]:
        """How many, and how long it took."""
        return [
            f"{self._swallowed} last events vanished; ciclo-reconcile --heal named them and had them emitted"
            f" again within {self._took_s:.0f} s"
        ]

    async def _reconcile(self, world: World) -> str:
        keys = [
            f"{name}={await world.services.key(name, 'service/reconcile', 'operations:reemit')}"
            for name in world.services.each
        ]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.chassis.reconcile",
            "--heal",
            "--patience",
            "30",
            *(service.admin_url for service in world.services.each.values()),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "CICLO_RECONCILE_KEYS": ",".join(keys)},
        )
        async with asyncio.timeout(MARGIN_S):
            out, _ = await process.communicate()
        said = out.decode()
        if process.returncode:
            raise Wrong(f"ciclo-reconcile ended with {process.returncode}:\n{said[-1500:]}")
        return said
