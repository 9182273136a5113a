"""The machine's clock, for logs and intervals. Decisions take their time from the database instead."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """This machine's idea of the time, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """A clock that never goes back, in seconds; only differences mean something."""
    return time.monotonic()


def nanoseconds() -> int:
    """This machine's idea of the time, in nanoseconds since 1970: what spans begin and end with."""
    return time.time_ns()
