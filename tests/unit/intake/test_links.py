"""Signed links: whoever holds one opens its case for 90 days, and nobody makes or changes one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.intake.routes.links import GOOD_FOR, STORIES, STORY_GOOD_FOR, Links, Stale

LINKS = Links(b"a secret of thirty-two characters", "https://help.example")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CASE = UUID("01930000-0000-7000-8000-000000000001")


@given(case_id=st.uuids(), seconds=st.integers(0, 2_000_000_000))
def test_a_link_opens_its_case_for_ninety_days_and_then_no_more(case_id: UUID, seconds: int) -> None:
    made = NOW + timedelta(seconds=seconds)
    token = LINKS.token(case_id, made)
    assert LINKS.read(token, made) == case_id
    assert LINKS.read(token, made + GOOD_FOR) == case_id
    assert LINKS.read(token, made + GOOD_FOR + timedelta(days=1)) is Stale.EXPIRED


@given(first=st.integers(0, 86_399), second=st.integers(0, 86_399))
def test_a_mail_sent_again_on_the_same_day_has_the_same_link(first: int, second: int) -> None:
    day = NOW.replace(hour=0)
    tokens = {LINKS.token(CASE, day + timedelta(seconds=seconds)) for seconds in (first, second)}
    assert len(tokens) == 1
    last = day + GOOD_FOR + timedelta(days=1)
    assert LINKS.read(tokens.pop(), last - timedelta(seconds=1)) == CASE
    assert LINKS.token(CASE, day + timedelta(days=1)) != LINKS.token(CASE, day)


def test_a_link_to_a_story_ends_with_the_shift_not_with_the_day() -> None:
    links = Links(b"a secret of thirty-two characters", "https://help.example", STORIES)
    token = links.token(CASE, NOW)
    assert links.read(token, NOW + STORY_GOOD_FOR - timedelta(seconds=1)) == CASE
    assert links.read(token, NOW + STORY_GOOD_FOR) is Stale.EXPIRED


@given(place=st.integers(0, 47), character=st.characters(codec="ascii"))
def test_no_character_of_a_link_can_be_changed(place: int, character: str) -> None:
    token = LINKS.token(CASE, NOW)
    changed = token[:place] + character + token[place + 1 :]
    assert (LINKS.read(changed, NOW) == CASE) is (changed == token)


@given(st.text(max_size=80))
def test_what_is_no_link_is_said_to_be_none(text: str) -> None:
    assert LINKS.read(text, NOW) is Stale.INVALID


def test_a_link_of_another_secret_opens_nothing_even_when_it_would_have_expired() -> None:
    token = Links(b"another secret of 32 characters..", "https://help.example").token(CASE, NOW)
    assert LINKS.read(token, NOW) is Stale.INVALID
    assert LINKS.read(token, NOW + GOOD_FOR) is Stale.INVALID


def test_a_link_stands_under_the_public_address_and_shows_no_secret() -> None:
    url = LINKS.url(CASE, NOW)
    assert url == f"https://help.example/c/{LINKS.token(CASE, NOW)}"
    assert len(url.rpartition("/")[2]) == 48
    assert "thirty-two" not in repr(LINKS)
