"""Tells many aggregates about a change of one, page by page, each of them exactly once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from services.chassis.clock import seconds
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.database import CONNECT_TIMEOUT_S, is_transient
from services.chassis.decider import Message, Origin
from services.chassis.definition import Targets
from services.chassis.engine import Engine
from services.chassis.ids import derived_id
from services.chassis.inputs import FanOutAdvance, FanOutMoved, Input
from services.chassis.lanes import Lanes
from services.chassis.loop import Loop, place

PAGE: Final = 200
AT_ONCE: Final = 100
REST_S: Final = 30.0
"""How long a fan-out is left alone whose targets cannot be found."""

READ: Final = """
SELECT ahead.* FROM unnest($1::smallint[]) AS mine (lane_number)
CROSS JOIN LATERAL (
    SELECT * FROM fan_outs WHERE lane = lane_number AND id <> ALL($2::bigint[]) ORDER BY id LIMIT $3
) AS ahead
ORDER BY ahead.id LIMIT $3
"""
END: Final = "DELETE FROM fan_outs WHERE id = ANY($1::bigint[])"

log = structlog.get_logger(__name__)


class FanOuts(Loop):
    """Carries out the fan-outs of this replica's lanes, one page of each in turn, the oldest ones first."""

    def __init__(
        self, engine: Engine, lanes: Lanes, pool: asyncpg.Pool, targets: Mapping[type[Message], Targets]
    ) -> None:
        super().__init__("fan-outs")
        self._engine = engine
        self._lanes = lanes
        self._pool = pool
        self._targets = targets
        self._resting: dict[int, float] = {}

    async def turn(self) -> float | None:
        """Tell one page of each of the oldest fan-outs."""
        now = seconds()
        self._resting = {id_: until for id_, until in self._resting.items() if until > now}
        with self._lanes.using() as lanes:
            if not lanes:
                return None
            async with self._lanes.session(lanes) as session:
                rows = await session.fetch(READ, sorted(lanes), list(self._resting), AT_ONCE)
            await self._tell_all(rows)
        return 0 if rows else None

    def problem(self) -> str | None:
        """Why fan-outs do not go on: the loop fails, or the targets of some cannot be found."""
        if self._resting:
            return f"{len(self._resting)} fan-outs fail: see the log"
        return super().problem()

    async def _tell_all(self, rows: Sequence[Any]) -> None:
        """Tell a page of each; those that concern nobody (any more) end together, in one statement."""
        pages = [(row, page) for row in rows if (page := await self._page(row)) is not None]
        over = [row["id"] for row, (_, targets) in pages if not targets]
        if over:
            await self._pool.execute(END, over, timeout=CONNECT_TIMEOUT_S)
        for row, (data, targets) in pages:
            if targets:
                await self._tell(row, data, targets)

    async def _page(self, row: Any) -> tuple[Message, Sequence[UUID]] | None:
        """What is to be told and the next to be told; None for a fan-out that must rest."""
        try:
            data = self._engine.codec.message(row["kind"], row["data"])
            find, after = self._targets[type(data)], row["position"]
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                targets = await find(connection, data, after, PAGE)
            if after is not None and targets and min(targets) <= after:
                raise ValueError("targets went back: this fan-out would never end")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - it rests, or goes on to the loop
            self._rest(row, error)
            return None
        return data, targets

    async def _tell(self, row: Any, data: Message, targets: Sequence[UUID]) -> None:
        done = len(targets) < PAGE
        crash_point(CrashPoint.FAN_OUT_BEFORE_PAGE)
        try:
            await self._engine.apply(
                [_input(row, data, target) for target in targets],
                advance=FanOutAdvance(row["id"], before=row["position"], after=targets[-1], done=done),
            )
            crash_point(CrashPoint.FAN_OUT_AFTER_PAGE)
        except FanOutMoved:
            log.info("fan_out_moved", fan_out=row["id"])
        except Exception as error:  # noqa: BLE001 - it rests, or goes on to the loop
            self._rest(row, error)

    def _rest(self, row: Any, error: Exception) -> None:
        """Leave a fan-out alone for a while. Raises the error if it is not the fan-out's."""
        if is_transient(error):
            raise error
        self._resting[row["id"]] = seconds() + REST_S
        log.warning("fan_out_failed", fan_out=row["id"], kind=row["kind"], error=place(error))


def _input(row: Any, data: Message, target: UUID) -> Input:
    return Input(
        subject=target,
        origin=Origin.INTERNAL,
        type=row["kind"],
        id=derived_id("fan_out", str(row["cause"]), row["kind"], str(row["id"]), str(target)),
        data=data,
        raw=row["data"],
        traceparent=row["traceparent"],
    )
