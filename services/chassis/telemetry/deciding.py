"""One input while it is decided, and the span that tells of it."""

from contextvars import Token
from functools import lru_cache
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from opentelemetry.trace import SpanKind

from ciclo_schemas.events import Event
from services.chassis.decider import KAFKA, Origin
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import child_of, log_ids, span_id, trace_id
from services.chassis.telemetry.legs import Leg
from services.chassis.telemetry.links import linked
from services.chassis.telemetry.spans import Links, Span, Value, about_message, of_this_case

UNDECIDED = Outcome(Fate.LATER)


class Deciding:
    """One input while it is decided; inside `with`, its ids stand in every log line.

    `traceparent` is the context of everything that the decision causes; `case`: the case that it is about.
    Without a `leg`, no span tells of it. `first`: the message of the same decision whose span it shares.
    """

    def __init__(
        self,
        one: Input,
        case: UUID | None,
        traceparent: str,
        leg: Leg | None = None,
        began: int = 0,
        first: "Deciding | None" = None,
    ) -> None:
        self.one = one
        self.case = case
        self.traceparent = traceparent
        self.leg = leg
        self.inputs = [one]
        self._first = first
        self._began = self.ended = began
        self._outcome = UNDECIDED
        self.created: list[tuple[str, str]] = []
        self._named: Token[Any] | None = None

    def __enter__(self) -> Self:
        self._named = log_ids.set(self._ids)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._named is not None:
            log_ids.reset(self._named)

    def create(self, event_id: UUID, event_type: str) -> str:
        """The context of an event that this decision creates: its own."""
        if self.leg is not None:
            self.created.append((str(event_id), event_type))
        return self.traceparent

    def takes_in(self, one: Input) -> bool:
        """Whether this other message, which comes next, was created by the very same decision."""
        mine = self.one
        return (
            one.origin is Origin.EVENT
            and one.traceparent == mine.traceparent
            and self.leg is not None
            and self.leg.parent is not None
            and _topic(one) == _topic(mine)
        )

    def decided(self, outcome: Outcome, now: int) -> "Deciding":
        """The input is decided so; returns what tells of it: this, or what had begun to tell before."""
        self._outcome, self.ended = outcome, now
        first = self._first
        if first is None:
            return self
        if outcome.fate is Fate.APPLIED:
            first.inputs.append(self.one)
            first.created += self.created
            first.ended = now
            return first
        # What failed is told apart.
        self.traceparent = child_of(self.one.traceparent or self.traceparent)
        return self

    def span(self, group: str) -> Span | None:
        """What there is to tell, if it is not told by the span under which this was decided."""
        if self.leg is None:
            return None
        under = self.one.span
        if under is not None and not under.is_told:
            under.attributes |= self._about(group) | self._all_created(under)
            under.links += linked(*self.leg.links)
            if self._outcome.fate is Fate.DEAD and under.kind is not SpanKind.SERVER:
                under.fail(self._outcome.reason)
            return None
        context, parent = self.traceparent, self.leg.parent
        if under is not None and context == under.traceparent:
            # The sender has given up meanwhile, and his request is told already.
            context, parent = child_of(context), context
        kind = SpanKind.CONSUMER if self.one.origin in KAFKA else SpanKind.INTERNAL
        span = Span(name_of(self.one), kind, context, parent, self._began, self.ended, self._about(group))
        span.links = self._links(self.leg)
        if self._outcome.fate is Fate.DEAD:
            span.fail(self._outcome.reason)
        return span

    def _ids(self) -> dict[str, str]:
        ids = {
            "trace_id": trace_id(self.traceparent),
            "span_id": span_id(self.traceparent),
            "event_id": str(self.one.id),
        }
        return ids if self.case is None else ids | {"case_id": str(self.case)}

    def _links(self, leg: Leg) -> Links:
        links = linked(*leg.links)
        if len(self.inputs) == 1:
            return links
        # As the conventions want it for a batch: a link for each message, which says what is the message's.
        (context, said), *others = links
        return (*((context, {**said, **_about_one(one)}) for one in self.inputs), *others)

    def _about(self, group: str) -> dict[str, Value]:
        outcome = self._outcome
        attributes: dict[str, Value] = {}
        if self.one.origin in KAFKA:
            attributes = self._about_messages(group)
        elif self.case is not None:
            attributes[semconv.CASE_ID] = str(self.case)
        attributes[semconv.OUTCOME] = outcome.fate.value
        if outcome.refusal is not None:
            attributes[semconv.REFUSAL] = outcome.refusal.code
        if self.created:
            ids, types = zip(*self.created, strict=True)
            attributes[semconv.CREATED_IDS], attributes[semconv.CREATED_TYPES] = ids, types
        return attributes

    def _all_created(self, under: Span) -> dict[str, Value]:
        """Requests may send more than one command."""
        return {
            name: (*before, *(one[index] for one in self.created))
            for index, name in enumerate((semconv.CREATED_IDS, semconv.CREATED_TYPES))
            if isinstance(before := under.attributes.get(name), tuple)
        }

    def _about_messages(self, group: str) -> dict[str, Value]:
        one = self.one
        attributes = dict(_about_topic(_topic(one), group))
        if self.case is not None:
            attributes |= of_this_case(self.case)
        if one.position is not None:
            attributes[semconv.PARTITION] = str(one.position.partition)
        if len(self.inputs) > 1:
            attributes[semconv.BATCH_COUNT] = len(self.inputs)
            return attributes
        attributes |= _about_one(one)
        if one.position is not None:
            attributes[semconv.OFFSET] = one.position.offset
        return attributes


def name_of(one: Input) -> str:
    """The name of an input's span, if it has one of its own."""
    if one.origin in KAFKA:
        return f"process {_topic(one)}"
    return f"{'timer' if one.origin is Origin.TIMER else 'decide'} {one.type}"


def _topic(one: Input) -> str:
    if one.position is not None:
        return one.position.topic
    return one.data.topic if isinstance(one.data, Event) else ""


def _about_one(one: Input) -> dict[str, Value]:
    return {semconv.MESSAGE_ID: str(one.id), semconv.EVENT_TYPE: one.type}


@lru_cache(maxsize=64)
def _about_topic(topic: str, group: str) -> dict[str, Value]:
    return about_message("process", topic) | {semconv.GROUP: group}
