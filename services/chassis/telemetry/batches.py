"""The spans of one transaction: one for each input that is decided, and what it was decided to create.

Events carry the context of the span that created them, so they need none of their own. What has a span
already, a request or the result of an outside call, is decided under that one.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.decider import KAFKA, Origin
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import child_of
from services.chassis.telemetry.deciding import Deciding, name_of
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.legs import Leg, leg_of, parent_of
from services.chassis.telemetry.links import linked
from services.chassis.telemetry.semconv import Reason
from services.chassis.telemetry.spans import Span, Value
from services.chassis.telemetry.statements import Statement, collecting, statement_span

MAX_LINKS: Final = 128
"""How many inputs of a batch its span is linked to: as many links as the SDK allows by default."""


class BatchSpans:
    """Collects the spans of a transaction; nobody hears of them unless it commits."""

    def __init__(self, tracing: Tracing, service: str) -> None:
        self._tracing = tracing
        self._group = f"ciclo-{service}"
        self._began = nanoseconds()
        self._kept: list[Deciding] = []
        self._last: dict[UUID, Deciding] = {}
        """By aggregate: the event that was decided last, if it was applied."""
        self._statements: list[Statement] = []

    @contextmanager
    def transaction(self, inputs: int) -> Iterator[None]:
        """Around a transaction with so many inputs: tells of it once it is over.

        In the next turn of the loop: the driver tells of the last statements only then.
        """
        if not self._tracing.on:
            yield
            return
        loop = asyncio.get_running_loop()
        try:
            with collecting(self._statements):
                yield
        except BaseException as error:
            loop.call_soon(self._rolled_back, inputs, type(error).__name__)
            raise
        # At once: as soon as its sender hears of the outcome, the span of a request ends.
        spans = [deciding.span(self._group) for deciding in self._kept]
        loop.call_soon(self._committed, inputs, spans)

    def begin(self, one: Input, previous: str | None, now: datetime, *, case: UUID | None) -> Deciding:
        """Start to decide an input, of a case or not; `previous` is the last context of its aggregate."""
        before = self._last.get(one.subject)
        parent = parent_of(one, now)
        if before is not None and parent is not None and before.takes_in(one):
            leg = Leg(parent, ((parent, Reason.MESSAGE),))
            return Deciding(one, case, before.traceparent, leg, nanoseconds(), before)
        if one.span is not None and not one.span.is_told:
            context = one.span.traceparent
        elif parent is not None:
            context = child_of(parent)
        else:
            context = self._tracing.new_leg(name_of(one))
        if not self._tracing.records(context):
            return Deciding(one, case, context)
        return Deciding(one, case, context, leg_of(one, previous, now), nanoseconds())

    def keep(self, deciding: Deciding, outcome: Outcome, *, known: bool) -> None:
        """The input is decided so, if the transaction commits; `known`: its aggregate exists then.

        A request about a case that nobody knows is not one of a case: it belongs to no graph.
        """
        if deciding.leg is None:
            return
        one = deciding.one
        if not known and one.origin not in KAFKA:
            deciding.case = None
        telling = deciding.decided(outcome, nanoseconds())
        if telling is deciding:
            self._kept.append(deciding)
        if one.origin is Origin.EVENT and outcome.fate is Fate.APPLIED:
            self._last[one.subject] = telling
        else:
            self._last.pop(one.subject, None)

    def _committed(self, inputs: int, spans: list[Span | None]) -> None:
        now = nanoseconds()
        told = [span for span in spans if span is not None]
        if len(self._kept) == 1 and inputs <= len(self._kept[0].inputs):
            [alone] = self._kept
            for span in told:
                span.start, span.end = self._began, now
            case = None if alone.case is None else str(alone.case)
            told += (statement_span(one, alone.traceparent, case) for one in self._statements)
        elif self._statements:
            # Only what was slow needs a span of the whole batch to hang under.
            told += self._batch(inputs, now)
        self._tracing.emit(told)

    def _rolled_back(self, inputs: int, error: str) -> None:
        """Nothing that was decided counts; that statements failed, if any did, is told without any case."""
        if any(one.error is not None for one in self._statements):
            self._kept.clear()
            batch, *statements = self._batch(inputs, nanoseconds())
            batch.fail(error)
            self._tracing.emit([batch, *statements])

    def _batch(self, inputs: int, now: int) -> list[Span]:
        name = "apply batch"
        context = self._tracing.new_leg(name)
        links = linked(*((one.traceparent, Reason.BATCH) for one in self._kept[:MAX_LINKS]))
        size: dict[str, Value] = {semconv.BATCH_SIZE: inputs}
        batch = Span(name, SpanKind.INTERNAL, context, None, self._began, now, size, links)
        return [batch, *(statement_span(one, context, None) for one in self._statements)]
