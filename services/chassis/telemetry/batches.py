"""The spans of one transaction: one for each input that is decided, one for each event that is created."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Token
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from opentelemetry.trace import SpanKind
from structlog.contextvars import bind_contextvars, reset_contextvars

from ciclo_schemas.events import Event
from services.chassis.clock import nanoseconds
from services.chassis.decider import KAFKA, Origin
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import child_of, span_id, trace_id
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.legs import leg_of
from services.chassis.telemetry.semconv import Reason
from services.chassis.telemetry.spans import Span, Value, about_message, linked, of_this_case
from services.chassis.telemetry.statements import Statement, collecting, statement_span

MAX_LINKS: Final = 128
"""How many inputs of a batch its span is linked to: as many links as the SDK allows by default."""


class Deciding:
    """One input while it is decided; inside `with`, its ids stand in every log line.

    `traceparent` is the context of everything that the decision causes; `case`: the case that it is about.
    """

    def __init__(self, traceparent: str, span: Span | None, one: Input, case: UUID | None) -> None:
        self.traceparent = traceparent
        self._span = span
        self._one = one
        self.case = case
        self._created: list[Span] = []
        self._bound: Mapping[str, Token[Any]] = {}

    def __enter__(self) -> Self:
        ids = {
            "trace_id": trace_id(self.traceparent),
            "span_id": span_id(self.traceparent),
            "event_id": str(self._one.id),
        }
        if self.case is not None:
            ids["case_id"] = str(self.case)
        self._bound = bind_contextvars(**ids)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        reset_contextvars(**self._bound)

    def create(self, event_id: UUID, topic: str, event_type: str, *, of_case: bool = True) -> str:
        """The context of an event that this decision creates: a span of its own."""
        context = child_of(self.traceparent)
        if self._span is None:
            return context
        attributes = about_message("create", topic) | {
            semconv.MESSAGE_ID: str(event_id),
            semconv.EVENT_TYPE: event_type,
        }
        if self.case is not None and of_case:
            attributes |= of_this_case(self.case)
        now = nanoseconds()
        self._created.append(
            Span(f"create {topic}", SpanKind.PRODUCER, context, self.traceparent, now, now, attributes)
        )
        return context

    def told(self, outcome: Outcome, *, known: bool) -> Outcome:
        """The outcome, with the context and case of the decision.

        A request about a case that nobody knows is not one of a case: it belongs to no graph.
        """
        of_case = self.case is not None and (known or self._one.origin in KAFKA)
        return replace(outcome, traceparent=self.traceparent, case=str(self.case) if of_case else None)

    def spans(self, outcome: Outcome) -> list[Span]:
        """What there is to tell, now that the input is decided so."""
        span = self._span
        if span is None:
            return []
        span.end = nanoseconds()
        if outcome.case is not None:
            span.attributes[semconv.CASE_ID] = outcome.case
            if self._one.origin in KAFKA:
                span.attributes[semconv.CONVERSATION] = outcome.case
        span.attributes[semconv.OUTCOME] = outcome.fate.value
        if outcome.refusal is not None:
            span.attributes[semconv.REFUSAL] = outcome.refusal.code
        if outcome.fate is Fate.DEAD:
            span.fail(outcome.reason)
        return [span, *self._created]


class BatchSpans:
    """Collects the spans of a transaction; nobody hears of them unless it commits."""

    def __init__(self, tracing: Tracing, service: str) -> None:
        self._tracing = tracing
        self._service = service
        self._began = nanoseconds()
        self._decided: list[Span] = []
        self._created: list[Span] = []
        self._statements: list[Statement] = []

    @contextmanager
    def transaction(self, inputs: int) -> Iterator[None]:
        """Around a transaction with so many inputs: tells of it once it is over.

        In the next turn of the loop: the driver tells of the last statements only then.
        """
        loop = asyncio.get_running_loop()
        try:
            with collecting(self._statements):
                yield
        except BaseException as error:
            loop.call_soon(self._rolled_back, inputs, type(error).__name__)
            raise
        loop.call_soon(self._committed, inputs)

    def begin(self, one: Input, previous: str | None, now: datetime, *, case: UUID | None) -> Deciding:
        """Start to decide an input, of a case or not; `previous` is the last context of its aggregate."""
        name, leg = name_of(one), leg_of(one, previous, now)
        context = self._tracing.under(leg.parent, name)
        if not self._tracing.records(context):
            return Deciding(context, None, one, case)
        span = Span(name, _kind(one), context, leg.parent, nanoseconds(), 0, self._about(one))
        span.links = linked(*leg.links)
        return Deciding(context, span, one, case)

    def keep(self, deciding: Deciding, outcome: Outcome, *, known: bool) -> Outcome:
        """The input is decided so, if the transaction commits; `known`: its aggregate exists then."""
        told = deciding.told(outcome, known=known)
        decided = deciding.spans(told)
        self._decided += decided[:1]
        self._created += decided[1:]
        return told

    def _committed(self, inputs: int) -> None:
        if not self._tracing.on:
            return
        now = nanoseconds()
        if len(self._decided) == 1 and inputs <= 1:
            [alone] = self._decided
            alone.start, alone.end = self._began, now
            case = alone.attributes.get(semconv.CASE_ID)
            told = [
                alone,
                *self._created,
                *(statement_span(one, alone.traceparent, case) for one in self._statements),
            ]
        else:
            # Only what was slow needs a span of the whole batch to hang under.
            batch = self._batch(inputs, now) if self._statements else []
            told = [*self._decided, *self._created, *batch]
        self._tracing.emit(told)

    def _rolled_back(self, inputs: int, error: str) -> None:
        """Nothing that was decided counts; that statements failed, if any did, is told without any case."""
        if any(one.error is not None for one in self._statements) and self._tracing.on:
            self._decided.clear()
            batch, *statements = self._batch(inputs, nanoseconds())
            batch.fail(error)
            self._tracing.emit([batch, *statements])

    def _batch(self, inputs: int, now: int) -> list[Span]:
        name = "apply batch"
        context = self._tracing.new_leg(name)
        links = linked(*((span.traceparent, Reason.BATCH) for span in self._decided[:MAX_LINKS]))
        size: dict[str, Value] = {semconv.BATCH_SIZE: inputs}
        batch = Span(name, SpanKind.INTERNAL, context, None, self._began, now, size, links)
        return [batch, *(statement_span(one, context, None) for one in self._statements)]

    def _about(self, one: Input) -> dict[str, Value]:
        if one.origin not in KAFKA:
            return {}
        attributes = about_message("process", _topic(one)) | {
            semconv.GROUP: f"ciclo-{self._service}",
            semconv.MESSAGE_ID: str(one.id),
            semconv.EVENT_TYPE: one.type,
        }
        if one.position is not None:
            attributes[semconv.PARTITION] = str(one.position.partition)
            attributes[semconv.OFFSET] = one.position.offset
        return attributes


def name_of(one: Input) -> str:
    """The name of an input's span."""
    if one.origin in KAFKA:
        return f"process {_topic(one)}"
    return f"{'timer' if one.origin is Origin.TIMER else 'decide'} {one.type}"


def _topic(one: Input) -> str:
    if one.position is not None:
        return one.position.topic
    return one.data.topic if isinstance(one.data, Event) else ""


def _kind(one: Input) -> SpanKind:
    return SpanKind.CONSUMER if one.origin in KAFKA else SpanKind.INTERNAL
