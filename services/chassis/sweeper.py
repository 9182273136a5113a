"""Tries again what was parked for a time: facts that were locked, reports that came too early."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.chassis.decider import Origin
from services.chassis.engine import Engine
from services.chassis.inputs import Claim, Input
from services.chassis.lanes import Lanes
from services.chassis.loop import Loop

PAGE: Final = 200
SWEEP_EVERY_S: Final = 1.0

# Page by page through the aggregates, so that those that must wait on keep no others from being tried.
READ: Final = """
SELECT DISTINCT ON (waiting.aggregate) waiting.id, waiting.aggregate, waiting.origin, waiting.type,
    waiting.input_id
FROM (SELECT ciclo_now() AS now) AS clock
CROSS JOIN unnest($1::smallint[]) AS mine (lane_number)
CROSS JOIN LATERAL (
    SELECT * FROM parked WHERE lane = lane_number AND try_at <= clock.now AND aggregate > $2
) AS waiting
ORDER BY waiting.aggregate, waiting.id LIMIT $3
"""


class Sweeper(Loop):
    """Once a second, asks the engine to try the aggregates at which something waits whose time has come.

    The engine tries everything that waits at them, in order, and says itself when to try again.
    """

    def __init__(self, engine: Engine, lanes: Lanes) -> None:
        super().__init__("sweeper", rest=SWEEP_EVERY_S)
        self._engine = engine
        self._lanes = lanes

    async def turn(self) -> None:
        """Go through all of them once."""
        after: UUID | None = UUID(int=0)
        while after is not None:
            with self._lanes.using() as lanes:
                rows = await self._read(lanes, after) if lanes else []
                if rows:
                    await self._engine.apply([_sweep(row) for row in rows])
            after = rows[-1]["aggregate"] if len(rows) == PAGE else None

    async def _read(self, lanes: frozenset[int], after: UUID) -> Sequence[Any]:
        async with self._lanes.session(lanes) as session:
            rows: Sequence[Any] = await session.fetch(READ, sorted(lanes), after, PAGE)
            return rows


def _sweep(row: Any) -> Input:
    """Stand for all that waits at an aggregate: the engine reads that itself, under its lock."""
    return Input(
        subject=row["aggregate"],
        origin=Origin(row["origin"]),
        type=row["type"],
        id=row["input_id"],
        data=None,
        raw="",
        claim=Claim("parked", (row["id"],)),
    )
