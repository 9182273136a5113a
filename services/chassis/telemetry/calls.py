"""The spans of the calls to the outside that aggregates owe: one for each call and attempt."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.definition import EffectCall, Retry
from services.chassis.telemetry import semconv
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.legs import Leg, leg_of_effect
from services.chassis.telemetry.spans import Span, Value, linked


class Attempt:
    """One attempt at the calls of a batch. `calls` are the same calls, each in the context of its span."""

    def __init__(self, tracing: Tracing, kind: str, owed: Sequence[tuple[EffectCall, timedelta]]) -> None:
        self._tracing = tracing
        self._name = f"effect {kind}"
        self._began = nanoseconds()
        self._legs = [leg_of_effect(call.traceparent, age) for call, age in owed]
        self.calls = [
            replace(call, traceparent=tracing.under(leg.parent, self._name))
            for (call, _), leg in zip(owed, self._legs, strict=True)
        ]

    def answered(self, answers: Sequence[object] | None) -> None:
        """Tell of every call; those to be tried again failed, and all of them if there are no answers."""
        for index, (call, leg) in enumerate(zip(self.calls, self._legs, strict=True)):
            if not self._tracing.records(call.traceparent or ""):
                continue
            span = self._span(call, leg)
            answer = None if answers is None else answers[index]
            if answer is None:
                span.fail("cut")
            elif isinstance(answer, Retry):
                span.fail(answer.reason)
            self._tracing.emit([span])

    def _span(self, call: EffectCall, leg: Leg) -> Span:
        attributes: dict[str, Value] = {
            semconv.CASE_ID: str(call.subject),
            semconv.ATTEMPT: call.attempts + 1,
        }
        context, now = call.traceparent or "", nanoseconds()
        return Span(
            self._name,
            SpanKind.INTERNAL,
            context,
            leg.parent,
            self._began,
            now,
            attributes,
            linked(*leg.links),
        )
