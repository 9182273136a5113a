"""Folds a batch of inputs into decisions, in the order of arrival, under the aggregates' locks.

Law: one batch gives exactly what batches of one give. So inputs are decided in arrival order across
aggregates, each seeing the facts that the ones before it changed; only where facts that were learned on the
way are locked by somebody else does an aggregate's rest wait (`parked`, reason deferred).
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from pydantic import BaseModel

from ciclo_schemas.events import Event
from ciclo_schemas.inbound import InputRejected
from services.chassis.codec import safe_message
from services.chassis.decider import (
    Decider,
    Decision,
    Delete,
    Given,
    Handler,
    Lookup,
    Origin,
    Published,
    Refusal,
    Timer,
)
from services.chassis.definition import Definition
from services.chassis.facts import FactStore, MissingFact
from services.chassis.gate import Queue, Verdict, dominates, judge
from services.chassis.ids import derived_id, new_id
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.working import (
    Aggregate,
    DeadRow,
    EffectRow,
    EventRow,
    FanOutRow,
    KeyRow,
    KnownKey,
    NewerState,
    ParkedRow,
    Waiting,
    Writes,
)

log = structlog.get_logger(__name__)

MAX_FETCHES = 8
DEFERRED_RETRY = timedelta(seconds=1)
UNKNOWN_SUBJECT_RETRY = timedelta(minutes=1)
KAFKA = (Origin.EVENT, Origin.INBOUND)

Fetch = Callable[[Sequence[Lookup]], Awaitable[bool]]
"""Loads more facts; False when somebody else holds one of them."""


class Deferred(Exception):
    """Facts of this decision are locked by another transaction."""


class Handlers:
    """Finds the decider and the handler of an input by the type of its data."""

    def __init__(self, definition: Definition) -> None:
        self._by_type: dict[type[BaseModel], tuple[Decider[Any], Handler]] = {}
        for decider in definition.deciders:
            for model, handler in decider.on.items():
                if model in self._by_type:
                    raise TypeError(f"{model.__name__} is handled twice")
                self._by_type[model] = (decider, handler)

    def of(self, data: BaseModel | None) -> tuple[Decider[Any], Handler] | None:
        """The decider and handler, or None for what this service ignores."""
        return None if data is None else self._by_type.get(type(data))


@dataclass(frozen=True, slots=True)
class Source:
    """Who this service is as a source of events: its name and epoch."""

    name: str
    epoch: int

    @property
    def uri(self) -> str:
        """`/ciclo/warranty`, or `/ciclo/warranty@2` in the second epoch."""
        return f"/ciclo/{self.label}"

    @property
    def label(self) -> str:
        """The name under which its sequences are counted."""
        return self.name if self.epoch == 1 else f"{self.name}@{self.epoch}"


class Fold:
    """One batch being folded. `take` every input in order, then write `aggregates`, `facts` and `writes`."""

    def __init__(
        self,
        definition: Definition,
        handlers: Handlers,
        source: Source,
        aggregates: Mapping[UUID, Aggregate],
        known_keys: Mapping[tuple[str, str], KnownKey],
        now: datetime,
        fetch: Fetch,
    ) -> None:
        self.doomed: str | None = None
        self._projection = definition.projection
        self._reads = frozenset(reading_from(definition.reads))
        self._handlers = handlers
        self._source = source
        self._known_keys = known_keys
        self.now = now
        self._fetch = fetch
        self._ahead: Sequence[Input] = ()
        self.aggregates = aggregates
        self.facts = FactStore(definition.tables)
        self.writes = Writes()

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
        return [lookup for lookup in lookups if not self.facts.knows(lookup)]

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

    async def _take(self, aggregate: Aggregate, one: Input) -> Outcome:
        if one.refusal is not None:
            return self._reject(aggregate, one, one.refusal)
        repeat = self._repeated(one)
        if repeat is not None:
            return repeat
        verdict = judge(one, aggregate.watermarks, self._queue(aggregate), self._reads)
        if one.source == self._source.label or (verdict is Verdict.DUPLICATE and _is_redriven(one)):
            # What failed here was the projection alone.
            self._project(aggregate, one)
            return Outcome(Fate.APPLIED)
        if verdict is Verdict.DUPLICATE:
            return Outcome(Fate.DUPLICATE)
        if verdict is Verdict.FORK:
            return self._die(aggregate, one, "ForkedSource", "the same sequence came with another id")
        if verdict is not Verdict.APPLY:
            return self._park(aggregate, one, verdict)
        if one.origin is Origin.COMMAND and not dominates(aggregate.watermarks, one.clock, self._reads):
            detail = "this service has not yet seen what the caller has seen"
            return Outcome(Fate.REFUSED, refusal=Refusal("clock_behind", detail), clock=aggregate.clock())
        if self._queue(aggregate).deferred:
            return self._park(aggregate, one, Verdict.DEFERRED)
        return await self._apply(aggregate, one)

    async def _apply(self, aggregate: Aggregate, one: Input) -> Outcome:
        if one.error is not None:
            return self._die(aggregate, one, "Unreadable", one.error)
        found = self._handlers.of(one.data)
        if found is None:
            self._advance(aggregate, one)
            self._project(aggregate, one)
            return Outcome(Fate.APPLIED)
        decider, handler = found
        try:
            state = aggregate.state_for(decider)
            decision = await self._decide(handler, state, aggregate, one)
            if decision.refusal is not None:
                return self._refuse(aggregate, one, decision.refusal)
            self._record(aggregate, decider, one, decision)
        except NewerState:
            return self._park(aggregate, one, Verdict.DEFERRED, reason="newer_reader")
        except Deferred:
            aggregate.deferred = True
            return self._park(aggregate, one, Verdict.DEFERRED)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises delays its own aggregate only
            return self._die(aggregate, one, type(error).__name__, safe_message(error), error)
        reply = None if decision.reply is None else decision.reply.model_dump_json()
        self._take_key(one, reply)
        self._project(aggregate, one)
        return Outcome(Fate.APPLIED, reply=reply, clock=self._own_clock(aggregate))

    async def _decide(self, handler: Handler, state: Any, aggregate: Aggregate, one: Input) -> Decision[Any]:
        given = Given(aggregate.id, self.now, one.id, one.origin, self.facts)
        for _ in range(MAX_FETCHES):
            try:
                return handler(state, one.data, given)
            except MissingFact as missing:
                ahead = [lookup for lookup in self.needs(self._ahead) if lookup != missing.lookup]
                if not await self._fetch([missing.lookup, *ahead]):
                    raise Deferred from missing
        raise Deferred

    def _record(
        self, aggregate: Aggregate, decider: Decider[Any], one: Input, decision: Decision[Any]
    ) -> None:
        """Take over everything a decision changes. Nothing is taken over when any of it is malformed."""
        bodies = [event.write().decode() for event in decision.events]
        effects = [
            EffectRow(
                aggregate.id,
                type(effect.data).__name__,
                one.id,
                effect.key,
                effect.order,
                effect.data.model_dump_json(),
                one.traceparent,
            )
            for effect in decision.effects
        ]
        for row in decision.rows:
            self.facts.table(row.model if isinstance(row, Delete) else type(row))
        self._advance(aggregate, one)
        aggregate.decided(decider, decision.state)
        for event, body in zip(decision.events, bodies, strict=True):
            self._emit(aggregate, one, event, body)
        self.writes.effects.extend(effects)
        for timer in decision.timers:
            model = type(timer.data) if isinstance(timer, Timer) else timer.data_type
            self.writes.timers[aggregate.id, model.__name__, timer.key] = (timer, one.traceparent)
        for row in decision.rows:
            self.facts.change(row)
        for fan_out in decision.fan_outs:
            self.writes.fan_outs.append(FanOutRow(aggregate.id, one.id, fan_out, one.traceparent))

    def _emit(self, aggregate: Aggregate, one: Input, event: Event, body: str) -> None:
        row = EventRow(
            id=new_id(),
            aggregate=aggregate.id,
            source=self._source.uri,
            sequence=aggregate.next_sequence(self._source.epoch),
            topic=event.topic,
            type=event.event_type,
            occurred_at=self.now,
            clock=aggregate.clock(),
            correlation=str(aggregate.id),
            causation=one.label or str(one.id),
            traceparent=one.traceparent,
            body=body,
        )
        aggregate.traceparent = one.traceparent
        self.writes.events.append(row)
        own = Input(
            subject=aggregate.id,
            origin=Origin.EVENT,
            type=row.type,
            id=row.id,
            data=event,
            raw=body,
            time=self.now,
            source=self._source.label,
            sequence=row.sequence,
            traceparent=row.traceparent,
        )
        self._project(aggregate, own)

    def _advance(self, aggregate: Aggregate, one: Input) -> None:
        if one.source is not None and one.sequence is not None:
            aggregate.mark(one.source, one.sequence, str(one.id))

    def _project(self, aggregate: Aggregate, one: Input) -> None:
        """Show an event, applied or our own, to the projection; its failure never blocks."""
        if self._projection is None or one.origin is not Origin.EVENT or one.source is None:
            return
        if not isinstance(one.data, Event):
            return
        moment, sequence = one.time or self.now, one.sequence or 0
        published = Published(
            one.id, one.source, sequence, one.type, aggregate.id, moment, one.data, one.traceparent
        )
        try:
            rows = list(self._projection(published))
            for row in rows:
                self.facts.table(type(row))
        except Exception as error:  # noqa: BLE001 - whatever a projection raises
            self._bury(one, type(error).__name__, safe_message(error), error, blocking=False)
            return
        for row in rows:
            self.facts.change(row)

    def _refuse(self, aggregate: Aggregate, one: Input, refusal: Refusal) -> Outcome:
        if one.origin is Origin.INBOUND:
            expires = one.expires_at
            if refusal.wait is not None:
                expires = expires or self.now + refusal.wait
                if self.now < expires:
                    self._take_key(one, None)
                    return self._wait_for_subject(one, expires)
            return self._reject(aggregate, one, refusal)
        if one.origin is not Origin.COMMAND:
            self._advance(aggregate, one)
            log.info("input_refused", type=one.type, code=refusal.code, origin=one.origin)
        return Outcome(Fate.REFUSED, refusal=refusal, clock=aggregate.clock())

    def _reject(self, aggregate: Aggregate, one: Input, refusal: Refusal) -> Outcome:
        """Tell the publisher of an inbound record that it was refused, once."""
        repeat = self._repeated(one)
        if repeat is not None:
            return repeat
        self._take_key(one, None)
        rejected = InputRejected(
            input_id=(one.label or str(one.id))[:128],
            input_type=one.type[:128],
            source_topic=one.position.topic if one.position else "",
            code=refusal.code,
            locations=refusal.locations,
        )
        subject = derived_id("rejection", self._source.name, str(one.id))
        self.writes.events.append(
            EventRow(
                id=new_id(),
                aggregate=subject,
                source=self._source.uri,
                sequence=1,
                topic=rejected.topic,
                type=rejected.event_type,
                occurred_at=self.now,
                clock="",
                correlation=None,
                causation=one.label or str(one.id),
                traceparent=one.traceparent,
                body=rejected.write().decode(),
            )
        )
        return Outcome(Fate.REFUSED, refusal=refusal, clock=aggregate.clock())

    def _die(
        self, aggregate: Aggregate, one: Input, error: str, message: str, raised: Exception | None = None
    ) -> Outcome:
        """Set an input aside whose decision failed."""
        if one.origin is Origin.COMMAND:
            log.error("command_failed", type=one.type, error=error, message=message, exc_info=raised)
            return Outcome(Fate.DEAD, reason=error)
        blocking = one.origin in KAFKA
        self._bury(one, error, message, raised, blocking=blocking)
        if blocking:
            aggregate.dead[-len(self.writes.dead)] = (one.source or "", one.sequence or 0)
        self._take_key(one, None)
        return Outcome(Fate.DEAD, reason=error)

    def _bury(
        self, one: Input, error: str, message: str, raised: Exception | None, *, blocking: bool
    ) -> None:
        log.error("dead_letter", type=one.type, error=error, message=message, exc_info=raised)
        self.writes.dead.append(DeadRow(one, blocking, error, message, _fingerprint(one.type, error, raised)))

    def _park(
        self, aggregate: Aggregate, one: Input, verdict: Verdict, *, reason: str | None = None
    ) -> Outcome:
        if one.origin is Origin.COMMAND:
            return Outcome(Fate.LATER, reason=reason or verdict)
        reason = reason or verdict
        try_at = self.now + DEFERRED_RETRY if reason in ("deferred", "newer_reader") else None
        self.writes.parked.append(ParkedRow(one, reason, try_at, one.expires_at))
        # Waits in memory, too: a later input of this very batch may fill the gap.
        aggregate.waiting.append(Waiting(-len(self.writes.parked), reason, one))
        self._take_key(one, None)
        return Outcome(Fate.PARKED, reason=reason)

    def _wait_for_subject(self, one: Input, expires: datetime) -> Outcome:
        waiting = replace(one, expires_at=expires)
        try_at = min(expires, self.now + UNKNOWN_SUBJECT_RETRY)
        self.writes.parked.append(ParkedRow(waiting, "unknown_subject", try_at, expires))
        self.aggregates[one.subject].waiting.append(
            Waiting(-len(self.writes.parked), "unknown_subject", waiting)
        )
        return Outcome(Fate.PARKED, reason="unknown_subject")

    async def release(self, aggregate: Aggregate) -> None:
        """Decide inputs that waited, oldest first, again and again until none can go on."""
        progress = True
        while progress and aggregate.waiting:
            progress = False
            for row in sorted(aggregate.waiting, key=_parking_order):
                if await self._try_waiting(aggregate, row):
                    progress = True

    async def _try_waiting(self, aggregate: Aggregate, row: Waiting) -> bool:
        aggregate.waiting.remove(row)
        earlier = any(
            other.reason in ("deferred", "newer_reader") and _parking_order(other) < _parking_order(row)
            for other in aggregate.waiting
        )
        queue = Queue((), bool(aggregate.dead), aggregate.deferred or earlier)
        verdict = judge(row.input, aggregate.watermarks, queue, self._reads)
        if verdict not in (Verdict.APPLY, Verdict.DUPLICATE) or queue.deferred:
            aggregate.waiting.append(row)
            return False
        if verdict is Verdict.DUPLICATE:
            self._unpark(row)
            return False
        before = len(self.writes.parked)
        waiting = row.input if self.doomed is None else replace(row.input, error=self.doomed)
        outcome = await self._apply(aggregate, waiting)
        if outcome.fate is Fate.PARKED:
            # It waits on: keep its row and its place in the queue.
            if row.id > 0:
                self.writes.postponed[row.id] = self.writes.parked[before].try_at
            del self.writes.parked[before:]
            aggregate.waiting[-1] = row
            return False
        self._unpark(row)
        return True

    def _unpark(self, row: Waiting) -> None:
        if row.id > 0:
            self.writes.unparked.append(row.id)
        else:
            self.writes.parked[-row.id - 1] = ParkedRow(row.input, "", None, None)

    def _queue(self, aggregate: Aggregate) -> Queue:
        if not (aggregate.waiting or aggregate.dead or aggregate.deferred):
            return NO_QUEUE
        waiting = {
            (row.input.source, row.input.sequence)
            for row in aggregate.waiting
            if row.input.source is not None and row.input.sequence is not None
        }
        deferred = aggregate.deferred or any(
            row.reason in ("deferred", "newer_reader") for row in aggregate.waiting
        )
        return Queue(waiting | set(aggregate.dead.values()), bool(aggregate.dead), deferred)

    def _repeated(self, one: Input) -> Outcome | None:
        """The answer to an input whose business key is taken; None if it is new."""
        key = one.business_key
        if key is None:
            return None
        taken = self._known_keys.get((key.scope, key.key)) or self.writes.keys.get((key.scope, key.key))
        if taken is None:
            return None
        if one.origin is Origin.COMMAND and taken.fingerprint != key.fingerprint:
            detail = "this idempotency key was used before with another request"
            return Outcome(Fate.REFUSED, refusal=Refusal("idempotency_key_reused", detail, status=422))
        return Outcome(Fate.DUPLICATE, reply=taken.reply)

    def _take_key(self, one: Input, reply: str | None) -> None:
        key = one.business_key
        if key is not None:
            row = KeyRow(key.scope, key.key, one.subject, key.fingerprint, reply)
            self.writes.keys.setdefault((key.scope, key.key), row)

    def _own_clock(self, aggregate: Aggregate) -> str:
        """The aggregate's clock with our own sequence: what a caller has seen after a command."""
        own = f"{self._source.label}:{aggregate.sequence}"
        return ",".join(sorted(filter(None, [*aggregate.clock().split(","), own])))


NO_QUEUE = Queue()


def reading_from(topics: Iterable[str]) -> Iterable[str]:
    """The services behind Ciclo's topics: `ciclo.cases.v1` is written by intake."""
    for topic in topics:
        name = topic.split(".")[1]
        yield "intake" if name == "cases" else name


def _is_redriven(one: Input) -> bool:
    return one.claim is not None and one.claim.table == "dead_letters"


def _parking_order(row: Waiting) -> tuple[bool, int]:
    """Stored rows first, by id; then those of this batch, in their order."""
    return (row.id < 0, abs(row.id))


def _fingerprint(input_type: str, error: str, raised: Exception | None) -> str:
    """Groups dead letters of one cause: the type, the error and the place in our code that raised it."""
    places = []
    trace = None if raised is None else raised.__traceback__
    while trace is not None:
        places.append(
            f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_frame.f_code.co_name}"
        )
        trace = trace.tb_next
    return hashlib.sha256("|".join([input_type, error, *places[-3:]]).encode()).hexdigest()[:16]
