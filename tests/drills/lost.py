"""The last event of a case is lost on its way: no gap tells it, so the reconciler must."""

import asyncio
import re
import signal
from random import Random

from demo.processes import NAMES
from services.chassis.clock import seconds
from tests.drills.contents import Wrong, expect
from tests.drills.history import READERS
from tests.drills.nemesis import Nemesis
from tests.drills.reconciling import reconcile, watching
from tests.drills.world import World, execute

SERVICE = "routing"
LOST, QUICK_LOST = 12, 3
"""How many last events are to be lost, or a few more: as many as the reconciler lists by name."""
ENOUGH_S = 120.0
SWALLOW = """
CREATE FUNCTION drill.swallow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM outbox WHERE event = NEW.id;
    INSERT INTO drill.swallowed VALUES (NEW.aggregate, NEW.sequence);
    RETURN NULL;
END $$
"""
STATEMENTS = (
    "CREATE TABLE drill.swallowed (aggregate uuid, sequence bigint)",
    SWALLOW,
    """
    CREATE TRIGGER swallow AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.type = 'ciclo.case.closed.v1') EXECUTE FUNCTION drill.swallow()
    """,
)
HEAL = ("DROP TRIGGER swallow ON events", "DROP FUNCTION drill.swallow()")
LACKING = len(READERS["ciclo.routing.v1"])


class LostLast(Nemesis):
    """Rows of the outbox vanish before they are sent; `ciclo-reconcile` names and heals them."""

    name = "lost-last-event"
    about = "the last event of cases vanishes from the outbox; the reconciler names it, it comes again"

    def __init__(self) -> None:
        self._lost = 0
        self._took_s = 0.0

    async def strike(self, world: World, rng: Random, *, quick: bool) -> int:
        """A service away, nothing lost, much lost, healed. Raises Wrong if the reconciler errs."""
        await self._away(world, rng.choice(NAMES))
        expect("the last word", True, "nothing is missing" in await reconcile(world, expect=0))
        lost = await self._swallow(world, QUICK_LOST if quick else LOST)
        self._named(await reconcile(world, expect=1), lost)
        async with watching(world) as watch:
            await watch.until_missing(LACKING * len(lost))
            began = seconds()
            await reconcile(world, "--heal", expect=0)
            self._took_s = max(self._took_s, seconds() - began)
            await watch.until_missing(0)
        self._lost += len(lost)
        return len(lost) + 1

    def notes(self) -> list[str]:
        """How many, and how long it took."""
        return [
            f"{self._lost} last events vanished; ciclo-reconcile named them (exit code 1, metric), and --heal"
            f" had them applied by all within {self._took_s:.0f} s; with a service away it said so (2)"
        ]

    async def _away(self, world: World, name: str) -> None:
        """Its supervisor is stopped, so that it is not started again while we look."""
        service = world.services[name]
        assert service.process is not None
        supervisor = service.process
        supervisor.send_signal(signal.SIGSTOP)
        try:
            service.kill()
            said = await reconcile(world, expect=2)
        finally:
            supervisor.send_signal(signal.SIGCONT)
        expect("who is away", True, f"{service.admin_url} does not answer" in said)
        await supervisor.wait()
        await world.services.ready(service)

    async def _swallow(self, world: World, count: int) -> set[str]:
        """Let so many last events vanish, or a few more; of which cases."""
        url = world.recorder.urls[SERVICE]
        await execute({SERVICE: url}, STATEMENTS)
        async with asyncio.timeout(ENOUGH_S):
            while len(rows := await world.recorder.fetch(url, "TABLE drill.swallowed")) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await execute({SERVICE: url}, HEAL)
        rows = await world.recorder.fetch(url, "TABLE drill.swallowed")
        await execute({SERVICE: url}, ["DROP TABLE drill.swallowed"])
        return {str(row["aggregate"]) for row in rows}

    def _named(self, said: str, lost: set[str]) -> None:
        expect("what is missing", True, f"{LACKING * len(lost)} events are missing" in said)
        if "more stretches" not in said:
            expect("the cases named", lost, set(re.findall(r"missing: (\S+)  routing ", said)))
        elif unknown := set(re.findall(r"missing: (\S+) ", said)) - lost:
            raise Wrong(f"named, and not lost: {unknown}")
