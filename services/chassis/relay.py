"""Empties the outbox into Kafka: at least once, in the order of the commits of each aggregate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from services.chassis.clock import nanoseconds, seconds
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.lanes import Lanes
from services.chassis.loop import FAILING_AFTER_S, Loop
from services.chassis.publisher import Publisher, Receipt
from services.chassis.telemetry.exporting import OFF, Tracing
from services.chassis.telemetry.sending import tell_sent

BATCH: Final = 500

MARK_EVERY_S: Final = 1.0

# Each lane is read in the order of its ids, so the events of an aggregate stay in theirs.
READ: Final = """
SELECT seen.*, outbox.lane, outbox.id AS outbox_id, outbox.since, events.*
FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_running, ciclo_now() AS now
) AS seen
LEFT JOIN (
    unnest($1::smallint[]) AS mine (lane_number)
    CROSS JOIN LATERAL (
        SELECT * FROM outbox WHERE lane = lane_number AND id > $2 ORDER BY id LIMIT $3
    ) AS outbox
    LEFT JOIN events ON events.day = outbox.day AND events.id = outbox.event
) ON true
ORDER BY outbox.id
"""
NEXT_TRANSACTION: Final = "SELECT pg_current_xact_id()::text::bigint"
DELETE: Final = """
DELETE FROM outbox USING unnest($1::smallint[], $2::bigint[]) AS sent (lane, id)
WHERE outbox.lane = sent.lane AND outbox.id = sent.id
"""

log = structlog.get_logger(__name__)


class NotAcknowledged(Exception):
    """The broker did not acknowledge everything that was sent; it stays in the outbox."""


class Floor:
    """The outbox id at or below which nothing is left and nothing will appear.

    Reading above it skips the dead rows that a long-open snapshot keeps. But a transaction may commit a low
    id late, and its aggregate's next event right after it: so the floor rises to an id only once every
    transaction that had begun when the id was seen is over. Ids are drawn by transactions that have a number
    already (`sql.NOW_AND_WAITING` draws it).
    """

    def __init__(self) -> None:
        self.id = 0
        self._mark: tuple[int, int] | None = None

    @property
    def marked(self) -> bool:
        """Whether an id is waiting for transactions to end."""
        return self._mark is not None

    def mark(self, highest: int, transaction: int) -> None:
        """Note the highest id of a read; `transaction` is a number that was drawn after the read."""
        self._mark = (highest, transaction)

    def saw(self, lowest: int | None, oldest_running: int) -> None:
        """Take note of a read above the floor: its lowest id, the oldest transaction that ran meanwhile."""
        if self._mark is not None and oldest_running >= self._mark[1]:
            highest, self._mark = self._mark[0], None
            self.id = highest if lowest is None else min(highest, lowest - 1)


@dataclass(slots=True)
class Counts:
    """Events that the relay has sent, and that it has failed to send, since it began."""

    sent: int = 0
    failed: int = 0


class Relay(Loop):
    """Publishes the events of this replica's lanes.

    Only one replica works on a lane, a batch is read in the session that holds the lane's lock, and a row is
    deleted once the broker has it and all before it of the same aggregate.
    """

    def __init__(self, lanes: Lanes, publisher: Publisher, tracing: Tracing = OFF) -> None:
        super().__init__("relay")
        self._lanes = lanes
        self._publisher = publisher
        self._tracing = tracing
        self._floor = Floor()
        self._floor_of: tuple[int, frozenset[int]] = (0, frozenset())
        self._marked_at = 0.0
        self._refused: set[str] = set()
        self._refused_since = 0.0
        self.counts = Counts()
        self.oldest_unsent = 0.0
        """Age in seconds of the oldest unsent event that the last read found; 0 if there was none."""

    async def turn(self) -> float | None:
        """Publish one batch. Raises NotAcknowledged, and what Kafka and the database raise."""
        await self._publisher.connect()
        with self._lanes.using() as lanes:
            rows = await self._read(lanes) if lanes else []
            deleted = await self._publish(rows)
        # Fewer than one lane may give: there are no more, and whoever commits some wakes us.
        return 0 if deleted and len(rows) >= BATCH // len(lanes) else None

    async def close(self) -> None:
        """Drop the producer: what it may still hold is in the outbox, too."""
        await self._publisher.abandon()

    def problem(self) -> str | None:
        """Why events are not published: no broker, no acknowledgements, or some that can never be sent."""
        if self._refused and seconds() - self._refused_since > FAILING_AFTER_S:
            return "cannot send: " + "; ".join(sorted(self._refused)[:3])
        return super().problem()

    async def _read(self, lanes: frozenset[int]) -> list[Any]:
        if self._floor_of != (self._lanes.generation, lanes):
            self._floor, self._floor_of = Floor(), (self._lanes.generation, lanes)
        async with self._lanes.session(lanes) as connection:
            rows = await connection.fetch(READ, sorted(lanes), self._floor.id, BATCH // len(lanes))
            lowest, highest = rows[0]["outbox_id"], rows[-1]["outbox_id"]
            self._floor.saw(lowest, rows[0]["oldest_running"])
            # The snapshot does not tell the newest number that is taken, only the newest that is over; to
            # learn it takes a number, which is cheap but not to be wasted.
            if highest is not None and not self._floor.marked and seconds() - self._marked_at > MARK_EVERY_S:
                self._marked_at = seconds()
                self._floor.mark(highest, await connection.fetchval(NEXT_TRANSACTION))
        since = rows[0]["since"]
        self.oldest_unsent = 0.0 if since is None else (rows[0]["now"] - since).total_seconds()
        return [] if lowest is None else rows

    async def _publish(self, rows: Sequence[Any]) -> int:
        """Send rows, delete those that are with the broker; how many were."""
        if not rows:
            self._refused = set()
            return 0
        crash_point(CrashPoint.RELAY_BEFORE_SEND)
        receipt = await self._send(rows)
        crash_point(CrashPoint.RELAY_AFTER_SEND)
        if receipt.done:
            lanes, ids = zip(*((row["lane"], row["outbox_id"]) for row in receipt.done), strict=True)
            async with self._lanes.session() as connection:
                await connection.execute(DELETE, lanes, ids)
            crash_point(CrashPoint.RELAY_AFTER_DELETE)
        self.counts.sent += len(receipt.done)
        self.counts.failed += receipt.failed
        self._note(receipt.refused)
        if receipt.failed:
            raise NotAcknowledged(f"{receipt.failed} of {len(rows)} events") from receipt.cause
        return len(receipt.done)

    async def _send(self, rows: Sequence[Any]) -> Receipt:
        began = nanoseconds()
        try:
            receipt = await self._publisher.publish(rows)
        except Exception as error:
            tell_sent(self._tracing, began, rows, type(error).__name__)
            raise
        if receipt.failed:
            cause = "not_acknowledged" if receipt.cause is None else type(receipt.cause).__name__
            tell_sent(self._tracing, began, rows, cause)
        else:
            tell_sent(self._tracing, began, receipt.done, None)
        return receipt

    def _note(self, refused: set[str]) -> None:
        if refused and not self._refused:
            self._refused_since = seconds()
        if refused - self._refused:
            log.error("events_not_sendable", reasons=sorted(refused)[:10])
        self._refused = refused
