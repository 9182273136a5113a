"""The span of an HTTP request that is served."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import Scope

from services.chassis.clock import nanoseconds
from services.chassis.route_names import template_of
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import is_traceparent, traced
from services.chassis.telemetry.exporting import Tracing
from services.chassis.telemetry.spans import Span
from services.chassis.telemetry.statements import Statement, collecting, statement_span

UNTOLD: Final = frozenset({"/livez", "/readyz"})
"""Probes: they come every few seconds and say nothing."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})

_served: ContextVar[Span | None] = ContextVar("served", default=None)


class Served:
    """One request: its context, and the status it was answered with (None: it was cut)."""

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent
        self.status: int | None = None


@contextmanager
def serving(tracing: Tracing, scope: Scope) -> Iterator[Served]:
    """Inside the block the request's context is the current one; afterwards its span is told.

    A valid `traceparent` of the caller is its parent. Neither the address asked for nor anything else that
    the caller chose is told: only the route's template.
    """
    given = Headers(scope=scope).get("traceparent", "")
    parent = given if is_traceparent(given) else None
    method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
    context = tracing.under(parent, method)
    served = Served(context)
    span = None
    if tracing.records(context) and scope["path"] not in UNTOLD:
        span = Span(method, SpanKind.SERVER, context, parent, nanoseconds(), 0)
    token = _served.set(span)
    statements: list[Statement] = []
    try:
        with traced(context), collecting(statements):
            yield served
    finally:
        _served.reset(token)
        if span is not None:
            _finish(span, scope, served.status)
            case = span.attributes.get(semconv.CASE_ID)
            tracing.emit([span, *(statement_span(one, context, case) for one in statements)])


def served_span() -> Span | None:
    """The span of the request that is being served, if it will be told: what it decides is told there."""
    return _served.get()


def _finish(span: Span, scope: Scope, status: int | None) -> None:
    method, route = span.name, template_of(scope)
    span.end = nanoseconds()
    span.attributes |= {semconv.HTTP_METHOD: method, semconv.URL_SCHEME: scope.get("scheme", "http")}
    span.name = "HTTP" if method == "_OTHER" else method
    if route is not None:
        span.name = f"{span.name} {route}"
        span.attributes |= {semconv.HTTP_ROUTE: route, semconv.URL_PATH: route}
    if status is not None:
        span.attributes[semconv.HTTP_STATUS] = status
    if status is None or status >= 500:
        span.fail("cut" if status is None else str(status))
