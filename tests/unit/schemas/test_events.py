"""Events: strict when written, tolerant of newer releases when read, never guessing."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ciclo_schemas import values
from ciclo_schemas.inbound import InboundEvent, WorkshopReported
from ciclo_schemas.notifications import NotificationSent
from ciclo_schemas.publish import json_schema
from ciclo_schemas.registry import EVENTS, Event, read_event, types_of
from ciclo_schemas.routing import CaseHeld, PromiseMade
from ciclo_schemas.topics import load_topics
from ciclo_schemas.values import Language, OpenEnum, Party, PartyKind, RemedyKind, WaitName, Window
from ciclo_schemas.warranty import CoverageAssessed, CoverageDates, Withheld
from tests.unit.schemas.examples import EXAMPLES

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def with_additions(value: Any, draw: st.DrawFn) -> Any:
    """The same JSON with fields of a newer release in every object, at every depth."""
    if isinstance(value, list):
        return [with_additions(each, draw) for each in value]
    if not isinstance(value, dict):
        return value
    names = st.text(min_size=1, max_size=8).map("new_{}".format)
    grown = {key: with_additions(each, draw) for key, each in value.items()}
    return {**grown, **draw(st.dictionaries(names, json_values, max_size=2))}


@st.composite
def grown_examples(draw: st.DrawFn) -> tuple[type[Event], str, str]:
    model, _, text = draw(st.sampled_from(EXAMPLES))
    return model, text, json.dumps(with_additions(json.loads(text), draw))


def assessed(**changes: Any) -> CoverageAssessed:
    given_fields: dict[str, Any] = {
        "assessment_no": 1,
        "window": Window.GUARANTEE,
        "basis": "legal_guarantee",
        "remedies_allowed": (RemedyKind.REPAIR,),
        "dates": CoverageDates(),
        "reasons": (),
        "assessed_by": values.DecidedBy.RULES,
    }
    return CoverageAssessed(**given_fields | changes)


def open_enums() -> list[type[OpenEnum]]:
    return OpenEnum.__subclasses__()


@given(grown=grown_examples())
def test_an_event_of_a_newer_release_reads_as_what_is_known_of_it(
    grown: tuple[type[Event], str, str],
) -> None:
    model, text, newer = grown
    assert model.read(newer) == model.read(text)


@given(garbage=json_values, example=st.sampled_from(EXAMPLES))
def test_a_field_of_another_shape_is_an_error_at_its_place(
    garbage: Any, example: tuple[type[Event], str, str]
) -> None:
    model, _, text = example
    fields = json.loads(text)
    for name in (name for name, value in fields.items() if not isinstance(value, dict)):
        with pytest.raises(ValidationError) as caught:
            model.read(json.dumps({**fields, name: {"other": garbage}}))
        assert {each["loc"][0] for each in caught.value.errors()} == {name}


@pytest.mark.parametrize("enum", open_enums(), ids=lambda enum: enum.__name__)
def test_a_value_of_a_newer_release_is_read_as_the_fallback(enum: type[OpenEnum]) -> None:
    assert enum("of_a_newer_release") is enum.fallback()
    assert enum.fallback() not in enum.written()
    no_text: Any = 7
    with pytest.raises(ValueError, match="7"):
        enum(no_text)


@pytest.mark.parametrize("enum", open_enums(), ids=lambda enum: enum.__name__)
def test_writing_looks_for_every_fallback(enum: type[OpenEnum]) -> None:
    assert enum.fallback() in {"unknown", "unrecognised"}


def test_a_value_of_a_newer_release_survives_reading_at_every_depth() -> None:
    text = assessed(withheld=(Withheld(remedy=RemedyKind.REFUND, reason="too_late"),)).write()
    newer = text.replace(b'"repair"', b'"upgrade"').replace(b'"refund"', b'"voucher"')
    event = CoverageAssessed.read(newer.replace(b'"guarantee"', b'"goodwill"'))
    assert event.window is Window.UNRECOGNISED
    assert event.remedies_allowed == (RemedyKind.UNKNOWN,)
    assert event.withheld[0].remedy is RemedyKind.UNKNOWN


@pytest.mark.parametrize(
    "event",
    [
        NotificationSent(
            template="receipt",
            cause="019aa5d1-8d30-7e52-a004-3b1f7c92e550",
            language=Language.UNKNOWN,
            sent_at=AT,
        ),
        CaseHeld(wait=WaitName.PART, owner=Party(kind=PartyKind.UNKNOWN, id="q"), deadline=AT),
        assessed(remedies_allowed=(RemedyKind.REPAIR, RemedyKind.UNKNOWN)),
        assessed(withheld=(Withheld(remedy=RemedyKind.UNKNOWN, reason="too_late"),)),
        assessed(window=Window.UNRECOGNISED),
    ],
    ids=["a field", "a record", "a list", "a record in a list", "a window"],
)
def test_what_only_readers_may_see_is_never_written(event: Event) -> None:
    with pytest.raises(ValueError, match="never written"):
        event.write()


def test_a_window_that_cannot_be_determined_is_said_and_read_as_unknown() -> None:
    event = assessed(window=Window.UNKNOWN, basis="unknown")
    assert CoverageAssessed.read(event.write()).window is Window.UNKNOWN


def test_a_field_that_a_writer_misspells_is_refused() -> None:
    with pytest.raises(ValidationError, match="remedies_alowed"):
        assessed(remedies_alowed=())


def test_a_moment_travels_in_utc_alone() -> None:
    promise: dict[str, Any] = {
        "promise_no": 1,
        "kind": "repair",
        "owner": Party(kind="queue", id="first_line"),
    }
    assert b'"due":"2026-11-21T09:00:00Z"' in PromiseMade(**promise, due=AT).write()
    for moment in (AT.replace(tzinfo=None), AT.astimezone(timezone(timedelta(hours=1)))):
        with pytest.raises(ValidationError, match="due"):
            PromiseMade(**promise, due=moment)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"remedy_no": "1"}, ("remedy_no", "int_type")),
        ({"remedy_no": True}, ("remedy_no", "int_type")),
        ({"remedy_no": 0}, ("remedy_no", "greater_than_equal")),
        ({"remedy_no": 2**40}, ("remedy_no", "less_than_equal")),
        ({"shipment": "a b"}, ("shipment", "string_pattern_mismatch")),
        ({"shipment": "LN-1\n"}, ("shipment", "string_pattern_mismatch")),
        ({"shipment": None}, ("shipment", "string_type")),
        ({"case": "C-1"}, ("case", "uuid_parsing")),
        ({"happened_at": 1_700_000_000}, ("happened_at", "datetime_type")),
        ({"happened_at": "2026-11-21T09:00:00"}, ("happened_at", "timezone_aware")),
    ],
)
def test_a_wrong_type_from_outside_is_told_by_its_place_and_kind(
    change: dict[str, Any], fault: tuple[str, str]
) -> None:
    model, _, text = next(each for each in EXAMPLES if each[0].event_type == "ciclo.logistics.scanned.v1")
    with pytest.raises(ValidationError) as caught:
        model.read(json.dumps({**json.loads(text), **change}))
    assert [(each["loc"], each["type"]) for each in caught.value.errors()] == [((fault[0],), fault[1])]


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 10_000])
def test_data_that_is_no_object_is_an_error_and_not_a_crash(data: bytes) -> None:
    with pytest.raises(ValidationError):
        WorkshopReported.read(data)


def test_a_type_of_a_newer_release_is_not_an_error() -> None:
    assert read_event("ciclo.case.teleported.v1", b"{}") is None


def test_every_inbound_record_has_a_business_key_that_names_its_kind_and_holds_no_empty_part() -> None:
    keys = {
        model.event_type: event.business_key()
        for model, _, text in EXAMPLES
        if isinstance(event := model.read(text), InboundEvent)
    }
    assert len({key[0] for key in keys.values()}) == len(keys) == 7
    assert all(all(key) for key in keys.values())


def test_a_workshop_that_reports_twice_has_reported_once_whoever_transmits_it() -> None:
    model, _, text = next(each for each in EXAMPLES if each[0] is WorkshopReported)
    again = json.loads(text) | {"publisher": "another-gateway", "happened_at": "2026-12-03T00:00:00Z"}
    first, second = model.read(text), model.read(json.dumps(again))
    assert isinstance(first, InboundEvent)
    assert isinstance(second, InboundEvent)
    assert first.business_key() == second.business_key()


def test_two_models_for_one_type_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="two models"):
        type("Again", (Event,), {"event_type": "ciclo.case.opened.v1", "__module__": __name__})


def test_types_follow_one_scheme_and_every_type_has_one_topic() -> None:
    assert all(name.startswith("ciclo.") and name.endswith(".v1") for name in EVENTS)
    topics = {model.topic for model in EVENTS.values()}
    assert sorted(name for topic in topics for name in types_of(topic)) == sorted(EVENTS)


def test_every_field_says_what_it_means() -> None:
    silent = [
        f"{name}.{field}"
        for name, model in EVENTS.items()
        for field, info in model.model_fields.items()
        if not info.description
    ]
    assert silent == []


def test_no_event_has_a_field_for_a_name_an_address_or_anybodys_words() -> None:
    personal = {
        "name",
        "email",
        "mail",
        "phone",
        "address",
        "street",
        "text",
        "note",
        "comment",
        "description",
    }
    named = {
        event: personal & _property_names(json_schema(model))
        for event, model in EVENTS.items()
        if load_topics()[model.topic].personal_data == "none"
    }
    assert {event: fields for event, fields in named.items() if fields} == {}


def _property_names(schema: Any) -> set[str]:
    """Every field of a schema, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(_property_names, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(_property_names, schema.values()))
