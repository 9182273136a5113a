"""The trace context (W3C Trace Context) of what is being done now. Spans come with a later issue."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
# Version 00; ids of zeros are invalid (section 3.2.2).
_valid = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def current_traceparent() -> str | None:
    """The trace context that this task runs in, if any."""
    return _current.get()


def new_traceparent() -> str:
    """The context of a new trace, to be sampled."""
    return f"00-{_nonzero(16)}-{_nonzero(8)}-01"


def is_traceparent(text: str) -> bool:
    """Whether this is a valid traceparent of version 00."""
    return _valid.fullmatch(text) is not None


def trace_of(traceparent: str | None) -> dict[str, str]:
    """The `trace_id` and `span_id` of a context, as logs show them."""
    if traceparent is None or not is_traceparent(traceparent):
        return {}
    _, trace_id, span_id, _ = traceparent.split("-")
    return {"trace_id": trace_id, "span_id": span_id}


@contextmanager
def traced(traceparent: str | None) -> Iterator[str]:
    """Inside the block this context is the current one; a missing or invalid one begins a new trace."""
    given = traceparent if traceparent is not None and is_traceparent(traceparent) else new_traceparent()
    token = _current.set(given)
    try:
        yield given
    finally:
        _current.reset(token)


def _nonzero(size: int) -> str:
    while True:
        text = secrets.token_hex(size)
        if text.strip("0"):
            return text
