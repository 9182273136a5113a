"""Publishes events again that somebody lacks: pointers to them go into the outbox once more.

Readers drop what they know, so a re-emission heals whoever lacks something and changes nothing for the
others. Why this is safe beside the relay: docs/decisions/0014-events-are-emitted-again-from-the-log.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis import metrics
from services.chassis.auditing import audit
from services.chassis.lanes import lane_of
from services.chassis.recording import Source

MAX_EVENTS: Final = 10_000
"""How many sequences one request may ask for."""

# The locks of the aggregates, in order: as for every event, an outbox id is drawn under its aggregate's lock.
LOCK: Final = "SELECT id FROM aggregates WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
EMIT_AGAIN: Final = """
INSERT INTO outbox (lane, day, event, since)
SELECT lane, day, id, now FROM (
    SELECT DISTINCT asked.lane, events.day, events.id, events.aggregate, events.source, events.sequence
    FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[])
        AS asked (subject, lane, source, first, last)
    JOIN aggregates ON aggregates.id = asked.subject
    JOIN events ON events.aggregate = asked.subject AND events.source = asked.source
        AND events.sequence BETWEEN asked.first AND asked.last
    WHERE NOT EXISTS (
        SELECT FROM outbox WHERE outbox.lane = asked.lane AND outbox.event = events.id
    )
) AS lacking CROSS JOIN (SELECT ciclo_now() AS now) AS clock
ORDER BY aggregate, length(source), source, sequence
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of one subject and epoch, from sequence `first` to `last`, both included."""

    subject: UUID
    epoch: int
    first: int
    last: int


async def reemit(
    pool: asyncpg.Pool, service: str, stretches: Sequence[Stretch], *, actor: str, reason: str
) -> int:
    """Put what this service published into the outbox once more; how many events that are.

    What is in the outbox already is not put there twice. Audited.
    """
    subjects = [one.subject for one in stretches]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK, sorted(set(subjects)))
        done = await connection.execute(
            EMIT_AGAIN,
            subjects,
            [lane_of(subject) for subject in subjects],
            [Source(service, one.epoch).uri for one in stretches],
            [one.first for one in stretches],
            [one.last for one in stretches],
        )
        for one in stretches:
            what = {"epoch": one.epoch, "from": one.first, "to": one.last}
            await audit(connection, actor, "reemit", one.subject, what, reason)
    count = int(done.rpartition(" ")[2])
    metrics.REEMITTED.at().inc(count)
    return count
