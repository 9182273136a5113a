"""Turns data into JSON and back: commands, timers, effects, results by class name; events by their type."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.events import EVENTS, Event
from ciclo_schemas.inbound import InboundEvent
from services.chassis.decider import KAFKA, Message, Origin
from services.chassis.definition import Definition
from services.chassis.inputs import Input, Position, key_of

# A location can hold names that the sender made up: only what looks like a field's name is repeated.
_FIELD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Codec:
    """Knows every message class of one service by its name."""

    def __init__(self, definition: Definition) -> None:
        self._messages: dict[str, type[BaseModel]] = {}
        for model in _message_classes(definition):
            known = self._messages.setdefault(model.__name__, model)
            if known is not model:
                raise TypeError(
                    f"two messages are called {model.__name__}: {known.__module__}, {model.__module__}"
                )

    def message(self, name: str, data: str) -> Message:
        """The message of this class name. Raises KeyError or pydantic.ValidationError."""
        message = self._messages[name].model_validate_json(data)
        if not isinstance(message, Message):
            raise TypeError(f"{name} is not a message")
        return message

    def data(self, origin: Origin, type_name: str, raw: str) -> BaseModel | None:
        """The data of an input; None for an event type that this release does not know."""
        if origin in KAFKA:
            model = EVENTS.get(type_name)
            return None if model is None else model.read(raw)
        return self.message(type_name, raw)

    def parked_input(self, row: Any) -> Input:
        """The input of a row of `parked` or `dead_letters`; `error` is set when its data cannot be read."""
        record = json.loads(row["record"])
        origin = Origin(row["origin"])
        error: str | None = None
        data: BaseModel | None = None
        try:
            data = self.data(origin, row["type"], record["raw"])
        except (KeyError, ValueError, TypeError) as problem:
            error = f"{type(problem).__name__}: {safe_message(problem)}"
        if origin is Origin.EVENT and row["sequence"] is None:
            error = "a record that cannot be read has no place in any order: it can only be discarded"
        position = record.get("position")
        return Input(
            subject=row["aggregate"],
            origin=origin,
            type=row["type"],
            id=row["input_id"],
            data=data,
            raw=record["raw"],
            time=None if record["time"] is None else datetime.fromisoformat(record["time"]),
            source=row["source"],
            sequence=row["sequence"],
            clock=record["clock"],
            traceparent=record["traceparent"],
            label=record["label"],
            error=error,
            business_key=key_of(data) if isinstance(data, InboundEvent) else None,
            position=None if position is None else Position(*position),
            expires_at=row.get("expires_at"),
            replayed=record.get("replayed", False),
        )


def record_of(parked: Input) -> str:
    """What `parked_input` needs besides the columns, as JSON."""
    position = parked.position
    return json.dumps(
        {
            "raw": parked.raw,
            "time": None if parked.time is None else parked.time.isoformat(),
            "clock": dict(parked.clock),
            "traceparent": parked.traceparent,
            "label": parked.label,
            "replayed": parked.replayed,
            "position": None if position is None else [position.topic, position.partition, position.offset],
        }
    )


def safe_message(error: BaseException) -> str:
    """What went wrong, without any value of the input: error messages of data models quote their input."""
    errors = getattr(error, "errors", None)
    if callable(errors):
        found = errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{safe_location(e['loc'])}: {e['type']}" for e in found)[:500]
    # A KeyError's message is the key, which may be what somebody sent.
    if isinstance(error, (TypeError, AttributeError, AssertionError)) and error.args:
        return str(error.args[0])[:200]
    return ""


def fields_at_fault(error: BaseException) -> tuple[str, ...]:
    """The locations of a model's validation errors."""
    errors = getattr(error, "errors", None)
    if not callable(errors):
        return ()
    found = errors(include_url=False, include_context=False, include_input=False)
    return tuple(dict.fromkeys(safe_location(e["loc"]) for e in found))[:20]


def safe_location(parts: Iterable[object]) -> str:
    """Where a value stands: `facts.area`; `value` for the whole, `?` for a name that cannot be a field's."""
    return ".".join(str(part) if _FIELD.fullmatch(str(part)) else "?" for part in parts) or "value"


def _message_classes(definition: Definition) -> Iterable[type[BaseModel]]:
    for decider in definition.deciders:
        yield from (model for model in decider.on if not issubclass(model, Event))
    yield from (runner.data for runner in definition.runners)
    yield from definition.targets


def subject_of(text: str) -> UUID | None:
    """The aggregate id in `ce_subject`, or None if it is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None
