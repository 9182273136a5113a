"""Spans made by hand: a case as services tell it, with a way to leave out or bend a part."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.traces.otlp import Received
from deploy.traces.spans import Link, Scope, Span

CASE = "0199c0de-0000-7000-8000-000000000001"
MILLI, SECOND, DAY = 10**6, 10**9, 86_400 * 10**9
BEGAN = 1_764_000_000 * SECOND


def link(span: Span, reason: str) -> Link:
    """A link to this span, for this reason."""
    return Link(span.trace_id, span.span_id, {"case.link.reason": reason})


def span(
    name: str,
    kind: str = "INTERNAL",
    *,
    below: Span | None = None,
    trace: int = 1,
    number: int,
    at: int = 0,
    takes: int = 5 * MILLI,
    service: str = "intake",
    case: str | None = CASE,
    links: Sequence[Link] = (),
    status: str = "UNSET",
    more: Mapping[str, Any] | None = None,
) -> Span:
    """One span; `at` is when it begins after the case did, in ns."""
    attributes = dict(more or {}) | ({} if case is None else {"case.id": case})
    return Span(
        trace_id=below.trace_id if below else f"{trace:032x}",
        span_id=f"{number:016x}",
        parent_span_id=below.span_id if below else "",
        name=name,
        kind=kind,
        service=service,
        start_ns=BEGAN + at,
        end_ns=BEGAN + at + takes,
        status=status,
        attributes=attributes,
        resource={"service.name": service},
        scope=Scope("ciclo", "0.1.0", "https://opentelemetry.io/schemas/1.44.0"),
        links=tuple(links),
    )


def received(*spans: Span, size: int = 400) -> list[Received]:
    """The same as a request brought them."""
    return [Received(one, size) for one in spans]


def small_case() -> list[Span]:
    """A customer opens a case, routing hears of it, and 21 days later the customer writes again."""
    asked = span("POST /v1/cases", "SERVER", number=1, takes=30 * MILLI)
    decided = span("decide OpenCase", below=asked, number=2, at=5 * MILLI)
    created = span("create ciclo.cases.v1", "PRODUCER", below=decided, number=3, at=6 * MILLI)
    sent = span(
        "send ciclo.cases.v1",
        "CLIENT",
        trace=9,
        number=4,
        at=20 * MILLI,
        case=None,
        links=[link(created, "message")],
    )
    processed = span(
        "process ciclo.cases.v1",
        "CONSUMER",
        below=created,
        number=5,
        at=40 * MILLI,
        service="routing",
        links=[link(created, "message")],
    )
    later = 21 * DAY
    again = span("POST /v1/cases/{case_id}/messages", "SERVER", trace=2, number=6, at=later)
    said = span(
        "decide Say", below=again, number=7, at=later + MILLI, links=[link(processed, "previous_leg")]
    )
    return [asked, decided, created, sent, processed, again, said]
