"""Folds a batch of inputs into decisions, in the order of arrival, under the aggregates' locks.

Law: one batch gives exactly what batches of one give. So inputs are decided in arrival order across
aggregates, each seeing the facts that the ones before it changed; only where facts that were learned on the
way are locked by somebody else does an aggregate's rest wait (`parked`, reason deferred).
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from pydantic import BaseModel

from services.chassis.codec import safe_message
from services.chassis.decider import KAFKA, Decider, Decision, Given, Handler, Lookup, Origin, Refusal
from services.chassis.definition import Definition
from services.chassis.facts import MissingFact
from services.chassis.gate import Queue, Verdict, dominates, judge
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.recording import Recorder
from services.chassis.telemetry.deciding import Deciding
from services.chassis.working import Aggregate, NewerState, ParkedRow, Waiting

log = structlog.get_logger(__name__)

MAX_FETCHES = 8
DEFERRED_RETRY = timedelta(seconds=1)
UNKNOWN_SUBJECT = "unknown_subject"
UNKNOWN_SUBJECT_RETRY = timedelta(minutes=1)
DEFERRING = ("deferred", "newer_reader")
UNTIMED = (Verdict.GAP, Verdict.CLOCK, Verdict.BLOCKED)
"""What ends with another input of the aggregate, not with time."""
NO_QUEUE = Queue()
STALE = Refusal("stale_picture", "the case has changed since it was read; read it again")

Fetch = Callable[[Sequence[Lookup]], Awaitable[bool]]
"""Loads more facts; False when somebody else holds one of them."""


class Deferred(Exception):
    """Facts of this decision are locked by another transaction."""


class Handlers:
    """Finds the decider and the handler of an input by the type of its data."""

    def __init__(self, definition: Definition) -> None:
        self.reads = frozenset(writers_of(definition.reads))
        self._by_type: dict[type[BaseModel], tuple[Decider[Any], Handler]] = {}
        for decider in definition.deciders:
            for model, handler in decider.on.items():
                if model in self._by_type:
                    raise TypeError(f"{model.__name__} is handled twice")
                self._by_type[model] = (decider, handler)

    def of(self, data: BaseModel | None) -> tuple[Decider[Any], Handler] | None:
        """The decider and handler, or None for what this service ignores."""
        return None if data is None else self._by_type.get(type(data))


class Fold:
    """One batch being folded: `take_all` its inputs, then write `aggregates` and the recorder's changes."""

    def __init__(
        self, handlers: Handlers, aggregates: Mapping[UUID, Aggregate], recorder: Recorder, fetch: Fetch
    ) -> None:
        self._handlers = handlers
        self._recorder = recorder
        self._fetch = fetch
        self._ahead: Sequence[Input] = ()
        self.aggregates = aggregates
        self.doomed: str | None = None
        """If set, what waited and could go on becomes a dead letter with this message."""

    @property
    def _now(self) -> datetime:
        return self._recorder.now

    def needs(self, inputs: Iterable[Input]) -> list[Lookup]:
        """The facts that these inputs say they will ask for, as their aggregates stand now."""
        lookups: dict[Lookup, None] = {}
        for one in inputs:
            found = self._handlers.of(one.data)
            if found is None or one.error is not None:
                continue
            try:
                state = self.aggregates[one.subject].state_for(found[0])
                lookups.update(dict.fromkeys(found[0].needs(state, one.data)))
            except Exception as error:  # noqa: BLE001 - the same failure comes back when the input is decided
                log.debug("needs_failed", type=one.type, error=type(error).__name__)
        return [lookup for lookup in lookups if not self._recorder.facts.knows(lookup)]

    def waiting_inputs(self) -> list[Input]:
        """Inputs that waited at the locked aggregates and may be decided now."""
        return [row.input for aggregate in self.aggregates.values() for row in aggregate.waiting]

    async def take_all(
        self, inputs: Sequence[Input], gone: Collection[int], *, release: bool = True
    ) -> list[Outcome]:
        """Decide inputs in order; those at the indexes in `gone` had lost their claim.

        With `release` False, what waits at the aggregates is left alone.
        """
        outcomes = []
        for index, one in enumerate(inputs):
            self._ahead = inputs[index + 1 :]
            aggregate = self.aggregates[one.subject]
            if release and aggregate.waiting:
                await self.release(aggregate)
            if index in gone:
                outcomes.append(Outcome(Fate.GONE))
                continue
            outcome = await self._take(aggregate, one)
            if release and outcome.fate is Fate.APPLIED and aggregate.waiting:
                await self.release(aggregate)
            outcomes.append(outcome)
        return outcomes

    async def release(self, aggregate: Aggregate) -> None:
        """Decide inputs that waited, oldest first, again and again until none can go on."""
        progress = True
        while progress and aggregate.waiting:
            progress = False
            for row in sorted(aggregate.waiting, key=_parking_order):
                if await self._try_waiting(aggregate, row):
                    progress = True

    async def _take(self, aggregate: Aggregate, one: Input) -> Outcome:
        if one.refusal is not None:
            return self._reject(aggregate, one, one.refusal, self._begin(aggregate, one))
        # A redriven input took its keys when it failed.
        repeat = None if _is_redriven(one) else self._recorder.repeated(one)
        if repeat is not None:
            return repeat
        queue = _queue(aggregate)
        verdict = judge(one, aggregate.watermarks, queue, self._handlers.reads)
        if one.source == self._recorder.source.label or (verdict is Verdict.DUPLICATE and _is_redriven(one)):
            # What failed here was the projection alone.
            self._recorder.project(one)
            return Outcome(Fate.APPLIED)
        if verdict is Verdict.DUPLICATE:
            return Outcome(Fate.DUPLICATE)
        if verdict is Verdict.FORK:
            why = "the same sequence came with another id"
            with self._begin(aggregate, one) as deciding:
                return self._die(aggregate, one, deciding, "ForkedSource", why)
        if verdict is not Verdict.APPLY:
            return self._park(aggregate, one, verdict)
        if one.origin is Origin.COMMAND and not dominates(
            aggregate.watermarks, one.clock, self._handlers.reads
        ):
            detail = "this service has not yet seen what the caller has seen"
            return Outcome(Fate.REFUSED, refusal=Refusal("clock_behind", detail), clock=aggregate.clock())
        if queue.deferred:
            return self._park(aggregate, one, Verdict.DEFERRED)
        if one.if_version is not None and aggregate.kind and one.if_version != aggregate.picture():
            return Outcome(
                Fate.REFUSED, refusal=STALE, clock=aggregate.clock(), etag=aggregate.picture().etag
            )
        return await self._apply(aggregate, one)

    async def _apply(self, aggregate: Aggregate, one: Input) -> Outcome:
        found = self._handlers.of(one.data)
        if found is None and one.error is None:
            self._recorder.ignore(aggregate, one)
            return Outcome(Fate.APPLIED)
        with self._begin(aggregate, one, None if found is None else found[0]) as deciding:
            if found is None or one.error is not None:
                return self._die(aggregate, one, deciding, "Unreadable", one.error or "")
            return await self._apply_to(*found, aggregate, one, deciding)

    async def _apply_to(
        self, decider: Decider[Any], handler: Handler, aggregate: Aggregate, one: Input, deciding: Deciding
    ) -> Outcome:
        try:
            decision = await self._decide(handler, aggregate.state_for(decider), aggregate, one)
            if decision.refusal is not None:
                return self._refuse(aggregate, one, decision.refusal, deciding)
            outcome = self._recorder.record(aggregate, decider, one, decision, deciding)
        except NewerState:
            return self._park(aggregate, one, "newer_reader")
        except Deferred:
            aggregate.deferred = True
            return self._park(aggregate, one, Verdict.DEFERRED)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises delays its own aggregate only
            return self._die(aggregate, one, deciding, type(error).__name__, safe_message(error), error)
        self._recorder.project(one)
        return self._keep(aggregate, deciding, outcome)

    def _begin(self, aggregate: Aggregate, one: Input, decider: Decider[Any] | None = None) -> Deciding:
        # Of an event without a decider, only its source tells that it has a place in a case.
        of_case = one.source is not None if decider is None else decider.of_cases
        return self._recorder.spans.begin(
            one, aggregate.traceparent, self._now, case=aggregate.id if of_case else None
        )

    def _keep(self, aggregate: Aggregate, deciding: Deciding, outcome: Outcome) -> Outcome:
        self._recorder.spans.keep(deciding, outcome, known=aggregate.touched or not aggregate.made)
        return outcome

    async def _decide(self, handler: Handler, state: Any, aggregate: Aggregate, one: Input) -> Decision[Any]:
        given = Given(aggregate.id, self._now, one.id, one.origin, self._recorder.facts)
        for _ in range(MAX_FETCHES):
            try:
                return handler(state, one.data, given)
            except MissingFact as missing:
                ahead = [lookup for lookup in self.needs(self._ahead) if lookup != missing.lookup]
                if not await self._fetch([missing.lookup, *ahead]):
                    raise Deferred from missing
        raise Deferred

    def _refuse(self, aggregate: Aggregate, one: Input, refusal: Refusal, deciding: Deciding) -> Outcome:
        if one.origin is Origin.INBOUND:
            expires = one.expires_at
            if refusal.wait is not None:
                expires = expires or self._now + refusal.wait
                if self._now < expires:
                    return self._park(aggregate, replace(one, expires_at=expires), UNKNOWN_SUBJECT)
            return self._reject(aggregate, one, refusal, deciding)
        if one.origin is not Origin.COMMAND:
            self._recorder.advance(aggregate, one)
            aggregate.traceparent = deciding.traceparent
            log.info("input_refused", type=one.type, code=refusal.code, origin=one.origin)
        outcome = Outcome(Fate.REFUSED, refusal=refusal, clock=aggregate.clock())
        return self._keep(aggregate, deciding, outcome)

    def _reject(self, aggregate: Aggregate, one: Input, refusal: Refusal, deciding: Deciding) -> Outcome:
        outcome = self._recorder.reject(aggregate, one, refusal, deciding)
        return self._keep(aggregate, deciding, outcome) if outcome.fate is Fate.REFUSED else outcome

    def _die(
        self,
        aggregate: Aggregate,
        one: Input,
        deciding: Deciding,
        error: str,
        message: str,
        raised: Exception | None = None,
    ) -> Outcome:
        """Set an input aside whose decision failed; a command is answered instead."""
        outcome = self._keep(aggregate, deciding, Outcome(Fate.DEAD, reason=error))
        if one.origin is Origin.COMMAND:
            log.error("command_failed", type=one.type, error=error, message=message, exc_info=raised)
            return outcome
        blocking = one.origin in KAFKA
        self._recorder.bury(one, error, message, raised, blocking=blocking)
        if blocking:
            aggregate.dead[-len(self._recorder.writes.dead)] = (one.source or "", one.sequence or 0)
        self._recorder.take_key(one, None)
        return outcome

    def _park(self, aggregate: Aggregate, one: Input, reason: str) -> Outcome:
        """Let an input wait; a command is told to come back instead."""
        if one.origin is Origin.COMMAND:
            return Outcome(Fate.LATER, reason=reason)
        try_at = None
        if reason in DEFERRING:
            try_at = self._now + DEFERRED_RETRY
        elif one.expires_at is not None:
            try_at = min(one.expires_at, self._now + UNKNOWN_SUBJECT_RETRY)
        parked = self._recorder.writes.parked
        parked.append(ParkedRow(one, reason, try_at, one.expires_at))
        # Waits in memory, too: a later input of this very batch may fill the gap.
        aggregate.waiting.append(Waiting(-len(parked), reason, one))
        if reason == UNKNOWN_SUBJECT:
            self._recorder.take_waiting_key(one)
        else:
            self._recorder.take_key(one, None)
        return Outcome(Fate.PARKED, reason=reason)

    async def _try_waiting(self, aggregate: Aggregate, row: Waiting) -> bool:
        """Whether the input of a waiting row is settled now."""
        aggregate.waiting.remove(row)
        if row.reason == UNKNOWN_SUBJECT and self._recorder.overtaken(row.input):
            self._unpark(row)
            return True
        earlier = any(
            other.reason in DEFERRING and _parking_order(other) < _parking_order(row)
            for other in aggregate.waiting
        )
        queue = Queue((), bool(aggregate.dead), aggregate.deferred or earlier)
        verdict = judge(row.input, aggregate.watermarks, queue, self._handlers.reads)
        if verdict is Verdict.DUPLICATE:
            self._unpark(row)
            return False
        if verdict in UNTIMED and row.reason in DEFERRING:
            self._wait_on(aggregate, row, verdict, None)
            return False
        if verdict is not Verdict.APPLY or queue.deferred:
            aggregate.waiting.append(row)
            return False
        parked = self._recorder.writes.parked
        before = len(parked)
        waiting = row.input if self.doomed is None else replace(row.input, error=self.doomed)
        outcome = await self._apply(aggregate, waiting)
        if outcome.fate is Fate.PARKED:
            again = parked[before]
            del parked[before:]
            aggregate.waiting.pop()
            self._wait_on(aggregate, row, again.reason, again.try_at)
            return False
        self._unpark(row)
        self._recorder.released.append(row.input)
        return True

    def _wait_on(self, aggregate: Aggregate, row: Waiting, reason: str, try_at: datetime | None) -> None:
        """Keep a row and its place in the queue; why it waits, and until when, may be new.

        Behind what was put off, everything is put off, whatever else it waits for. It must not go on holding
        up all others once it waits for one of them.
        """
        writes = self._recorder.writes
        if row.id > 0:
            writes.postponed[row.id] = (reason, try_at)
        else:
            writes.parked[-row.id - 1] = replace(writes.parked[-row.id - 1], reason=reason, try_at=try_at)
        aggregate.waiting.append(Waiting(row.id, reason, row.input))

    def _unpark(self, row: Waiting) -> None:
        writes = self._recorder.writes
        if row.id > 0:
            writes.postponed.pop(row.id, None)
            writes.unparked.append(row.id)
        else:
            writes.parked[-row.id - 1] = ParkedRow(row.input, "", None, None)


def writers_of(topics: Iterable[str]) -> Iterable[str]:
    """The services behind Ciclo's topics: `ciclo.cases.v1` is written by intake."""
    for topic in topics:
        name = topic.split(".")[1]
        yield "intake" if name == "cases" else name


def _queue(aggregate: Aggregate) -> Queue:
    if not (aggregate.waiting or aggregate.dead or aggregate.deferred):
        return NO_QUEUE
    waiting = {
        (row.input.source, row.input.sequence)
        for row in aggregate.waiting
        if row.input.source is not None and row.input.sequence is not None
    }
    deferred = aggregate.deferred or any(row.reason in DEFERRING for row in aggregate.waiting)
    return Queue(waiting | set(aggregate.dead.values()), bool(aggregate.dead), deferred)


def _is_redriven(one: Input) -> bool:
    return one.claim is not None and one.claim.table == "dead_letters"


def _parking_order(row: Waiting) -> tuple[bool, int]:
    """Stored rows first, by id; then those of this batch, in their order."""
    return (row.id < 0, abs(row.id))
