"""The spans of the calls to the outside that aggregates owe: one for each call and attempt."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.definition import EffectCall, Retry
from services.chassis.telemetry import semconv
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.legs import leg_of_effect
from services.chassis.telemetry.links import linked
from services.chassis.telemetry.spans import Span


class Attempt:
    """One attempt at the calls of a batch. `calls` are the same calls, each in the context of its span.

    The span of a call that succeeded tells also what was decided on the result, so it is told when that is
    stored; until then it may be found in `spans`, by its context.
    """

    def __init__(self, tracing: Tracing, kind: str, owed: Sequence[tuple[EffectCall, timedelta]]) -> None:
        self._tracing = tracing
        self.calls: list[EffectCall] = []
        self.spans: dict[str, Span] = {}
        name, now = f"effect {kind}", nanoseconds()
        for call, age in owed:
            leg = leg_of_effect(call.traceparent, age)
            context = tracing.under(leg.parent, name)
            self.calls.append(replace(call, traceparent=context))
            if tracing.records(context):
                span = Span(name, SpanKind.INTERNAL, context, leg.parent, now, 0, links=linked(*leg.links))
                span.attributes[semconv.CASE_ID] = str(call.subject)
                span.attributes[semconv.ATTEMPT] = call.attempts + 1
                self.spans[context] = span

    def answered(self, answers: Sequence[object] | None) -> None:
        """The calls are over: those to be tried again failed, and all of them if there are no answers."""
        now = nanoseconds()
        for index, call in enumerate(self.calls):
            span = self.span_of(call)
            if span is None:
                continue
            span.end = span.end or now
            answer = None if answers is None else answers[index]
            if span.error is None and (answer is None or isinstance(answer, Retry)):
                span.fail("cut" if answer is None else answer.reason)

    def span_of(self, call: EffectCall) -> Span | None:
        """The span of one of the calls, if it has any."""
        return self.spans.get(call.traceparent or "")

    def tell(self, calls: Iterable[EffectCall]) -> None:
        """Tell of these calls, which have no result."""
        self._tracing.emit(span for call in calls if (span := self.span_of(call)) is not None)
