"""Calls to the outside: the span of what they are made for says where they went, and how long they took."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.telemetry import semconv
from services.chassis.telemetry.spans import Span, Value

_owed: ContextVar[Mapping[str, Span]] = ContextVar("owed", default={})  # noqa: B039 - nobody writes to it


@contextmanager
def telling(spans: Mapping[str, Span]) -> Iterator[None]:
    """Inside the block, and in tasks that begin there, calls to the outside are told by these, by context."""
    token = _owed.set(spans)
    try:
        yield
    finally:
        _owed.reset(token)


@contextmanager
def outside_call(context: str | None, attributes: Mapping[str, Value]) -> Iterator[None]:
    """Around a call to the outside that is made for an effect; an exception makes it a failed one.

    `context` is the effect's. The code of a failure is the exception's `code`, or else its type.
    """
    span = _owed.get().get(context or "")
    if span is None:
        yield
        return
    span.kind, span.start = SpanKind.CLIENT, nanoseconds()
    span.attributes |= attributes
    try:
        yield
    except BaseException as error:
        span.fail(str(getattr(error, "code", type(error).__name__)))
        raise
    finally:
        span.end = nanoseconds()


def about_server(host: str, port: int, protocol: str) -> dict[str, Value]:
    """The attributes that name a server outside."""
    return {semconv.SERVER_ADDRESS: host, semconv.SERVER_PORT: port, semconv.PROTOCOL: protocol}
