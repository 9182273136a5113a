"""The envelope: what is written can be read, and what others write is read as far as the standard allows."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary, to_structured
from cloudevents.core.formats.base import Format
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.envelope import (
    MAX_HEADER_BYTES,
    BadEnvelope,
    Envelope,
    from_record,
    read_clock,
    schema_uri,
    service_of,
    to_headers,
    write_clock,
    write_time,
)

CASE = "019aa5d1-2c40-7a31-9f10-5b6e0c1d4821"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AT = datetime(2026, 11, 21, 9, 12, 4, 310_000, tzinfo=UTC)
ENVELOPE = Envelope(
    id="019aa5d1-8d30-7e52-a004-3b1f7c92e550",
    source="/ciclo/warranty@2",
    type="ciclo.replacement.approved.v1",
    subject=CASE,
    time=AT,
    sequence=3,
    clock={"intake": 3, "routing": 12},
    correlation=CASE,
    causation="019aa5d1-5511-7001-8000-00000000aaaa",
    traceparent=TRACE,
    tracestate="vendor=1",
    schema=schema_uri("ciclo.replacement.approved.v1"),
)

printable = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=60)
moments = st.datetimes(timezones=st.just(UTC))
sources = st.from_regex(r"[a-z]{1,12}(@[1-9])?", fullmatch=True)
clocks = st.dictionaries(sources, st.integers(1, 10**12), max_size=5)
ids = st.uuids().map(str)
envelopes = st.builds(
    Envelope,
    id=printable,
    source=sources.map("/ciclo/{}".format),
    type=printable,
    subject=ids,
    time=moments,
    sequence=st.none() | st.integers(1, 10**12 - 1),
    clock=clocks,
    correlation=st.none() | ids,
    causation=st.none() | ids,
    traceparent=st.none() | st.just(TRACE),
    tracestate=st.none(),
    schema=st.none() | printable,
).map(lambda drawn: drawn if drawn.sequence is not None else replace(drawn, clock={}))


def structured(**changes: object) -> tuple[list[tuple[str, bytes | None]], bytes]:
    """A record in structured mode; a None takes the attribute away."""
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": "cast-norte-7",
        "source": "https://cast.example/workshop",
        "type": "ciclo.workshop.reported.v1",
        "subject": CASE,
        "time": "2026-11-21T09:12:04.31Z",
        "datacontenttype": "application/json",
        "data": {"repair_no": "R-1"},
    }
    document = {name: value for name, value in {**document, **changes}.items() if value is not None}
    return [("content-type", b"application/cloudevents+json; charset=utf-8")], json.dumps(document).encode()


def binary(**changes: bytes | None) -> list[tuple[str, bytes | None]]:
    """The headers of ENVELOPE with some replaced (ce_time -> `ce_time=`); a None takes the header away."""
    headers = dict(to_headers(ENVELOPE)) | {
        name.replace("content_", "content-"): changes[name] for name in changes
    }
    return [(name, value) for name, value in headers.items() if value is not None]


def code_of(headers: list[tuple[str, bytes | None]], value: bytes | None = b"{}") -> tuple[str, str]:
    with pytest.raises(BadEnvelope) as caught:
        from_record(headers, value)
    return caught.value.code, caught.value.location


@given(envelope=envelopes, data=st.binary(max_size=50))
def test_an_envelope_comes_back_from_its_headers_as_it_was_written(envelope: Envelope, data: bytes) -> None:
    assert from_record(to_headers(envelope), data) == (envelope, data)


@given(clock=clocks)
def test_a_clock_comes_back_as_it_was_written(clock: dict[str, int]) -> None:
    assert read_clock(write_clock(clock)) == clock


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in to_headers(ENVELOPE)]), st.none() | st.binary(max_size=40)
        ),
        max_size=16,
    ),
    value=st.none() | st.binary(max_size=60),
)
def test_no_record_makes_the_reader_fail_in_another_way_than_with_a_code(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    with contextlib.suppress(BadEnvelope):
        from_record(headers, value)


@given(value=st.binary(max_size=80) | st.recursive(st.integers(), st.lists).map(repr).map(str.encode))
def test_no_structured_document_makes_the_reader_fail_in_another_way_than_with_a_code(value: bytes) -> None:
    with pytest.raises(BadEnvelope):
        from_record([("content-type", b"application/cloudevents+json")], value)


def test_the_headers_are_what_the_architecture_says() -> None:
    headers = dict(to_headers(ENVELOPE))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_time"] == b"2026-11-21T09:12:04.310000Z"
    assert headers["ce_sequence"] == b"000000000003"
    assert headers["ce_caseclock"] == b"intake:3,routing:12"
    assert headers["ce_partitionkey"] == headers["ce_subject"] == headers["ce_correlationid"] == CASE.encode()
    assert headers["content-type"] == b"application/json; charset=utf-8"
    assert headers["traceparent"] == TRACE.encode()
    assert UUID(headers["ce_id"].decode()).version == 7


def test_source_names_carry_the_epoch_and_services_do_not() -> None:
    assert ENVELOPE.source_name == "warranty@2"
    assert service_of(ENVELOPE.source_name) == "warranty"
    assert service_of("intake") == "intake"


def test_the_cloudevents_sdk_reads_what_ciclo_writes() -> None:
    message = KafkaMessage(headers=dict(to_headers(ENVELOPE)), key=CASE, value=b'{"remedy_no": 1}')
    event = from_binary(message, JSONFormat(), CloudEvent)
    assert event.get_id() == ENVELOPE.id
    assert event.get_source() == ENVELOPE.source
    assert event.get_type() == ENVELOPE.type
    assert event.get_subject() == CASE
    assert event.get_time() == AT
    assert event.get_extension("sequence") == "000000000003"
    assert event.get_extension("partitionkey") == CASE
    assert event.get_data() == {"remedy_no": 1}


@pytest.mark.parametrize("mode", [to_binary, to_structured], ids=["binary", "structured"])
def test_what_the_cloudevents_sdk_writes_is_read(mode: Callable[[CloudEvent, Format], KafkaMessage]) -> None:
    attributes = {
        "id": "cast-norte-7",
        "source": "https://cast.example/workshop",
        "type": "ciclo.workshop.reported.v1",
        "specversion": "1.0",
        "subject": CASE,
        "time": AT,
        "datacontenttype": "application/json",
        "traceparent": TRACE,
        "partitionkey": "R-1",
    }
    message = mode(CloudEvent(attributes, {"repair_no": "R-1"}), JSONFormat())
    headers = [*message.headers.items(), ("traceparent", TRACE.encode())]
    envelope, data = from_record(headers, message.value)
    assert json.loads(data) == {"repair_no": "R-1"}
    assert envelope == Envelope(
        id="cast-norte-7",
        source="https://cast.example/workshop",
        type="ciclo.workshop.reported.v1",
        subject=CASE,
        time=AT,
        traceparent=TRACE,
    )


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time"])
def test_a_missing_attribute_is_named(name: str) -> None:
    assert code_of(binary(**{f"ce_{name}": None})) == ("missing", f"ce_{name}")
    assert code_of(binary(**{f"ce_{name}": b""})) == ("missing", f"ce_{name}")
    headers, value = structured(**{name: None})
    assert code_of(headers, value) == ("missing", name)


def test_a_repeated_attribute_is_refused_because_nobody_can_say_which_holds() -> None:
    assert code_of([*binary(), ("ce_id", b"another")]) == ("repeated", "ce_id")
    assert code_of([*binary(), ("CE_ID", b"another")]) == ("repeated", "ce_id")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ce_id": b"\xff\xfe"}, ("not_utf8", "ce_id")),
        ({"ce_id": b"x" * (MAX_HEADER_BYTES + 1)}, ("too_long", "ce_id")),
        ({"ce_id": b"a\x00b"}, ("malformed", "ce_id")),
        ({"ce_subject": b"a\nb"}, ("malformed", "ce_subject")),
        ({"ce_specversion": b"0.3"}, ("unsupported", "ce_specversion")),
        ({"ce_time": b"yesterday"}, ("malformed", "ce_time")),
        ({"ce_time": b"2026-11-21T09:12:04"}, ("without_zone", "ce_time")),
        ({"ce_time": b"2026-11-21"}, ("without_zone", "ce_time")),
        ({"ce_time": b"0001-01-01T00:00:00+14:00"}, ("malformed", "ce_time")),
        ({"ce_sequence": b"0"}, ("malformed", "ce_sequence")),
        ({"ce_sequence": b"-1"}, ("malformed", "ce_sequence")),
        ({"ce_sequence": b""}, ("malformed", "ce_sequence")),
        ({"ce_sequence": "٣".encode()}, ("malformed", "ce_sequence")),
        ({"ce_sequence": b"9" * 19}, ("malformed", "ce_sequence")),
        ({"ce_caseclock": b"intake"}, ("malformed", "ce_caseclock")),
        ({"ce_caseclock": b":3"}, ("malformed", "ce_caseclock")),
        ({"ce_caseclock": b"intake:-3"}, ("malformed", "ce_caseclock")),
        ({"ce_caseclock": b"intake:3,intake:4"}, ("malformed", "ce_caseclock")),
        ({"ce_caseclock": b"intake:3,,routing:1"}, ("malformed", "ce_caseclock")),
        ({"content_type": b"application/avro"}, ("unsupported", "content-type")),
        ({"content_type": b"application/cloudevents-batch+json"}, ("unsupported", "content-type")),
        ({"content_type": b"application/cloudevents+avro"}, ("unsupported", "content-type")),
    ],
)
def test_a_malformed_attribute_is_refused_with_its_place_and_without_its_value(
    changes: dict[str, bytes], code: tuple[str, str]
) -> None:
    assert code_of(binary(**changes)) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, ("malformed_json", "value")),
        (b"", ("malformed_json", "value")),
        (b"{", ("malformed_json", "value")),
        (b'{"a": NaN}', ("malformed_json", "value")),
        (b"[" * 10_000, ("malformed_json", "value")),
        (b"\xff", ("malformed_json", "value")),
        (b"[]", ("not_an_object", "value")),
        (structured(data_base64="AAAA")[1], ("unsupported", "data_base64")),
        (structured(datacontenttype="text/xml")[1], ("unsupported", "datacontenttype")),
        (structured(id=7)[1], ("malformed", "id")),
        (structured(id="x" * (MAX_HEADER_BYTES + 1))[1], ("too_long", "id")),
        (structured(subject="a\u0000b")[1], ("malformed", "subject")),
        (structured(time="soon")[1], ("malformed", "time")),
    ],
)
def test_a_malformed_document_is_refused_with_its_place(value: bytes | None, code: tuple[str, str]) -> None:
    assert code_of(structured()[0], value) == code


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"application/json",
        b"Application/JSON;charset=UTF-8",
        b"text/json",
        b"application/vnd.cast+json",
    ],
)
def test_any_name_for_json_will_do(content_type: bytes | None) -> None:
    assert from_record(binary(content_type=content_type), b"{}")[0] == ENVELOPE


@pytest.mark.parametrize(
    "written",
    [b"2026-11-21T10:12:04.310+01:00", b"2026-11-21T09:12:04.310000999Z", b"2026-11-21T09:12:04.31Z"],
)
def test_times_of_any_zone_and_precision_are_read_as_utc(written: bytes) -> None:
    assert from_record(binary(ce_time=written), b"{}")[0].time == AT


@pytest.mark.parametrize(
    "traceparent",
    [
        b"",
        b"nonsense",
        b"\xff",
        TRACE.upper().encode(),
        b"ff" + TRACE[2:].encode(),
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-" + b"0" * 16 + b"-01",
        TRACE.encode() + b"\n",
    ],
)
def test_a_broken_trace_never_costs_the_customer_the_event(traceparent: bytes) -> None:
    envelope, _ = from_record(binary(traceparent=traceparent), b"{}")
    assert (envelope.traceparent, envelope.tracestate) == (None, None)
    assert envelope.id == ENVELOPE.id


def test_a_trace_header_that_was_added_twice_never_costs_the_customer_the_event() -> None:
    assert from_record([*binary(), ("traceparent", TRACE.encode())], b"{}")[0] == ENVELOPE


def test_headers_that_are_not_ciclos_are_not_looked_at() -> None:
    strange: list[tuple[str, bytes | None]] = [("ce_vendor", b"\xff" * 9_000), ("x", None), ("x", b"\xff")]
    assert from_record([*strange, *binary(), *strange], b"{}")[0] == ENVELOPE


def test_another_systems_sequence_is_its_own_matter() -> None:
    headers = binary(ce_source=b"https://cast.example", ce_sequence=b"abc", ce_caseclock=b"?")
    envelope, _ = from_record(headers, b"{}")
    assert envelope.sequence is None
    assert envelope.clock == {}


def test_a_record_without_a_value_still_has_its_envelope_so_that_no_sequence_is_lost() -> None:
    assert from_record(binary(), None) == (ENVELOPE, b"")
    headers, value = structured(data=None)
    assert from_record(headers, value)[1] == b""


def test_a_moment_without_a_zone_is_never_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        write_time(datetime(2026, 11, 21, 9, 0))  # noqa: DTZ001
    assert (
        write_time(datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1))))
        == "2026-11-21T09:00:00.000000Z"
    )
