"""A span as plain data, from the moment it is certain that what it tells has happened to the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from opentelemetry.trace import SpanKind

from services.chassis.telemetry import semconv

Value = str | int | tuple[str, ...]
Links = tuple[tuple[str, Mapping[str, Value]], ...]


@dataclass(slots=True)
class Span:
    """What is told of one piece of work. Moments are nanoseconds since 1970; `error` is a code.

    Once it `is_told` (handed over by `Tracing.emit`), nobody may change it.
    """

    name: str
    kind: SpanKind
    traceparent: str
    parent: str | None
    start: int
    end: int
    attributes: dict[str, Value] = field(default_factory=dict)
    links: Links = ()
    error: str | None = None
    is_told: bool = False

    def fail(self, error: str) -> None:
        """Say that the work failed, and why, in a word of low cardinality."""
        self.error = error
        self.attributes[semconv.ERROR_TYPE] = error


def about_message(operation: str, topic: str) -> dict[str, Value]:
    """The attributes that every span of Kafka has; `operation`: send or process."""
    return {
        semconv.SYSTEM: "kafka",
        semconv.OPERATION: operation,
        semconv.OPERATION_TYPE: operation,
        semconv.DESTINATION: topic,
    }


def of_this_case(case: UUID | str) -> dict[str, Value]:
    """The attributes of a message about a case."""
    name = str(case)
    return {semconv.CASE_ID: name, semconv.CONVERSATION: name}
