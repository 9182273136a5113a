"""The envelope of every event: CloudEvents 1.0.2 in Kafka headers, or (read only) as one JSON document.

Spec: CloudEvents 1.0.2, Kafka protocol binding sections 3.2 and 3.3; extensions partitionkey, sequence,
traceparent; our own extensions caseclock, correlationid, causationid.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic_core import from_json, to_json

CONTENT_TYPE = b"application/json; charset=utf-8"
SEQUENCE_DIGITS = 12
MAX_HEADER_BYTES = 8_192
OWN_SOURCES = "/ciclo/"
Headers = Sequence[tuple[str, bytes]]

_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "dataschema",
    "sequence",
    "caseclock",
    "correlationid",
    "causationid",
)
_TRACE = ("traceparent", "tracestate")
_CONTENT = "content-type"
_NAME_OF_HEADER = {f"ce_{name}": name for name in _ATTRIBUTES} | {name: name for name in (*_TRACE, _CONTENT)}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_JSON_TYPE = re.compile(r"[\w.+-]+/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE | re.ASCII)


class BadEnvelope(ValueError):
    """A record whose envelope cannot be read. `code` and `location` never hold the value."""

    def __init__(self, code: str, location: str) -> None:
        super().__init__(f"{code} at {location}")
        self.code = code
        self.location = location


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who says what about which subject, when, after what.

    `clock` is what the writer had applied for the subject: sequence by source name (`{"intake": 3}`).
    `sequence` is None, and `clock` empty, for records of other systems: what they call a sequence is theirs.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int | None = None
    clock: Mapping[str, int] = field(default_factory=dict)
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    schema: str | None = None

    @property
    def source_name(self) -> str:
        """The source without its prefix: `/ciclo/warranty@2` is `warranty@2`."""
        return source_name(self.source)


def source_name(source: str) -> str:
    """The name under which sequences of a source are counted, its epoch included."""
    return source.removeprefix(OWN_SOURCES)


def service_of(source: str) -> str:
    """The service behind a source name, whatever its epoch: `warranty@2` is `warranty`."""
    return source.partition("@")[0]


def schema_uri(event_type: str) -> str:
    """What `ce_dataschema` says: the `$id` of the published JSON Schema of an event type."""
    return f"urn:ciclo:schema:{event_type}"


def write_clock(clock: Mapping[str, int]) -> str:
    """`intake:3,warranty@2:1`, sorted by source."""
    return ",".join(f"{source}:{clock[source]}" for source in sorted(clock))


def read_clock(text: str) -> dict[str, int]:
    """The reverse of `write_clock`. Raises BadEnvelope."""
    clock: dict[str, int] = {}
    for entry in text.split(",") if text else ():
        source, _, count = entry.rpartition(":")
        if not source or source in clock or not _is_number(count):
            raise BadEnvelope("malformed", "ce_caseclock")
        clock[source] = int(count)
    return clock


def write_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be written")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The Kafka headers of an event in binary mode, Ciclo's own attributes included."""
    subject = envelope.subject.encode()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_subject", subject),
        ("ce_time", write_time(envelope.time).encode()),
        ("ce_partitionkey", subject),
        (_CONTENT, CONTENT_TYPE),
    ]
    if envelope.sequence is not None:
        headers.append(("ce_sequence", b"%0*d" % (SEQUENCE_DIGITS, envelope.sequence)))
        # Present even when nothing was applied before: an empty clock says so.
        headers.append(("ce_caseclock", write_clock(envelope.clock).encode()))
    optional = (
        ("ce_dataschema", envelope.schema),
        ("ce_correlationid", envelope.correlation),
        ("ce_causationid", envelope.causation),
        ("traceparent", envelope.traceparent),
        ("tracestate", envelope.tracestate),
    )
    headers += [(name, text.encode()) for name, text in optional if text]
    return headers


def from_record(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> tuple[Envelope, bytes]:
    """The envelope and the data (JSON; empty when the record has none) of a record in either mode.

    Attributes that Ciclo does not use are not looked at, and a trace context that cannot be read is dropped:
    neither may cost a customer the event. Raises BadEnvelope naming what is missing or malformed.
    """
    attributes = _decode(headers)
    content_type = attributes.get(_CONTENT, "")
    if content_type.lower().startswith("application/cloudevents"):
        if not re.fullmatch(r"application/cloudevents(\+json)?\s*(;.*)?", content_type, re.IGNORECASE):
            raise BadEnvelope("unsupported", _CONTENT)
        return _structured(attributes, value)
    _require_json(content_type, _CONTENT)
    return _envelope(attributes, "ce_"), value or b""


def _decode(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for header, raw in headers:
        name = _NAME_OF_HEADER.get(header) or _NAME_OF_HEADER.get(header.lower())
        if name is None or raw is None:
            continue
        if name in _TRACE:
            attributes[name] = raw.decode(errors="replace")
            continue
        if name in attributes:
            raise BadEnvelope("repeated", header.lower())
        if len(raw) > MAX_HEADER_BYTES:
            raise BadEnvelope("too_long", header.lower())
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise BadEnvelope("not_utf8", header.lower()) from error
        if not text.isprintable() and _CONTROL.search(text):
            raise BadEnvelope("malformed", header.lower())
        attributes[name] = text
    return attributes


def _structured(outer: Mapping[str, str], value: bytes | None) -> tuple[Envelope, bytes]:
    try:
        document = from_json(value or b"", allow_inf_nan=False)
    except ValueError as error:
        raise BadEnvelope("malformed_json", "value") from error
    if not isinstance(document, dict):
        raise BadEnvelope("not_an_object", "value")
    if "data_base64" in document:
        raise BadEnvelope("unsupported", "data_base64")
    attributes = {name: outer[name] for name in _TRACE if name in outer}
    for name in (*_ATTRIBUTES, *_TRACE, "datacontenttype"):
        if document.get(name) is not None:
            attributes[name] = _attribute(document[name], name)
    _require_json(attributes.get("datacontenttype", ""), "datacontenttype")
    data = document.get("data")
    return _envelope(attributes, ""), b"" if data is None else to_json(data)


def _attribute(value: object, name: str) -> str:
    if not isinstance(value, str) or (name not in _TRACE and _CONTROL.search(value)):
        raise BadEnvelope("malformed", name)
    if len(value) > MAX_HEADER_BYTES:
        raise BadEnvelope("too_long", name)
    return value


def _require_json(content_type: str, location: str) -> None:
    if (
        content_type
        and not content_type.startswith("application/json")
        and not _JSON_TYPE.fullmatch(content_type)
    ):
        raise BadEnvelope("unsupported", location)


def _envelope(attributes: Mapping[str, str], prefix: str) -> Envelope:
    for name in ("specversion", "id", "source", "type", "time"):
        if not attributes.get(name):
            raise BadEnvelope("missing", prefix + name)
    if attributes["specversion"] != "1.0":
        raise BadEnvelope("unsupported", prefix + "specversion")
    source = attributes["source"]
    own = source.startswith(OWN_SOURCES)
    traceparent = attributes.get("traceparent", "")
    traced = _TRACEPARENT.fullmatch(traceparent) is not None
    return Envelope(
        id=attributes["id"],
        source=source,
        type=attributes["type"],
        subject=attributes.get("subject", ""),
        time=_time(attributes["time"], prefix),
        sequence=_sequence(attributes.get("sequence"), prefix) if own else None,
        clock=read_clock(attributes.get("caseclock", "")) if own else {},
        correlation=attributes.get("correlationid") or None,
        causation=attributes.get("causationid") or None,
        traceparent=traceparent if traced else None,
        tracestate=_tracestate(attributes.get("tracestate", "")) if traced else None,
        schema=attributes.get("dataschema") or None,
    )


def _tracestate(text: str) -> str | None:
    return text if text and len(text) <= 512 and text.isascii() and text.isprintable() else None


def _time(text: str, prefix: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise BadEnvelope("without_zone", f"{prefix}time")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadEnvelope):
            raise
        raise BadEnvelope("malformed", f"{prefix}time") from error


def _sequence(text: str | None, prefix: str) -> int | None:
    if text is None:
        return None
    if not _is_number(text) or int(text) < 1:
        raise BadEnvelope("malformed", f"{prefix}sequence")
    return int(text)


def _is_number(text: str) -> bool:
    """Digits 0 to 9 only, and few enough for a 64-bit integer."""
    return len(text) <= 18 and text.isascii() and text.isdigit()
