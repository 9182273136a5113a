"""What every event has in common, and how events are found by their type."""

from collections.abc import Mapping
from typing import ClassVar, Self

from ciclo_schemas.values import Record, assert_known

EVENTS: dict[str, type["Event"]] = {}
"""Every event model by its CloudEvents type, filled as the modules are imported (see `registry`)."""

_FALLBACKS = (b'"unknown"', b'"unrecognised"')


class Event(Record):
    """The data of one event. Strict when written; `read` is tolerant of what a newer release adds."""

    event_type: ClassVar[str]
    topic: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Register the model under its type."""
        if "event_type" in cls.__dict__:
            if cls.event_type in EVENTS:
                raise TypeError(f"two models for {cls.event_type}")
            EVENTS[cls.event_type] = cls

    def write(self) -> bytes:
        """JSON for the wire, without empty fields.

        Raises ValueError when a field, at any depth, holds what only readers may see (`OpenEnum.fallback`).
        """
        data = self.model_dump_json(exclude_none=True).encode()
        # Looking closer only when a fallback's text occurs at all makes writing twice as fast.
        if any(text in data for text in _FALLBACKS):
            assert_known(self)
        return data

    @classmethod
    def read(cls, data: bytes | str) -> Self:
        """Read JSON of this or a newer release: unknown fields are ignored, unknown values become fallbacks.

        Types are not guessed: "3" is no number. Raises pydantic.ValidationError, whose text quotes what was
        sent: log its locations and types alone.
        """
        return cls.model_validate_json(data, strict=True, extra="ignore")


def read_event(event_type: str, data: bytes) -> Event | None:
    """The event of a record, or None for a type that this release does not know.

    Raises pydantic.ValidationError for a known type whose data does not fit.
    """
    model = EVENTS.get(event_type)
    return None if model is None else model.read(data)


def types_of(topic: str, events: Mapping[str, type[Event]] = EVENTS) -> set[str]:
    """Every event type that is published on a topic."""
    return {name for name, model in events.items() if model.topic == topic}
