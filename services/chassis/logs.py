"""Logs: one JSON object a line on standard output, libraries' included, without secrets or personal data."""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import asyncpg
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.chassis.clock import seconds
from services.chassis.telemetry.context import add_ids

# The last word of a key decides: `customer_email` is as private as `email`.
PRIVATE = frozenset(
    {
        "name",
        "names",
        "email",
        "mail",
        "phone",
        "address",
        "contact",
        "text",
        "texts",
        "word",
        "words",
        "body",
    }
    | {"note", "notes", "reply", "authorization", "cookie", "token", "tokens", "key", "keys", "password"}
    | {"secret", "secrets", "dsn", "url", "data", "value", "values", "input", "raw", "payload", "record"}
)
HIDDEN = "[hidden]"
FIRST = ("timestamp", "level", "service", "event", "logger", "trace_id", "span_id", "case_id", "event_id")
"""What stands first in every line that has it, in this order."""
_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Whoever finds a case by its line relies on these; nothing else may stand under their names.
IDS = {
    "trace_id": re.compile(r"[0-9a-f]{32}"),
    "span_id": re.compile(r"[0-9a-f]{16}"),
    "case_id": _uuid,
    "event_id": _uuid,
}
MAX_TEXT = 2_000
MAX_FRAMES = 30
REPEAT_S = 10.0
_credentials = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_plain = (bool, int, float, type(None), UUID, date, timedelta)


def configure(service: str, level: str, stream: TextIO | None = None) -> None:
    """Send this process's logs to `stream` (standard output); libraries are heard from WARNING on."""
    stream = stream or sys.stdout
    shared: list[Processor] = [
        add_ids,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        explain_errors,
        hide_private,
        in_order,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_logger_of_library, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(_Repeats())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    for library in ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "aiokafka", "asyncio"):
        logger = logging.getLogger(library)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def hide_private(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Replace what must not be printed: private keys' values, objects, credentials inside addresses."""
    return {key: value if key == "exception" else _shown(key, value) for key, value in entry.items()}


def in_order(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Put what every line has before what only this one has."""
    first = {key: entry[key] for key in FIRST if key in entry}
    return first | {key: value for key, value in entry.items() if key not in first}


def explain_errors(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Turn `exc_info` into `exception`: types, places and safe messages, outermost cause last."""
    raised = entry.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        entry["exception"] = "\n".join(_explained(raised))
    return entry


def safe_text(error: BaseException) -> str:
    """An error's message if it cannot quote what somebody wrote, else nothing.

    Messages of PostgreSQL come without DETAIL (which quotes rows), those about values not at all.
    """
    if isinstance(error, asyncpg.PostgresError):
        about_values = isinstance(error, asyncpg.DataError)
        return f"[{error.sqlstate}]" if about_values else _clean(f"[{error.sqlstate}] {error.args[0]}")
    if isinstance(error, (ValueError, LookupError)):
        return ""
    return _clean(str(error))


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
        return {"service": service, **entry}

    return add


class _Repeats(logging.Filter):
    """Lets a library say the same thing once in REPEAT_S seconds; some say it ten times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = seconds()
        self._said = {message: at for message, at in self._said.items() if now - at < REPEAT_S}
        message = (record.name, record.getMessage())
        if message in self._said:
            return False
        self._said[message] = now
        return True


def _logger_of_library(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    record = entry.get("_record")
    return entry if record is None else {"logger": record.name, **entry}


def _shown(key: str, value: Any) -> Any:
    if key.startswith("_"):  # structlog's own, removed before printing
        return value
    if key.lower().rpartition("_")[2] in PRIVATE or not _may_be(key, value):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(inner): _shown(str(inner), held) for inner, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(key, item) for item in value]
    return _printable(value)


def _may_be(key: str, value: Any) -> bool:
    """Whether a value is what its key promises, as far as a key promises anything."""
    form = IDS.get(key)
    return form is None or value is None or form.fullmatch(str(value)) is not None


def _printable(value: Any) -> Any:
    if isinstance(value, Enum):
        return _printable(value.value)
    if isinstance(value, str):
        return _clean(value)
    # Of any other object only the type: its repr could show everything it holds.
    return value if isinstance(value, _plain) else f"<{type(value).__name__}>"


def _clean(text: str) -> str:
    return _credentials.sub("***", text)[:MAX_TEXT]


def _explained(error: BaseException) -> Iterator[str]:
    message = safe_text(error)
    yield f"{type(error).__module__}.{type(error).__qualname__}{': ' if message else ''}{message}"
    yield from _frames(error.__traceback__)
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield "one of the group:"
            yield from _explained(inner)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield "after:"
        yield from _explained(cause)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace)[-MAX_FRAMES:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
