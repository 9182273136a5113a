"""What the page of a story says and draws: times, codes, places on an axis; nothing that says who it is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ciclo_schemas.publish import examples_of
from ciclo_schemas.registry import EVENTS
from ciclo_schemas.values import Language, WaitName
from services.intake.domain.records import CaseRow
from services.intake.domain.timeline import read_back
from services.intake.domain.waiting import WaitedFor
from services.intake.routes.page.render import Pages
from services.intake.routes.story.drawing import Axis
from services.intake.routes.story.facts import facts_of
from services.intake.routes.story.showing import shown
from services.intake.routes.story.words import length_of, moment_of
from services.intake.views import CaseView
from tests.support.long_case import CASE_NO, CUSTOMER_REF, DAY, START, TEXT_REF, UNIT, long_case
from tests.unit.intake.test_api_description import SETTINGS

CASE = UUID("01930000-0000-7000-8000-000000000001")
TRACES = "https://traces.example/trace/{trace_id}"
PAGES = Pages.load()
TOLD_NOWHERE = ("cus_", "txt_", "att_", UNIT, "28013", "TV-5500", "FR-2040", "product unit", "external ref")


def page(legs: int = 12, language: Language = Language.EN, trace_url: str = TRACES, days: int = 30) -> str:
    case = CaseRow(CASE, CASE_NO, CUSTOMER_REF, "es", START)
    view = CaseView(case, read_back(long_case(CASE, legs)), "", None)
    values = {"here": "/story/token"} | shown(view, START + days * DAY, trace_url, language)
    return bytes(PAGES.page("story", language, values).body).decode()


@pytest.mark.parametrize("language", [Language.ES, Language.EN, Language.PT])
def test_a_story_tells_nothing_of_who_the_customer_is(language: Language) -> None:
    html = page(language=language)
    assert CASE_NO in html
    for forbidden in (*TOLD_NOWHERE, CUSTOMER_REF, TEXT_REF):
        assert forbidden not in html


@pytest.mark.parametrize("model", EVENTS.values(), ids=lambda model: model.event_type)
def test_no_event_tells_a_reference_a_serial_number_or_a_postcode(model: type) -> None:
    for text in examples_of(model.event_type).values():  # type: ignore[attr-defined]
        told = str(facts_of(model.read(text), Language.EN))  # type: ignore[attr-defined]
        assert not [forbidden for forbidden in TOLD_NOWHERE if forbidden in told]


def test_every_wait_that_events_name_has_a_name_on_the_page() -> None:
    assert {name.value for name in WaitName} <= set(WaitedFor)


def test_each_leg_leads_to_its_trace_in_the_back_end_if_there_is_one() -> None:
    traced = page()
    for leg in range(1, 13):
        trace_id = f"{CASE.int % 2**64:016x}{leg:016x}"
        assert f'href="https://traces.example/trace/{trace_id}"' in traced
    untraced = page(trace_url="")
    assert "traces.example" not in untraced
    assert f'<code class="soft">{CASE.int % 2**64:016x}{1:016x}</code>' in untraced


def test_what_is_drawn_is_written_too() -> None:
    html = page()
    for written in (
        "6 d 23 h",
        "33%",
        "+431 ms",
        "21 d 3 h",
        "1 d 18 h to spare",
        "before: 16 Oct 2026",
    ):
        assert written in html, written
    assert "style=" not in html.replace('rel="stylesheet"', "")


def test_an_open_case_says_for_whom_it_waits_and_until_when() -> None:
    html = page(legs=8, days=13)
    assert "Waiting for:" in html
    assert "(SP-MADRID; until 21 Oct 2026, 08:41)" in html
    assert "and still waiting for" in html


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(), "0 ms"),
        (timedelta(milliseconds=431), "431 ms"),
        (timedelta(seconds=1.44), "1,4 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=2, seconds=5), "2 min 5 s"),
        (timedelta(hours=5, minutes=12, seconds=50), "5 h 12 min"),
        (timedelta(days=21, hours=3), "21 d 3 h"),
        (timedelta(days=1, seconds=-0.2), "1 d"),
    ],
)
def test_lengths_are_said_in_their_two_largest_units(time: timedelta, said: str) -> None:
    assert length_of(time, Language.ES) == said


def test_moments_are_said_in_utc_in_the_readers_language() -> None:
    noon = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
    assert [moment_of(noon, one) for one in (Language.ES, Language.EN)] == [
        "5 dic 2026, 12:00",
        "5 Dec 2026, 12:00",
    ]


@given(
    length=st.timedeltas(timedelta(0), timedelta(days=4000)),
    moments=st.lists(st.timedeltas(timedelta(days=-10), timedelta(days=5000)), min_size=2, max_size=2),
)
def test_whatever_is_drawn_stands_inside_the_drawing(length: timedelta, moments: list[timedelta]) -> None:
    axis = Axis(START, START + length)
    start, end = sorted(START + moment for moment in moments)
    bar = axis.bar("kept", start, end)
    assert 0 <= bar.x <= 100
    assert bar.width >= 0.4
    assert bar.x + bar.width <= 100.01
    ticks = axis.ticks()
    assert len(ticks) <= 7
    assert all(START <= tick.moment <= axis.end for tick in ticks)


@pytest.mark.parametrize("address", ["http://jaeger.example/trace/", "javascript:{trace_id}", "{trace_id}"])
def test_an_address_that_leads_to_no_trace_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValidationError):
        type(SETTINGS)(**SETTINGS.model_dump() | {"trace_url": address})
