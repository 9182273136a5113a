"""One way in: a batch of inputs becomes one transaction.

Lock the aggregates in sorted order, drop duplicates and park what is early, gather facts, fold the inputs
through the deciders, write one statement per table, commit. The caller commits Kafka offsets afterwards; the
relay and the effect runner are woken in-process.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from uuid import UUID

import asyncpg
import structlog

from services.chassis import counting, sql
from services.chassis.apart import Mode, apart, is_of_an_input, name_of
from services.chassis.auditing import audit
from services.chassis.breaker import Breaker
from services.chassis.clock import seconds
from services.chassis.codec import Codec, safe_message
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.decider import KAFKA, Lookup
from services.chassis.definition import Connection, Definition
from services.chassis.fold import STALE, Fold, Handlers
from services.chassis.inputs import BusinessKey, FanOutAdvance, FanOutMoved, Fate, Input, Operation, Outcome
from services.chassis.joining import joined
from services.chassis.loading import known_keys, load_facts, take_claims
from services.chassis.pictures import changes_since
from services.chassis.recording import Recorder, Source
from services.chassis.storing import (
    delete_engine_rows,
    delete_rows,
    make_aggregates,
    write_aggregates,
    write_engine_rows,
    write_rows,
)
from services.chassis.telemetry.batches import BatchSpans
from services.chassis.telemetry.exporting import OFF, Tracing
from services.chassis.working import Aggregate, Waiting, Writes

log = structlog.get_logger(__name__)

ACQUIRE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Committed:
    """What a transaction left to do now: the loops that do it are woken."""

    events: bool
    effects: bool
    fan_outs: bool


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a batch would do: outcomes in its order, all that it would write, its rows by table."""

    outcomes: tuple[Outcome, ...]
    writes: Writes
    rows: dict[str, int]


class Engine:
    """Applies inputs for one service. Safe to call concurrently."""

    def __init__(self, pool: asyncpg.Pool, definition: Definition, tracing: Tracing = OFF) -> None:
        self._pool = pool
        self.definition = definition
        self.tracing = tracing
        self._handlers = Handlers(definition)
        self._callbacks: list[Callable[[Committed], None]] = []
        self.codec = Codec(definition)
        self.breaker = Breaker()
        self.source = Source(definition.name, 1)
        self.release = release_of(definition.name)

    async def start(self) -> None:
        """Read this service's epoch. Call before the first `apply`."""
        epoch = await self._pool.fetchval("SELECT max(epoch) FROM source_epoch")
        self.source = Source(self.definition.name, epoch)

    def on_commit(self, callback: Callable[[Committed], None]) -> None:
        """Call back after every commit that leaves work for a loop."""
        self._callbacks.append(callback)

    async def apply(self, inputs: Sequence[Input], *, advance: FanOutAdvance | None = None) -> list[Outcome]:
        """Decide and store a batch, durably; outcomes in the order of the inputs.

        Inputs claimed from `parked` are sweeps: the engine takes what waits from the table itself.
        Raises transient database errors as they are (nothing was kept), BreakerOpen and FanOutMoved.
        """
        try:
            return await self._transact(inputs, advance)
        except Exception as error:
            if not is_of_an_input(error):
                raise
            log.warning("batch_taken_apart", error=name_of(error), inputs=len(inputs))
            if advance is None:
                return await apart(inputs, self.apply, self._decide_alone)
            keyed = [replace(one, business_key=BusinessKey("fan_out", str(one.id), "")) for one in inputs]
            outcomes = await apart(keyed, self.apply, self._decide_alone)
            await self._transact((), advance)
            return outcomes

    async def _decide_alone(self, one: Input, mode: Mode) -> Outcome:
        return (await self._transact([one], None, mode=mode))[0]

    async def operate(self, operation: Operation) -> None:
        """Carry out and audit an operator's intervention, then let go on what waited for it."""
        await self._transact((), None, operation=operation)

    async def rehearse(self, inputs: Sequence[Input]) -> Rehearsal:
        """Decide and store a batch, then roll everything back. Raises what cannot be stored."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                spans = BatchSpans(OFF, self.definition.name)
                fold, recorder, outcomes = await self._fold(connection, inputs, None, Mode(), spans)
                await self._write(connection, fold, recorder)
            finally:
                await transaction.rollback()
        rows = {table.name: len(kept) + len(gone) for table, kept, gone in recorder.facts.changes()}
        return Rehearsal(tuple(outcomes), recorder.writes, rows)

    async def _transact(
        self,
        inputs: Sequence[Input],
        advance: FanOutAdvance | None,
        *,
        operation: Operation | None = None,
        mode: Mode | None = None,
    ) -> list[Outcome]:
        """One transaction; again when somebody else made one of its new aggregates meanwhile.

        There is nothing to lock of an aggregate that has no row yet, so two transactions may decide about it
        at once. The one that writes second waits at the row's key for the first, and fails once that has
        committed: nothing of it is kept, and in the next round it locks the row. Every round has at least one
        new id less, so there is an end.
        """
        while True:
            try:
                return await self._transact_once(inputs, advance, operation, mode or Mode())
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != sql.MADE_TWICE:
                    raise
                log.info("aggregate_made_meanwhile", inputs=len(inputs))

    async def _transact_once(
        self,
        inputs: Sequence[Input],
        advance: FanOutAdvance | None,
        operation: Operation | None,
        mode: Mode,
    ) -> list[Outcome]:
        began = seconds()
        spans = BatchSpans(self.tracing, self.definition.name)
        with spans.transaction(len(inputs)):
            async with self._acquired() as connection, connection.transaction():
                fold, recorder, outcomes = await self._fold(connection, inputs, operation, mode, spans)
                decided = _decided(inputs, outcomes)
                failures = recorder.writes.failures()
                self.breaker.check(decided, failures)
                await self._write(connection, fold, recorder)
                if advance is not None:
                    await _advance(connection, advance)
                if operation is not None:
                    await _audit(connection, operation)
                outcomes = await self._with_changes(connection, inputs, outcomes)
                crash_point(CrashPoint.ENGINE_BEFORE_COMMIT)
        crash_point(CrashPoint.ENGINE_AFTER_COMMIT)
        self.breaker.keep(decided, failures)
        counting.batch_applied(
            inputs, outcomes, seconds() - began, released=recorder.released, now=recorder.now
        )
        counting.events_published(self.definition.measures, recorder.said)
        self._announce(recorder.writes)
        return outcomes

    def _acquired(self) -> AbstractAsyncContextManager[Connection]:
        return counting.acquired(self._pool, self.definition.name, ACQUIRE_SECONDS)

    async def _fold(
        self,
        connection: Connection,
        inputs: Sequence[Input],
        operation: Operation | None,
        mode: Mode,
        spans: BatchSpans,
    ) -> tuple[Fold, Recorder, list[Outcome]]:
        subjects = {one.subject for one in inputs}
        if operation is not None:
            subjects.add(operation.aggregate)
        aggregates = await _lock(connection, sorted(subjects))
        fresh, gone = await self._claim(connection, inputs)
        now = await self._waiting(connection, aggregates)
        waiting = [row.input for each in aggregates.values() for row in each.waiting]
        keys = [key for one in (*inputs, *waiting) for key in one.keys]
        recorder = Recorder(self.definition, self.source, await known_keys(connection, keys), now, spans)

        async def fetch(lookups: Sequence[Lookup]) -> bool:
            return await load_facts(connection, recorder.facts, lookups, wait=False)

        fold = Fold(self._handlers, aggregates, recorder, fetch)
        fold.doomed = mode.doomed
        needed = fold.needs([*fold.waiting_inputs(), *fresh])
        await load_facts(connection, recorder.facts, needed, wait=True)
        if operation is not None:
            await _operate(connection, operation, aggregates[operation.aggregate])
            await fold.release(aggregates[operation.aggregate])
        return fold, recorder, await _take(fold, fresh, gone, mode)

    async def _waiting(self, connection: Connection, aggregates: dict[UUID, Aggregate]) -> datetime:
        """Attach what waits to the locked aggregates; `now`, read after the locks were taken."""
        rows = await connection.fetch(sql.NOW_AND_WAITING, list(aggregates))
        for row in rows:
            if row["kept"] is None:
                continue
            aggregate = aggregates[row["aggregate"]]
            if row["kept"] == "parked":
                waiting = self.codec.parked_input(row)
                aggregate.waiting.append(Waiting(row["id"], row["reason"], waiting))
                continue
            aggregate.dead[row["id"]] = (row["source"] or "", row["sequence"] or 0)
        now: datetime = rows[0]["now"]
        return now

    async def _claim(self, connection: Connection, inputs: Sequence[Input]) -> tuple[list[Input], set[int]]:
        """Delete the rows that inputs came from; the indexes of inputs that came too late."""
        claims = [one.claim for one in inputs if one.claim is not None and one.claim.table != "parked"]
        if not claims:
            return list(inputs), set()
        taken = await take_claims(connection, claims)
        fresh, gone = list(inputs), set()
        for index, one in enumerate(inputs):
            if one.claim is None or one.claim.table == "parked":
                continue
            if one.claim not in taken:
                gone.add(index)
            elif (data := taken[one.claim]) is not None:
                fresh[index] = self._with_data(one, data)
        return fresh, gone

    def _with_data(self, one: Input, data: str) -> Input:
        """The input with the data of the row it was claimed from, which may have been replaced meanwhile."""
        try:
            return replace(one, data=self.codec.message(one.type, data), raw=data, error=None)
        except (KeyError, ValueError, TypeError) as error:
            failure = f"{type(error).__name__}: {safe_message(error)}"
            return replace(one, data=None, raw=data, error=failure)

    async def _write(self, connection: Connection, fold: Fold, recorder: Recorder) -> None:
        """Write in three steps, each one statement: what a step needs to be there or gone, came before."""
        facts, writes = recorder.facts, recorder.writes
        for step in (
            [*make_aggregates(fold.aggregates)],
            [*delete_rows(facts), *delete_engine_rows(writes)],
            [
                *write_aggregates(fold.aggregates),
                *write_rows(facts),
                *write_engine_rows(writes, recorder.now, self.release),
            ],
        ):
            if step:
                statement, arguments = joined(step)
                await connection.execute(statement, *arguments)

    async def _with_changes(
        self, connection: Connection, inputs: Sequence[Input], outcomes: list[Outcome]
    ) -> list[Outcome]:
        """Tell those with a stale picture what changed, while the aggregates are still locked."""
        told = list(outcomes)
        for index, (one, outcome) in enumerate(zip(inputs, outcomes, strict=True)):
            if one.if_version is not None and outcome.refusal is STALE:
                changes = await changes_since(
                    connection, self.source.uri, self.source.epoch, one.subject, one.if_version
                )
                told[index] = replace(outcome, changes=changes)
        return told

    def _announce(self, writes: Writes) -> None:
        committed = Committed(
            events=bool(writes.events),
            effects=bool(writes.effects),
            fan_outs=bool(writes.fan_outs),
        )
        for callback in self._callbacks:
            callback(committed)


async def _take(fold: Fold, inputs: Sequence[Input], gone: set[int], mode: Mode) -> list[Outcome]:
    """Decide the inputs; a sweep's outcome is whether its row still waits."""
    sweeps = [index for index, one in enumerate(inputs) if _is_sweep(one)]
    for index in sweeps:
        await fold.release(fold.aggregates[inputs[index].subject])
    others = [index for index in range(len(inputs)) if index not in set(sweeps)]
    moved = {others.index(index) for index in gone}
    decided = await fold.take_all([inputs[index] for index in others], moved, release=mode.release)
    outcomes = dict(zip(others, decided, strict=True))
    for index in sweeps:
        waits = any(
            row.input.id == inputs[index].id for row in fold.aggregates[inputs[index].subject].waiting
        )
        outcomes[index] = Outcome(Fate.PARKED if waits else Fate.APPLIED)
    return [outcomes[index] for index in range(len(inputs))]


def _decided(inputs: Sequence[Input], outcomes: Sequence[Outcome]) -> int:
    """How many records from Kafka were decided at all: what waits behind a dead letter tells nothing new."""
    return sum(
        one.origin in KAFKA and one.claim is None and outcome.fate not in (Fate.PARKED, Fate.DUPLICATE)
        for one, outcome in zip(inputs, outcomes, strict=True)
    )


def _is_sweep(one: Input) -> bool:
    return one.claim is not None and one.claim.table == "parked"


async def _lock(connection: Connection, ids: list[UUID]) -> dict[UUID, Aggregate]:
    """The aggregates of these sorted ids, locked in that order; new ones have no row yet."""
    locked = {row["id"]: Aggregate.of_row(row) for row in await connection.fetch(sql.LOCK_ROWS, ids)}
    return {each: locked.get(each) or Aggregate(each, made=True) for each in ids}


async def _operate(connection: Connection, operation: Operation, aggregate: Aggregate) -> None:
    if operation.dead_letter is not None:
        await connection.execute("DELETE FROM dead_letters WHERE id = $1", operation.dead_letter)
        aggregate.dead.pop(operation.dead_letter, None)
    if operation.mark is not None:
        aggregate.mark(*operation.mark)


async def _audit(connection: Connection, operation: Operation) -> None:
    what = {"mark": operation.mark, "dead_letter": operation.dead_letter, "input": _text(operation.input_id)}
    await audit(connection, operation.actor, operation.action, operation.aggregate, what, operation.reason)


def _text(number: UUID | None) -> str | None:
    return None if number is None else str(number)


async def _advance(connection: Connection, advance: FanOutAdvance) -> None:
    statement = sql.END_FAN_OUT if advance.done else sql.MOVE_FAN_OUT
    arguments: Iterable[object] = (advance.id, advance.before)
    if not advance.done:
        arguments = (advance.id, advance.before, advance.after)
    if await connection.fetchval(statement, *arguments) is None:
        raise FanOutMoved(f"fan-out {advance.id} is not at {advance.before}")


def release_of(name: str) -> str:
    """The release of a service that is installed here."""
    try:
        return version(f"ciclo-{name}")
    except PackageNotFoundError:
        return "unknown"
