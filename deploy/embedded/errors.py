"""The one exception of the embedded runtime."""

from __future__ import annotations


class CannotStart(Exception):
    """A server cannot be started; the message says what failed and what to do about it."""

    def __init__(self, failed: str, todo: str) -> None:
        super().__init__(f"{failed}\n  What to do: {todo}")
