"""From a Kafka record to an input: what cannot be read becomes a dead letter or a rejection, never a loss."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog
from pydantic import ValidationError

from ciclo_schemas.envelope import BadEnvelope, Envelope, from_record
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import EVENTS
from services.chassis.ambiguity import repeats_a_name
from services.chassis.codec import fields_at_fault, safe_message, subject_of
from services.chassis.decider import Origin, Refusal
from services.chassis.ids import derived_id
from services.chassis.inputs import BusinessKey, Input, Position, key_of

INBOUND = "ciclo.inbound."
MAX_VALUE_BYTES = 262_144
"""The largest data of a record; larger ones are `too_long`."""
REPLAYED = "ciclo=replay"
"""The `tracestate` of an event that was emitted once more (W3C Trace Context, 3.3)."""
KEPT_BYTES = 65_536
"""How much of a record that cannot be read is kept for the operator; Kafka has the rest at its position."""
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
log = structlog.get_logger(__name__)


class Record(Protocol):
    """What we use of a consumer's record."""

    topic: str
    partition: int
    offset: int
    headers: Sequence[tuple[str, bytes]] | None
    """None when the record could not be unpacked."""
    value: bytes | None


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads records of Ciclo's topics and of inbound topics.

    `inbound` maps the event types of other systems to the function that finds a record's aggregate;
    `prefix` is what the deployment puts before its topic names.
    """

    inbound: Mapping[type[InboundEvent], Callable[[Any], UUID]]
    prefix: str = ""

    def read(self, record: Record) -> Input:
        """The input of a record, whatever it holds."""
        topic, whole = record.topic.removeprefix(self.prefix), record.value or b""
        position = Position(topic, record.partition, record.offset)
        try:
            envelope, data = from_record(_headers(record), record.value)
            if topic.startswith(INBOUND):
                return self._inbound(envelope, data, whole, position)
            return _own(envelope, data, position)
        except BadEnvelope as error:
            return _unreadable(position, error, whole)
        except Exception:
            # Whatever no reader foresaw: it must not hold up all others.
            place = {"topic": topic, "partition": position.partition, "offset": position.offset}
            log.exception("record_cannot_be_read", **place)
            return _unreadable(position, BadEnvelope("unreadable", "value"), whole)

    def _inbound(self, envelope: Envelope, value: bytes, whole: bytes, position: Position) -> Input:
        model = EVENTS.get(envelope.type)
        if model is None or not issubclass(model, InboundEvent) or not self._takes(model, position.topic):
            refusal = Refusal("unknown_type", "this topic takes no such type", ("ce_type",))
            return _refused(position, envelope.id, envelope.type, refusal)
        raw, fault = _text(value)
        try:
            if fault is not None:
                refusal = Refusal(fault, f"{fault} at value", ("value",))
                return _refused(position, envelope.id, envelope.type, refusal)
            data = model.read(raw)
        except ValidationError as error:
            refusal = Refusal("invalid", "the data does not fit its type", fields_at_fault(error))
            return _refused(position, envelope.id, envelope.type, refusal)
        fault = _ambiguity(whole)
        if fault is not None:
            refusal = Refusal(fault, f"{fault} at value", ("value",))
            return _refused(position, envelope.id, envelope.type, refusal)
        return Input(
            subject=self.inbound[model](data),
            origin=Origin.INBOUND,
            type=envelope.type,
            id=subject_of(envelope.id) or derived_id("inbound", envelope.source, envelope.id),
            data=data,
            raw=raw,
            time=envelope.time,
            traceparent=envelope.traceparent,
            business_key=key_of(data),
            position=position,
            label=envelope.id,
        )

    def _takes(self, model: type[InboundEvent], topic: str) -> bool:
        """Whether the type belongs on the topic: who may write to one does not speak for those of another."""
        return model in self.inbound and model.topic == topic


def _unreadable(position: Position, error: BadEnvelope, value: bytes) -> Input:
    if position.topic.startswith(INBOUND):
        refusal = Refusal(error.code, str(error), (error.location,))
        return _refused(position, position.place, "", refusal)
    # Its place in the order of a case is unknown, so it is an aggregate of its own and blocks no case.
    return Input(
        subject=_position_id(position),
        origin=Origin.EVENT,
        type="",
        id=_position_id(position),
        data=None,
        raw=_text(value)[0],
        business_key=BusinessKey("unreadable", position.place, ""),
        position=position,
        error=str(error),
    )


def _own(envelope: Envelope, value: bytes, position: Position) -> Input:
    """A record of one of Ciclo's services: it counts, even if this release does not know its type."""
    subject, event_id = subject_of(envelope.subject), subject_of(envelope.id)
    if subject is None:
        raise BadEnvelope("malformed", "ce_subject")
    if event_id is None:
        raise BadEnvelope("malformed", "ce_id")
    if envelope.sequence is None:
        raise BadEnvelope("missing", "ce_sequence")
    model = EVENTS.get(envelope.type)
    raw, fault = _text(value)
    data, error = None, None
    try:
        if model is not None and fault is not None:
            error = f"{fault} at value"
        elif model is not None:
            data = model.read(raw)
    except Exception as invalid:  # noqa: BLE001 - whatever it is, it happens at this place in the case's order
        error = safe_message(invalid) or type(invalid).__name__
    return Input(
        subject=subject,
        origin=Origin.EVENT,
        type=envelope.type,
        id=event_id,
        data=data,
        raw=raw,
        time=envelope.time,
        source=envelope.source_name,
        sequence=envelope.sequence,
        clock=envelope.clock,
        traceparent=envelope.traceparent,
        position=position,
        error=error,
        replayed=envelope.tracestate == REPLAYED,
    )


def _refused(position: Position, label: str, event_type: str, refusal: Refusal) -> Input:
    return Input(
        subject=_position_id(position),
        origin=Origin.INBOUND,
        type=event_type if _TYPE.fullmatch(event_type) else "",
        id=_position_id(position),
        data=None,
        raw="",
        position=position,
        label=label,
        refusal=refusal,
    )


def _text(value: bytes) -> tuple[str, str | None]:
    """The value as text, and why it cannot be used if so: then only its beginning is kept, with escapes."""
    if len(value) > MAX_VALUE_BYTES:
        return value[:KEPT_BYTES].decode(errors="backslashreplace"), "too_long"
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return value[:KEPT_BYTES].decode(errors="backslashreplace"), "not_utf8"


def _ambiguity(value: bytes) -> str | None:
    """Why JSON that fits its model is refused all the same: it can be read in two ways, or not be stored."""
    text = value.decode()
    if "\\u0000" in text:
        return "nul_character"
    return "repeated_name" if repeats_a_name(text) else None


def _position_id(position: Position) -> UUID:
    return derived_id("record", position.topic, str(position.partition), str(position.offset))


def _headers(record: Record) -> Sequence[tuple[str, bytes]]:
    if record.headers is None:
        raise BadEnvelope("malformed", "headers")
    return record.headers
