"""What a task works on: calls to the outside become spans under it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.trace import SpanKind

from services.chassis.clock import nanoseconds
from services.chassis.telemetry import semconv
from services.chassis.telemetry.context import child_of
from services.chassis.telemetry.exporting import OFF, Tracing
from services.chassis.telemetry.spans import Span, Value

_tracing: ContextVar[Tracing] = ContextVar("tracing", default=OFF)


@contextmanager
def telling(tracing: Tracing) -> Iterator[None]:
    """Inside the block, and in tasks that begin there, calls to the outside are told to `tracing`."""
    token = _tracing.set(tracing)
    try:
        yield
    finally:
        _tracing.reset(token)


@contextmanager
def outside_call(name: str, parent: str | None, attributes: Mapping[str, Value]) -> Iterator[None]:
    """A span of kind CLIENT around a call to the outside; an exception makes it a failed one.

    `parent` is the context that the call is made for; without one there is no span. The code of a failure is
    the exception's `code`, or else its type.
    """
    tracing = _tracing.get()
    if parent is None or not tracing.records(parent):
        yield
        return
    span = Span(name, SpanKind.CLIENT, child_of(parent), parent, nanoseconds(), 0, dict(attributes))
    try:
        yield
    except BaseException as error:
        span.fail(str(getattr(error, "code", type(error).__name__)))
        raise
    finally:
        span.end = nanoseconds()
        tracing.emit([span])


def about_server(host: str, port: int, protocol: str) -> dict[str, Value]:
    """The attributes that name a server outside."""
    return {semconv.SERVER_ADDRESS: host, semconv.SERVER_PORT: port, semconv.PROTOCOL: protocol}
