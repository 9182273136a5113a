"""Commands on their way to the engine: what arrives while it works goes together as the next batch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol
from uuid import UUID

import structlog

from ciclo_schemas.envelope import BadEnvelope, read_clock
from services.chassis.database import is_transient
from services.chassis.decider import Message, Origin
from services.chassis.ids import new_id
from services.chassis.inputs import BusinessKey, Fate, Input, Outcome
from services.chassis.pictures import read_etag
from services.chassis.problems import Problem, Refused, problem, unavailable
from services.chassis.telemetry.context import current_traceparent
from services.chassis.telemetry.requests import served_span

FIRST_RETRY_S = 0.02
LONGEST_RETRY_S = 0.5

log = structlog.get_logger()


class Applies(Protocol):
    """What commands need of the engine."""

    async def apply(self, inputs: Sequence[Input]) -> Sequence[Outcome]:
        """One outcome per input, in order. Raises what the database raises."""
        ...


@dataclass(slots=True, eq=False)
class _Sent:
    command: Input
    outcome: asyncio.Future[Outcome]


class Commands:
    """A bounded queue before the engine; a part of the app.

    `waiting`: how many commands may wait before others are turned away; `batch`: how many are decided in one
    transaction; `time_limit`: seconds until a sender is told to come again.
    """

    name = "commands"

    def __init__(
        self, engine: Applies, *, waiting: int = 1000, batch: int = 100, time_limit: float = 10
    ) -> None:
        self._engine = engine
        self._waiting = waiting
        self._batch = batch
        self._time_limit = time_limit
        # A dict keeps the order of arrival, and lets a sender who gives up take his command back.
        self._queue: dict[_Sent, None] = {}
        self._arrived = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._open = False

    async def start(self) -> None:
        """Accept commands from now on."""
        self._open = True
        self._worker = asyncio.create_task(self._work(), name="commands")

    async def stop(self, grace: float) -> None:
        """Accept no more; decide what waits, for `grace` seconds at most, and turn away the rest."""
        self._open = False
        self._arrived.set()
        if self._worker is None:
            return
        _, unfinished = await asyncio.wait([self._worker], timeout=grace)
        if unfinished:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    def problem(self) -> str | None:
        """Why no command would be taken now."""
        if not self._open:
            return "accepts no commands"
        if len(self._queue) >= self._waiting:
            return f"{self._waiting} commands are waiting"
        return None

    def died(self) -> BaseException | None:
        """What ended the worker, which nothing should."""
        if self._worker is None or not self._worker.done() or self._worker.cancelled():
            return None
        return self._worker.exception()

    async def send(
        self,
        subject: UUID,
        data: Message,
        *,
        key: BusinessKey | None = None,
        if_clock: str | None = None,
        if_match: str | None = None,
    ) -> Outcome:
        """Have a command decided for the aggregate `subject`; once this returns, it is durable.

        A repeat with the same `key` gets the first reply again. `if_clock` (a case clock as answered before,
        by any service) makes sure that the decision knows all that the caller knew; `if_match` (an ETag of
        this aggregate) that the caller knew all that the decision knows: else 409 `stale_picture`.
        Raises Refused, or Problem: 503 when it was not decided in time (it may still be, so repeat it with
        the same key), 400 for a malformed `if_clock`, 409 for such an `if_match`, 500 when the decision
        itself failed.
        """
        command = _input(subject, data, key, if_clock, if_match)
        try:
            async with asyncio.timeout(self._time_limit):
                outcome = await self._decided(command)
        except TimeoutError:
            raise unavailable(
                "not_in_time", "the request was not decided in time; please repeat it"
            ) from None
        if outcome.fate in (Fate.APPLIED, Fate.DUPLICATE):
            return outcome
        if outcome.refusal is not None:
            raise Refused(outcome.refusal, outcome.clock, etag=outcome.etag, changes=outcome.changes)
        log.error("command failed", type=command.type, fate=outcome.fate.value, reason=outcome.reason)
        raise problem(500, "internal", "the request could not be decided; the failure was recorded")

    async def _decided(self, command: Input) -> Outcome:
        pause = FIRST_RETRY_S
        while True:
            outcome = await self._once(command)
            if outcome.fate is not Fate.LATER:
                return outcome
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_S)

    async def _once(self, command: Input) -> Outcome:
        if not self._open:
            raise unavailable("not_accepting", "the service is starting or stopping")
        if len(self._queue) >= self._waiting:
            raise unavailable("too_busy", "too many requests are waiting")
        sent = _Sent(command, asyncio.get_running_loop().create_future())
        self._queue[sent] = None
        self._arrived.set()
        try:
            return await sent.outcome
        finally:
            # Only a sender who gives up still finds his command here: then it is never decided.
            self._queue.pop(sent, None)

    async def _work(self) -> None:
        try:
            while self._open or self._queue:
                await self._arrived.wait()
                batch = list(islice(self._queue, self._batch))
                for sent in batch:
                    del self._queue[sent]
                if not self._queue and self._open:
                    self._arrived.clear()
                if batch:
                    await self._apply(batch)
        finally:
            self._open = False
            _fail(self._queue, unavailable("not_accepting", "the service is stopping"))
            self._queue.clear()

    async def _apply(self, batch: Sequence[_Sent]) -> None:
        try:
            outcomes = await self._engine.apply([sent.command for sent in batch])
        except asyncio.CancelledError:
            _fail(batch, unavailable("not_accepting", "the service is stopping"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever happened, the senders are told and the worker lives
            await self._apply_failed(batch, error)
            return
        for sent, outcome in zip(batch, outcomes, strict=True):
            if not sent.outcome.done():
                sent.outcome.set_result(outcome)

    async def _apply_failed(self, batch: Sequence[_Sent], error: Exception) -> None:
        if is_transient(error):
            log.warning("commands not decided: database", error=type(error).__name__, commands=len(batch))
            _fail(batch, unavailable("database_unavailable", "the service cannot reach its database"))
        elif len(batch) == 1:
            log.error("command failed", type=batch[0].command.type, exc_info=error)
            _fail(
                batch, problem(500, "internal", "the request could not be decided; the failure was recorded")
            )
        else:
            # Nothing was committed. Alone, only the one at fault fails.
            for sent in batch:
                if not sent.outcome.done():
                    await self._apply([sent])


def _fail(batch: Sequence[_Sent] | dict[_Sent, None], why: Problem) -> None:
    for sent in batch:
        if not sent.outcome.done():
            sent.outcome.set_exception(why)


def _input(
    subject: UUID, data: Message, key: BusinessKey | None, if_clock: str | None, if_match: str | None
) -> Input:
    picture = read_etag(if_match) if if_match else None
    if if_match and picture is None:
        # As an ETag of something else (RFC 9110 13.1.1): what the caller saw is not what stands.
        raise _malformed("malformed_etag", "If-Match", "an ETag that was answered before", status=409)
    return Input(
        subject=subject,
        origin=Origin.COMMAND,
        type=type(data).__name__,
        id=new_id(),
        data=data,
        raw=data.model_dump_json(),
        clock=_clock(if_clock) if if_clock else {},
        if_version=picture,
        traceparent=current_traceparent(),
        span=served_span(),
        business_key=key,
    )


def _clock(text: str) -> dict[str, int]:
    """What a caller knows; of a service that he names twice, the more. Raises Problem."""
    clock: dict[str, int] = {}
    for entry in text.split(","):
        try:
            [(source, count)] = read_clock(entry).items()
        except (BadEnvelope, ValueError):
            raise _malformed("malformed_clock", "If-Case-Clock", "a case clock") from None
        clock[source] = max(count, clock.get(source, 0))
    return clock


def _malformed(code: str, header: str, expected: str, status: int = 400) -> Problem:
    return problem(status, code, f"{header} is not {expected}", locations=[f"header.{header}"])
