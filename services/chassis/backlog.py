"""What waits in a service's database: events, inputs, dead letters, timers, calls; how many and how old."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from services.chassis.lanes import LANES

REASONS: Final = ("gap", "clock", "blocked", "deferred", "newer_reader", "unknown_subject")
"""Why inputs are parked; each has its place in the metrics, also when nothing waits for it."""
PATIENCE_S: Final = 2.0

# Timers lane by lane, because their index begins with the lane.
READ: Final = f"""
SELECT 'unsent' AS what, '' AS kind, count(*) AS number, min(since) AS oldest FROM outbox
UNION ALL
SELECT 'parked', reason, count(*), min(parked_at) FROM parked GROUP BY reason
UNION ALL
SELECT 'dead', blocking::text, count(*), min(first_failed_at) FROM dead_letters GROUP BY blocking
UNION ALL
SELECT 'effects', kind, count(*), min(due_at) FROM effects GROUP BY kind
UNION ALL
SELECT 'overdue', '', count(due_at), min(due_at) FROM (SELECT ciclo_now() AS now) AS clock
CROSS JOIN generate_series(0, {LANES - 1}) AS every (lane_number)
CROSS JOIN LATERAL (SELECT due_at FROM timers WHERE lane = lane_number AND due_at <= clock.now) AS due
"""  # noqa: S608 - a number of ours
AGES: Final = (
    f"SELECT what, kind, number, greatest(extract(epoch FROM ciclo_now() - oldest), 0)::float8 AS age"  # noqa: S608
    f" FROM ({READ}) AS piles"
)


@dataclass(frozen=True, slots=True)
class Pile:
    """How many wait, and for how many seconds the oldest has."""

    count: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """`parked` by reason; `dead`: dead letters by whether they hold back later inputs of their aggregate.

    `overdue`: timers that are due; `effects`: outside calls that are owed, by kind, and for how long they are
    due.
    """

    unsent: Pile = Pile()
    parked: dict[str, Pile] = field(default_factory=dict)
    dead: dict[bool, Pile] = field(default_factory=dict)
    overdue: Pile = Pile()
    effects: dict[str, Pile] = field(default_factory=dict)


async def read_backlog(pool: asyncpg.Pool) -> Backlog:
    """All of it, in one statement. Raises TimeoutError after 2 s, and what the database raises."""
    async with asyncio.timeout(PATIENCE_S):
        rows = await pool.fetch(AGES)
    piles = {(row["what"], row["kind"]): Pile(row["number"], row["age"] or 0.0) for row in rows}
    return Backlog(
        unsent=piles[("unsent", "")],
        parked={reason: piles.get(("parked", reason), Pile()) for reason in REASONS},
        dead={blocking: piles.get(("dead", str(blocking).lower()), Pile()) for blocking in (True, False)},
        overdue=piles[("overdue", "")],
        effects={kind: pile for (what, kind), pile in piles.items() if what == "effects"},
    )
