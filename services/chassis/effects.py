"""Runs what is owed to the outside after the commit; the results come back as inputs."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog

from services.chassis.codec import Codec
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.decider import Message, Origin
from services.chassis.definition import EffectCall, EffectRunner, Retry
from services.chassis.engine import Engine
from services.chassis.ids import derived_id
from services.chassis.inputs import Claim, Input
from services.chassis.lanes import Lanes
from services.chassis.loop import Loop, backoff, place
from services.chassis.telemetry.calls import Attempt
from services.chassis.telemetry.outside import telling
from services.chassis.telemetry.spans import Span

RUN_S: Final = 30.0
"""How long a runner may take for a batch."""
FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 60.0

# Of each order of an aggregate only the oldest effect, of whatever kind: the next one waits until it is gone.
READ: Final = """
SELECT owed.*, ciclo_now() - owed.asked_at AS age FROM (SELECT ciclo_now() AS now) AS clock
CROSS JOIN unnest($1::smallint[]) AS mine (lane_number)
CROSS JOIN LATERAL (
    SELECT * FROM effects AS one
    WHERE lane = lane_number AND kind = $2 AND due_at <= clock.now AND NOT EXISTS (
        SELECT FROM effects AS earlier
        WHERE earlier.lane = one.lane AND earlier.aggregate = one.aggregate
            AND earlier.ordering = one.ordering AND earlier.id < one.id
    )
    ORDER BY due_at, id LIMIT $3
) AS owed
ORDER BY owed.due_at, owed.id LIMIT $3
"""
POSTPONE: Final = """
UPDATE effects SET attempts = attempts + 1, due_at = ciclo_now() + make_interval(secs => wait)
FROM unnest($1::bigint[], $2::float8[]) AS failed (effect, wait) WHERE effects.id = failed.effect
"""

log = structlog.get_logger(__name__)


class Effects(Loop):
    """Runs the effects of one kind that the aggregates of this replica's lanes owe.

    One batch at a time, so an effect is never run twice at once; each kind has a loop of its own, so a slow
    provider delays no other. A lane is not handed over while a batch runs. An effect whose result was lost
    in a crash is run again, with the same key.
    """

    def __init__(self, engine: Engine, lanes: Lanes, runner: EffectRunner) -> None:
        self._kind = runner.data.__name__
        super().__init__(f"effects {self._kind}")
        self._engine = engine
        self._lanes = lanes
        self._runner = runner
        self._results: list[Input] = []

    async def turn(self) -> float | None:
        """Run one batch and apply its results."""
        with self._lanes.using(long=True) as lanes:
            # Results whose transaction failed: the calls were made, and are not made again.
            await self._apply()
            owed = await self._read(lanes) if lanes else []
            if not owed:
                return None
            crash_point(CrashPoint.EFFECT_BEFORE_RUN)
            attempt = Attempt(self._engine.tracing, self._kind, [(call, row["age"]) for row, call in owed])
            answers = [
                ((row, call), answer)
                for (row, _), call, answer in zip(owed, attempt.calls, await self._ask(attempt), strict=True)
            ]
            crash_point(CrashPoint.EFFECT_AFTER_RUN)
            self._results = [
                _input(row, call, answer, attempt.span_of(call))
                for (row, call), answer in answers
                if isinstance(answer, Message)
            ]
            attempt.tell(call for (_, call), retry in answers if isinstance(retry, Retry))
            await self._postpone([(row, retry) for (row, _), retry in answers if isinstance(retry, Retry)])
            # At once again: an effect that is done lets the next of its order go.
            return 0 if await self._apply() else None

    async def close(self) -> None:
        """Close what the runner keeps open."""
        await self._runner.close()

    async def _read(self, lanes: frozenset[int]) -> list[tuple[Any, EffectCall]]:
        async with self._lanes.session(lanes) as session:
            rows = await session.fetch(READ, sorted(lanes), self._kind, self._runner.batch)
        owed, unreadable = [], []
        for row in rows:
            try:
                owed.append((row, _call(row, self._engine.codec)))
            except (KeyError, ValueError, TypeError) as error:
                # Written by another release, most likely: one that can read it will come.
                log.warning("effect_unreadable", kind=self._kind, effect=row["id"], error=place(error))
                unreadable.append((row, Retry("unreadable")))
        await self._postpone(unreadable)
        return owed

    async def _ask(self, attempt: Attempt) -> list[Message | Retry]:
        """Answer every call; those that failed once too often with what the runner says then."""
        calls = attempt.calls
        try:
            with telling(attempt.spans):
                async with asyncio.timeout(RUN_S):
                    answers = list(await self._runner.run(calls))
            finals = [self._final(call, answer) for call, answer in zip(calls, answers, strict=True)]
        except asyncio.CancelledError:
            attempt.answered(None)
            attempt.tell(calls)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a runner raises, its calls are tried again
            # What it says may quote an address: its type and place must do.
            log.warning("effects_failed", kind=self._kind, calls=len(calls), error=place(error))
            answers = [Retry(type(error).__name__) for _ in calls]
            finals = [self._final(call, answer) for call, answer in zip(calls, answers, strict=True)]
        attempt.answered(answers)
        return finals

    def _final(self, call: EffectCall, answer: Message | Retry) -> Message | Retry:
        limit = self._runner.attempts
        if isinstance(answer, Message) or limit is None or call.attempts + 1 < limit:
            return answer
        log.warning("effect_given_up", kind=self._kind, attempts=limit, reason=answer.reason)
        return self._runner.give_up(call, answer.reason)

    async def _apply(self) -> bool:
        if not self._results:
            return False
        try:
            await self._engine.apply(self._results)
        except asyncio.CancelledError:
            # The calls were made; after any other failure they are told when their results are stored.
            self._tell()
            raise
        self._tell()
        self._results = []
        return True

    def _tell(self) -> None:
        self._engine.tracing.emit(one.span for one in self._results if one.span is not None)

    async def _postpone(self, failed: Sequence[tuple[Any, Retry]]) -> None:
        if failed:
            waits = [_wait(row["attempts"] + 1, retry) for row, retry in failed]
            async with self._lanes.session() as session:
                await session.execute(POSTPONE, [row["id"] for row, _ in failed], waits)


def _wait(failures: int, retry: Retry) -> float:
    if retry.after is not None:
        return retry.after.total_seconds()
    return backoff(failures, FIRST_RETRY_S, LONGEST_RETRY_S)


def _call(row: Any, codec: Codec) -> EffectCall:
    return EffectCall(
        subject=row["aggregate"],
        key="/".join(_name(row)),
        data=codec.message(row["kind"], row["data"]),
        attempts=row["attempts"],
        traceparent=row["traceparent"],
    )


def _input(row: Any, call: EffectCall, result: Message, span: Span | None) -> Input:
    return Input(
        subject=call.subject,
        origin=Origin.RESULT,
        type=type(result).__name__,
        id=derived_id("effect", *_name(row)),
        data=result,
        raw=result.model_dump_json(),
        traceparent=call.traceparent,
        span=span,
        claim=Claim("effects", (row["id"],)),
    )


def _name(row: Any) -> tuple[str, str, str, str]:
    """What makes an effect unique, for ever."""
    return str(row["aggregate"]), row["kind"], str(row["cause"]), row["key"]
