"""Trace contexts as text (W3C Trace Context, version 00), and the one that a task runs in."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random
from typing import Any

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
# Version 00; ids of zeros are invalid (section 3.2.2).
_valid = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
# Seeded by the operating system. Ids must be like no others, and are no secrets.
_bits = Random().getrandbits  # noqa: S311

log_ids: ContextVar[Callable[[], Mapping[str, str]] | None] = ContextVar("log_ids", default=None)
"""What tells the ids that log lines of this task have; asked only when a line is written."""


def current_traceparent() -> str | None:
    """The trace context that this task runs in, if any."""
    return _current.get()


def new_traceparent(*, sampled: bool = True) -> str:
    """The context of a new trace's first span."""
    return f"00-{_bits(128) or 1:032x}-{_bits(64) or 1:016x}-{'01' if sampled else '00'}"


def child_of(traceparent: str) -> str:
    """The context of a new span in the trace of this one, sampled as it is."""
    return f"{traceparent[:36]}{_bits(64) or 1:016x}{traceparent[52:]}"


def is_traceparent(text: str) -> bool:
    """Whether this is a valid traceparent of version 00."""
    return _valid.fullmatch(text) is not None


def is_sampled(traceparent: str) -> bool:
    """Whether the spans of this context are recorded."""
    return int(traceparent[53:], 16) & 1 == 1


def trace_id(traceparent: str) -> str:
    """The 32 digits of the trace."""
    return traceparent[3:35]


def span_id(traceparent: str) -> str:
    """The 16 digits of the span."""
    return traceparent[36:52]


def trace_of(traceparent: str | None) -> dict[str, str]:
    """The `trace_id` and `span_id` of a context, as logs show them."""
    if traceparent is None or not is_traceparent(traceparent):
        return {}
    return {"trace_id": trace_id(traceparent), "span_id": span_id(traceparent)}


@contextmanager
def traced(traceparent: str) -> Iterator[str]:
    """Inside the block this context is the current one."""
    token = _current.set(traceparent)
    try:
        yield traceparent
    finally:
        _current.reset(token)


def add_ids(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Give a log line the ids of what the task works on: a processor of structlog."""
    ids = log_ids.get()
    return entry if ids is None else {**ids(), **entry}
