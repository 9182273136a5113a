"""Takes over what decisions change: states, events, effects, timers, rows; and what is set aside."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from ciclo_schemas.envelope import read_clock
from ciclo_schemas.events import Event
from ciclo_schemas.inbound import InputRejected
from services.chassis.codec import safe_message
from services.chassis.decider import Decider, Decision, Delete, Effect, Origin, Published, Refusal, Timer
from services.chassis.definition import Definition
from services.chassis.facts import FactStore
from services.chassis.ids import derived_id, new_id
from services.chassis.inputs import REJECTED, WAITING, BusinessKey, Fate, Input, Outcome
from services.chassis.telemetry.batches import BatchSpans
from services.chassis.telemetry.deciding import Deciding
from services.chassis.working import (
    Aggregate,
    DeadRow,
    EffectRow,
    EventRow,
    FanOutRow,
    KeyRow,
    KnownKey,
    Writes,
)

log = structlog.get_logger(__name__)


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


class Recorder:
    """The changes of one batch, in memory: `facts` (rows) and `writes` (the engine's tables)."""

    def __init__(
        self,
        definition: Definition,
        source: Source,
        known_keys: Mapping[tuple[str, str], KnownKey],
        now: datetime,
        spans: BatchSpans,
    ) -> None:
        self._projection = definition.projection
        self._known_keys = known_keys
        self.source = source
        self.now = now
        self.spans = spans
        self.facts = FactStore(definition.tables)
        self.writes = Writes()
        self.released: list[Input] = []
        """What had waited and went on."""
        self.said: list[Event] = []
        """What deciders had to say, in order."""

    def record(
        self,
        aggregate: Aggregate,
        decider: Decider[Any],
        one: Input,
        decision: Decision[Any],
        deciding: Deciding,
    ) -> Outcome:
        """Take over everything a decision changes; nothing at all when any of it is malformed."""
        bodies = [event.write().decode() for event in decision.events]
        context = deciding.traceparent
        effects = [_effect_row(aggregate, one, effect, context) for effect in decision.effects]
        for row in decision.rows:
            self.facts.table(row.model if isinstance(row, Delete) else type(row))
        reply = None if decision.reply is None else decision.reply.model_dump_json()
        self.advance(aggregate, one)
        aggregate.traceparent = context
        aggregate.decided(decider, decision.state, changed=bool(decision.events or decision.rows))
        clock = aggregate.clock()
        for event, body in zip(decision.events, bodies, strict=True):
            self._emit(aggregate, one, event, body, clock, deciding)
        self.writes.effects.extend(effects)
        for timer in decision.timers:
            model = type(timer.data) if isinstance(timer, Timer) else timer.data_type
            self.writes.timers[aggregate.id, model.__name__, timer.key] = (timer, context)
        for row in decision.rows:
            self.facts.change(row)
        for fan_out in decision.fan_outs:
            self.writes.fan_outs.append(FanOutRow(aggregate.id, one.id, fan_out, context))
        self.take_key(one, reply)
        if one.origin is not Origin.COMMAND:
            return Outcome(Fate.APPLIED, reply=reply)
        own = f"{self.source.label}:{aggregate.sequence}"
        # Our own sequence as well: that is what a caller has seen after a command.
        seen = ",".join(sorted(filter(None, [*clock.split(","), own])))
        return Outcome(Fate.APPLIED, reply=reply, clock=seen, etag=aggregate.picture().etag)

    def ignore(self, aggregate: Aggregate, one: Input) -> None:
        """Take note of an input that nothing here decides on."""
        self.advance(aggregate, one)
        # What a later leg of the case is linked to.
        aggregate.traceparent = one.traceparent or aggregate.traceparent
        self.project(one)

    def advance(self, aggregate: Aggregate, one: Input) -> None:
        """Move the watermark of the input's source, if it has one."""
        if one.source is not None and one.sequence is not None:
            aggregate.mark(one.source, one.sequence, str(one.id))

    def project(self, one: Input) -> None:
        """Show an event, applied or our own, to the projection; its failure never blocks."""
        if self._projection is None or one.origin is not Origin.EVENT or one.source is None:
            return
        if not isinstance(one.data, Event):
            return
        moment, sequence = one.time or self.now, one.sequence or 0
        published = Published(
            one.id, one.source, sequence, one.type, one.subject, moment, one.clock, one.data, one.traceparent
        )
        try:
            rows = list(self._projection(published))
            for row in rows:
                self.facts.table(type(row))
        except Exception as error:  # noqa: BLE001 - whatever a projection raises
            self.bury(one, type(error).__name__, safe_message(error), error, blocking=False)
            return
        for row in rows:
            self.facts.change(row)

    def reject(self, aggregate: Aggregate, one: Input, refusal: Refusal, deciding: Deciding) -> Outcome:
        """Tell the publisher of an inbound record that it was refused, once for each record.

        What was refused has not counted: under its business key it may come again, corrected.
        """
        place = one.place_key(REJECTED)
        if place is not None:
            if self._taken(place) is not None:
                return Outcome(Fate.DUPLICATE)
            self._free_key(one.business_key)
            self._take(place, one.subject, None)
        else:
            self.take_key(one, None)
        rejected = InputRejected(
            input_id=(one.label or str(one.id))[:128],
            input_type=one.type[:128],
            source_topic=one.position.topic if one.position else "",
            code=refusal.code,
            locations=refusal.locations,
        )
        event_id = new_id()
        # Only a case that there is: others would make up cases by naming them.
        of_case = deciding.case is not None and aggregate.kind is not None
        self.writes.events.append(
            EventRow(
                id=event_id,
                aggregate=derived_id("rejection", self.source.name, str(one.id)),
                source=self.source.uri,
                sequence=1,
                topic=rejected.topic,
                type=rejected.event_type,
                occurred_at=self.now,
                clock="",
                correlation=str(deciding.case) if of_case else None,
                causation=one.label or str(one.id),
                traceparent=deciding.create(event_id, rejected.event_type),
                body=rejected.write().decode(),
            )
        )
        return Outcome(Fate.REFUSED, refusal=refusal)

    def bury(self, one: Input, error: str, message: str, raised: Exception | None, *, blocking: bool) -> None:
        """Set an input aside whose decision or projection failed."""
        log.error("dead_letter", type=one.type, error=error, message=message, exc_info=raised)
        self.writes.dead.append(DeadRow(one, blocking, error, message, _fingerprint(one.type, error, raised)))

    def repeated(self, one: Input) -> Outcome | None:
        """The answer to an input of which a key is taken; None if it is new."""
        for key in one.keys:
            taken = self._taken(key)
            if taken is None:
                continue
            if one.origin is Origin.COMMAND and taken.fingerprint != key.fingerprint:
                detail = "this idempotency key was used before with another request"
                return Outcome(Fate.REFUSED, refusal=Refusal("idempotency_key_reused", detail))
            return Outcome(Fate.DUPLICATE, reply=taken.reply)
        return None

    def take_key(self, one: Input, reply: str | None) -> None:
        """From now on, inputs with this one's business key are repeats."""
        if one.business_key is not None:
            self._take(one.business_key, one.subject, reply)

    def take_waiting_key(self, one: Input) -> None:
        """From now on, the same record once more is a repeat; another one with its business key is not."""
        key = one.place_key(WAITING) or one.business_key
        if key is not None:
            self._take(key, one.subject, None)

    def overtaken(self, one: Input) -> bool:
        """Whether another record with the business key of one that waits has counted meanwhile."""
        waits_by_place = one.place_key(WAITING) is not None
        return waits_by_place and one.business_key is not None and self._taken(one.business_key) is not None

    def _taken(self, key: BusinessKey) -> KnownKey | KeyRow | None:
        name = (key.scope, key.key)
        known = None if name in self.writes.freed_keys else self._known_keys.get(name)
        return known or self.writes.keys.get(name)

    def _take(self, key: BusinessKey, subject: UUID, reply: str | None) -> None:
        # What waited or failed before took its key then.
        if self._taken(key) is None:
            self.writes.keys[key.scope, key.key] = KeyRow(key.scope, key.key, subject, key.fingerprint, reply)

    def _free_key(self, key: BusinessKey | None) -> None:
        """Forget a key that an input took when it was made to wait."""
        if key is not None and self.writes.keys.pop((key.scope, key.key), None) is None:
            self.writes.freed_keys.add((key.scope, key.key))

    def _emit(
        self, aggregate: Aggregate, one: Input, event: Event, body: str, clock: str, deciding: Deciding
    ) -> None:
        event_id = new_id()
        row = EventRow(
            id=event_id,
            aggregate=aggregate.id,
            source=self.source.uri,
            sequence=aggregate.next_sequence(self.source.epoch),
            topic=event.topic,
            type=event.event_type,
            occurred_at=self.now,
            clock=clock,
            correlation=str(aggregate.id),
            causation=one.label or str(one.id),
            traceparent=deciding.create(event_id, event.event_type),
            body=body,
        )
        self.writes.events.append(row)
        self.said.append(event)
        if self._projection is not None:
            self.project(_as_input(row, event, self.source.label))


def _effect_row(aggregate: Aggregate, one: Input, effect: Effect, traceparent: str) -> EffectRow:
    kind, data = type(effect.data).__name__, effect.data.model_dump_json()
    return EffectRow(aggregate.id, kind, one.id, effect.key, effect.order, data, traceparent)


def _as_input(row: EventRow, event: Event, source: str) -> Input:
    """One of our own events in the shape in which a projection, or a dead letter, knows events."""
    return Input(
        subject=row.aggregate,
        origin=Origin.EVENT,
        type=row.type,
        id=row.id,
        data=event,
        raw=row.body,
        time=row.occurred_at,
        source=source,
        sequence=row.sequence,
        clock=read_clock(row.clock),
        traceparent=row.traceparent,
    )


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
