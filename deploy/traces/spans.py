"""Spans as the sink keeps, judges and shows them."""

from dataclasses import dataclass, field
from typing import Any

CASE = "case.id"
REASON = "case.link.reason"
SpanKey = tuple[str, str]
"""Trace id and span id, in hex."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who recorded a span, by which conventions."""

    name: str = ""
    version: str = ""
    schema_url: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a span of this or another trace."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> SpanKey:
        """The span that it names."""
        return self.trace_id, self.span_id

    @property
    def reason(self) -> str:
        """Why it is there (`case.link.reason`), empty if it does not say."""
        return str(self.attributes.get(REASON, ""))


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one moment of a span."""

    name: str
    time_ns: int
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One finished span. Ids are lower-case hex; `parent_span_id` is empty at a root. Times: Unix, in ns."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    """INTERNAL, SERVER, CLIENT, PRODUCER or CONSUMER."""
    service: str
    start_ns: int
    end_ns: int
    status: str
    """UNSET, OK or ERROR."""
    status_message: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    scope: Scope = Scope()
    links: tuple[Link, ...] = ()
    events: tuple[SpanEvent, ...] = ()

    @property
    def key(self) -> SpanKey:
        """What names it."""
        return self.trace_id, self.span_id

    @property
    def parent(self) -> SpanKey | None:
        """The span above it, none at a root."""
        return (self.trace_id, self.parent_span_id) if self.parent_span_id else None

    @property
    def case_id(self) -> str | None:
        """The case that it belongs to, if to one."""
        case_id = self.attributes.get(CASE)
        return case_id if isinstance(case_id, str) else None

    @property
    def references(self) -> set[SpanKey]:
        """Every span that it names: its parent and what it links to."""
        found = {link.target for link in self.links}
        return found if self.parent is None else found | {self.parent}
