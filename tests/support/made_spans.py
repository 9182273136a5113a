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
    sent = span(
        "send ciclo.cases.v1",
        "CLIENT",
        trace=9,
        number=2,
        at=20 * MILLI,
        case=None,
        links=[link(asked, "message")],
    )
    processed = span(
        "process ciclo.cases.v1",
        "CONSUMER",
        below=asked,
        number=3,
        at=40 * MILLI,
        service="routing",
        links=[link(asked, "message")],
    )
    classified = span("effect Classify", below=processed, number=4, at=50 * MILLI, service="routing")
    later = 21 * DAY
    again = span(
        "POST /v1/cases/{case_id}/messages",
        "SERVER",
        trace=2,
        number=5,
        at=later,
        links=[link(classified, "previous_leg")],
    )
    return [asked, sent, processed, classified, again]


class Teller:
    """Tells a case span by span: each event with its sending and who takes it up."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.at = 0
        self._last: Span | None = None
        self._trace = 0

    def begins(self, name: str, kind: str, service: str, after: int, takes: int = 9 * MILLI) -> Span:
        """A leg begins, so long after the last span."""
        self.at += after
        self._trace += 1
        links = () if self._last is None else (link(self._last, "previous_leg"),)
        return self._tells(name, kind, trace=self._trace, takes=takes, service=service, links=links)

    def below(
        self, above: Span, name: str, kind: str = "INTERNAL", takes: int = 4 * MILLI, **more: Any
    ) -> Span:
        """Something that was done for it."""
        self.at += MILLI
        return self._tells(name, kind, below=above, takes=takes, **{"service": above.service} | more)

    def event(self, cause: Span, topic: str, event: str, *heard_by: str) -> list[Span]:
        """An event of a topic; the spans of those who process it."""
        message, said = (link(cause, "message"),), {"ciclo.event.type": f"ciclo.{event}.v1"}
        cause.attributes["ciclo.created.types"] = [*said.values()]
        self.at += 5 * MILLI
        self.below(cause, f"send {topic}", "CLIENT", takes=6 * MILLI, links=message)
        self.at += 9 * MILLI
        name = f"process {topic}"
        return [
            self.below(cause, name, "CONSUMER", 7 * MILLI, service=service, links=message, more=said)
            for service in heard_by
        ]

    def mail(self, cause: Span) -> None:
        """A letter to the customer."""
        effect = self.below(cause, "effect SendMessage", "CLIENT", takes=34 * MILLI)
        self.at += 32 * MILLI
        self.event(effect, "ciclo.notifications.v1", "notification.sent")

    def _tells(self, name: str, kind: str, **more: Any) -> Span:
        self._last = span(name, kind, number=len(self.spans) + 1, at=self.at, **more)
        self.spans.append(self._last)
        return self._last


def trial_case() -> list[Span]:
    """A defect in the trial period: a new unit at once, delivered two days later, confirmed the day after."""
    tell = Teller()
    asked = tell.begins("POST /v1/cases", "SERVER", "intake", 0, 31 * MILLI)
    routed, assessed, told = tell.event(
        asked, "ciclo.cases.v1", "case.opened", "routing", "warranty", "notifications"
    )
    tell.mail(told)
    tell.event(routed, "ciclo.routing.v1", "case.classified", "warranty", "notifications")
    for heard in tell.event(
        assessed, "ciclo.warranty.v1", "replacement.approved", "routing", "notifications"
    ):
        if heard.service == "notifications":
            tell.mail(heard)
    scanned = tell.begins("process ciclo.inbound.logistics.v1", "CONSUMER", "warranty", 2 * DAY)
    delivered, *_ = tell.event(scanned, "ciclo.warranty.v1", "replacement.delivered", "routing")
    proposed, *_ = tell.event(delivered, "ciclo.routing.v1", "resolution.proposed", "notifications", "intake")
    tell.mail(proposed)
    said = tell.begins("POST /v1/cases/{case_id}/confirmation", "SERVER", "intake", DAY)
    closed, *_ = tell.event(said, "ciclo.cases.v1", "case.resolution_confirmed", "routing")
    tell.event(closed, "ciclo.routing.v1", "case.closed", "intake", "notifications")
    return tell.spans


def as_otlp(spans: Sequence[Span]) -> dict[str, Any]:
    """A request of OTLP in JSON."""

    def attributes(said: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"key": name, "value": _any(value)} for name, value in said.items()]

    def one(told: Span) -> dict[str, Any]:
        return {
            "traceId": told.trace_id,
            "spanId": told.span_id,
            "parentSpanId": told.parent_span_id,
            "name": told.name,
            "kind": ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER").index(told.kind) + 1,
            "startTimeUnixNano": str(told.start_ns),
            "endTimeUnixNano": str(told.end_ns),
            "status": {"code": ("UNSET", "OK", "ERROR").index(told.status)},
            "attributes": attributes(told.attributes),
            "links": [
                {"traceId": to.trace_id, "spanId": to.span_id, "attributes": attributes(to.attributes)}
                for to in told.links
            ],
        }

    return {
        "resourceSpans": [
            {"resource": {"attributes": attributes(told.resource)}, "scopeSpans": [{"spans": [one(told)]}]}
            for told in spans
        ]
    }


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(each) for each in value]}}
    return {"stringValue": str(value)}
