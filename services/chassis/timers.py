"""Timers that fell due become inputs of their aggregates."""

from typing import Any, Final

from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.decider import Origin
from services.chassis.engine import Engine
from services.chassis.ids import derived_id
from services.chassis.inputs import Claim, Input
from services.chassis.lanes import Lanes
from services.chassis.loop import Loop

BATCH: Final = 200
# Also how late a timer may be noticed that another replica set, or that a shifted clock made due.
LOOK_EVERY_S: Final = 0.25

# Read without locks: the engine locks the aggregates first, and drops what was cancelled or moved meanwhile.
READ: Final = """
SELECT due.* FROM (SELECT ciclo_now() AS now) AS clock
CROSS JOIN unnest($1::smallint[]) AS mine (lane_number)
CROSS JOIN LATERAL (
    SELECT * FROM timers WHERE lane = lane_number AND due_at <= clock.now ORDER BY due_at LIMIT $2
) AS due
ORDER BY due.due_at, due.aggregate, due.kind, due.key LIMIT $2
"""
NEXT: Final = """
SELECT extract(epoch FROM min(next.due_at) - ciclo_now())::float8
FROM unnest($1::smallint[]) AS mine (lane_number)
CROSS JOIN LATERAL (
    SELECT due_at FROM timers WHERE lane = lane_number ORDER BY due_at LIMIT 1
) AS next
"""


class Timers(Loop):
    """Sends the due timers of this replica's lanes to the engine, earliest first."""

    def __init__(self, engine: Engine, lanes: Lanes) -> None:
        super().__init__("timers", rest=LOOK_EVERY_S)
        self._engine = engine
        self._lanes = lanes

    async def turn(self) -> float | None:
        """Apply one batch; sleep until the next timer is due, though never for long."""
        with self._lanes.using() as lanes:
            if not lanes:
                return None
            async with self._lanes.session(lanes) as session:
                rows = await session.fetch(READ, sorted(lanes), BATCH)
                if not rows:
                    wait: float | None = await session.fetchval(NEXT, sorted(lanes))
                    return LOOK_EVERY_S if wait is None else min(max(wait, 0.001), LOOK_EVERY_S)
            crash_point(CrashPoint.TIMERS_BEFORE_APPLY)
            await self._engine.apply([_input(row) for row in rows])
            crash_point(CrashPoint.TIMERS_AFTER_APPLY)
        return 0


def _input(row: Any) -> Input:
    """The timer as an input; the engine reads its data when it claims the row."""
    aggregate, kind, key, due = row["aggregate"], row["kind"], row["key"], row["due_at"]
    return Input(
        subject=aggregate,
        origin=Origin.TIMER,
        type=kind,
        id=derived_id("timer", str(aggregate), kind, key, due.isoformat()),
        data=None,
        raw=row["data"],
        time=due,
        traceparent=row["traceparent"],
        claim=Claim("timers", (aggregate, kind, key)),
    )
