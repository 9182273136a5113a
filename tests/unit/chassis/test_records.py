"""A record of Kafka is always read: as an input, as a dead letter, or as a rejection."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from ciclo_schemas.cases import CaseHumanRequested
from ciclo_schemas.inbound import LogisticsScanned, ScanKind, WorkshopReported
from services.chassis.codec import fields_at_fault
from services.chassis.decider import Origin
from services.chassis.records import MAX_VALUE_BYTES, RecordReader
from tests.support.engine_world import NOW, human_of, subject
from tests.support.replica import record

READER = RecordReader({LogisticsScanned: lambda scan: scan.case}, "test-1.")
SECRET = "Doña Inés"


@dataclass
class Record:
    """What a consumer hands over."""

    topic: str
    headers: Sequence[tuple[str, bytes]] | None
    value: bytes | None
    partition: int = 3
    offset: int = 17


def own(**changed: bytes | None) -> Record:
    """A good record of intake, with headers changed or (None) left out."""
    sent = record(1, "intake", 4, human_of(), {"routing": 2})
    headers = {name: value for name, value in (dict(sent.headers) | changed).items() if value is not None}
    return Record("test-1.ciclo.cases.v1", tuple(headers.items()), sent.value)


def scan(publisher: str = "seur", shipment: str = "S-1", **headers: bytes) -> Record:
    """A good record of logistics."""
    data = LogisticsScanned(
        publisher=publisher,
        case=subject(1),
        remedy_no=1,
        shipment=shipment,
        kind=ScanKind.DELIVERED,
        happened_at=NOW,
    )
    attributes = {
        "ce_specversion": b"1.0",
        "ce_id": b"scan 1",
        "ce_source": b"/seur",
        "ce_type": data.event_type.encode(),
        "ce_time": b"2026-11-21T09:00:00Z",
    }
    return Record("test-1.ciclo.inbound.logistics.v1", tuple((attributes | headers).items()), data.write())


def test_an_event_of_ours_is_read_with_its_place_in_the_order_of_its_case() -> None:
    read = READER.read(own())
    assert (read.subject, read.origin, read.source, read.sequence) == (subject(1), Origin.EVENT, "intake", 4)
    assert isinstance(read.data, CaseHumanRequested)
    assert read.clock == {"routing": 2}
    assert (read.error, read.refusal, read.business_key) == (None, None, None)
    assert read.position is not None
    assert read.position.topic == "ciclo.cases.v1"


def test_an_event_of_a_newer_release_counts_though_its_type_is_unknown() -> None:
    read = READER.read(own(ce_type=b"ciclo.case.sung.v1"))
    assert (read.data, read.error, read.sequence) == (None, None, 4)


def test_an_event_whose_data_does_not_fit_fails_at_its_place_in_the_order() -> None:
    read = READER.read(replace(own(), value=json.dumps({"channel": 7, "name": SECRET}).encode()))
    assert (read.subject, read.sequence) == (subject(1), 4)
    assert read.error == "channel: enum; reported_at: missing"


@pytest.mark.parametrize(
    ("value", "error"),
    [(b"\xff", "not_utf8 at value"), (b"x" * (MAX_VALUE_BYTES + 1), "too_long at value")],
)
def test_a_value_that_cannot_be_read_keeps_its_place_in_the_order_of_its_case(
    value: bytes, error: str
) -> None:
    read = READER.read(replace(own(), value=value))
    assert (read.error, read.subject, read.sequence) == (error, subject(1), 4)
    assert read.raw


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (own(ce_sequence=None), "missing at ce_sequence"),
        (own(ce_source=b"/other/system"), "missing at ce_sequence"),
        (own(ce_subject=None), "malformed at ce_subject"),
        (own(ce_id=b"7"), "malformed at ce_id"),
        (replace(own(), headers=None), "malformed at headers"),
        (replace(own(), headers=()), "missing at ce_specversion"),
    ],
)
def test_a_record_without_a_place_in_any_order_blocks_no_case_and_is_known_when_it_comes_again(
    bad: Record, error: str
) -> None:
    read, again = READER.read(bad), READER.read(bad)
    assert read.error == error
    assert read.subject != subject(1)
    assert read.sequence is None
    assert read.business_key is not None
    assert (read.subject, read.id, read.business_key) == (again.subject, again.id, again.business_key)
    assert READER.read(replace(bad, offset=18)).business_key != read.business_key


def test_a_record_of_another_system_is_unique_by_its_business_key_not_by_its_id() -> None:
    first, second = READER.read(scan()), READER.read(replace(scan(ce_id=b"scan 2"), offset=18))
    assert first.origin is Origin.INBOUND
    assert first.business_key == second.business_key
    assert (first.label, second.label) == ("scan 1", "scan 2")


def test_names_with_slashes_do_not_make_two_business_keys_one() -> None:
    keys = {READER.read(scan("a/b", "c")).business_key, READER.read(scan("a", "b/c")).business_key}
    assert len(keys) == 2


def test_what_another_system_calls_its_sequence_is_not_taken_for_ours() -> None:
    read = READER.read(scan(ce_sequence=b"9", ce_caseclock=b"intake:9"))
    assert (read.source, read.sequence, read.clock) == (None, None, {})


@pytest.mark.parametrize(
    ("bad", "code", "locations"),
    [
        (scan(ce_type=b"seur.poem.v1"), "unknown_type", ("ce_type",)),
        (scan(ce_type=WorkshopReported.event_type.encode()), "unknown_type", ("ce_type",)),
        (replace(scan(), topic="test-1.ciclo.inbound.workshops.v1"), "unknown_type", ("ce_type",)),
        (scan(ce_type=CaseHumanRequested.event_type.encode()), "unknown_type", ("ce_type",)),
        (scan(shipment="S-1", ce_time=b"noon"), "malformed", ("ce_time",)),
        (replace(scan(), value=b"{"), "invalid", ("value",)),
        (replace(scan(), value=None), "invalid", ("value",)),
        (replace(scan(), value=b"x" * (MAX_VALUE_BYTES + 1)), "too_long", ("value",)),
        (replace(scan(), headers=None), "malformed", ("headers",)),
    ],
)
def test_a_record_of_another_system_that_cannot_be_taken_is_rejected_with_code_and_place(
    bad: Record, code: str, locations: tuple[str, ...]
) -> None:
    read = READER.read(bad)
    assert read.refusal is not None
    assert (read.refusal.code, read.refusal.locations) == (code, locations)
    assert read.business_key == READER.read(bad).business_key


def test_a_name_that_the_sender_made_up_is_not_repeated_in_a_rejection() -> None:
    class Answers(BaseModel):
        answers: dict[str, int]

    with pytest.raises(ValidationError) as raised:
        Answers.model_validate({"answers": {SECRET: "x", "a.b": "x", "second": "x"}})
    assert fields_at_fault(raised.value) == ("answers.?", "answers.second")


def test_what_no_reader_foresaw_is_rejected_too_and_holds_up_nobody() -> None:
    def no_aggregate(_scan: LogisticsScanned) -> UUID:
        raise RuntimeError("a bug")

    read = RecordReader({LogisticsScanned: no_aggregate}, "test-1.").read(scan())
    assert read.refusal is not None
    assert (read.refusal.code, read.refusal.locations) == ("unreadable", ("value",))


names = st.sampled_from([name for name, _ in own().headers or ()] + ["ce_correlationid", "traceparent", "x"])
headers = st.lists(st.tuples(names, st.one_of(st.binary(max_size=40), st.just(SECRET.encode()))), max_size=14)
values = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.just(SECRET), st.text(max_size=5)),
        lambda inner: (
            st.dictionaries(st.sampled_from(["case", "kind", "channel", "publisher"]), inner)
            | st.lists(inner, max_size=3)
        ),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(headers=headers, value=values, good=st.sampled_from([own(), scan()]), keep=st.booleans())
def test_whatever_a_record_holds_it_is_read_and_no_complaint_repeats_it(
    headers: list[tuple[str, bytes]], value: bytes | None, good: Record, keep: bool
) -> None:
    changed = dict(headers)
    kept = [(name, changed.pop(name, old)) for name, old in good.headers or ()] if keep else []
    read = READER.read(replace(good, headers=(*kept, *changed.items()), value=value))
    assert isinstance(read.subject, UUID)
    complaint = f"{read.error} {read.refusal}"
    assert SECRET not in complaint
    if read.error is None and read.refusal is None and read.origin is Origin.INBOUND:
        assert read.data is not None
