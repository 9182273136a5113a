"""The logs of the code under test, as an operator would read them."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from services.chassis import logs


class Logged:
    """What was logged so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        """Every line as it was written."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, read as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def logged(service: str = "test", level: str = "INFO") -> Iterator[Logged]:
    """Inside the block, logs are configured as in production and kept."""
    kept, handlers, level_before = Logged(), logging.root.handlers[:], logging.root.level
    logs.configure(service, level, kept.stream)
    try:
        yield kept
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
        logging.captureWarnings(capture=False)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level_before)
