"""Case numbers: read aloud, typed by hand, and a mistake is noticed."""

from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.domain.reference import ALPHABET, case_no_of, read_case_no

CASE_NOS = st.uuids().map(case_no_of)
CHARACTERS = st.sampled_from(ALPHABET)


def test_a_case_number_is_short_and_grouped() -> None:
    case_no = case_no_of(UUID("01930000-0000-7000-8000-000000000001"))
    assert len(case_no) == len("C-7K4M-2Q9D-5")
    assert read_case_no(case_no) == case_no


@given(CASE_NOS, st.integers(min_value=0, max_value=8), CHARACTERS)
def test_a_single_wrong_character_is_noticed(case_no: str, place: int, wrong: str) -> None:
    plain = list(case_no.removeprefix("C").replace("-", ""))
    assume(plain[place] != wrong)
    plain[place] = wrong
    assert read_case_no("".join(plain)) is None


@given(CASE_NOS, st.integers(min_value=0, max_value=8), st.integers(min_value=0, max_value=8))
def test_two_swapped_characters_are_noticed(case_no: str, one: int, other: int) -> None:
    plain = list(case_no.removeprefix("C").replace("-", ""))
    assume(plain[one] != plain[other])
    plain[one], plain[other] = plain[other], plain[one]
    assert read_case_no("".join(plain)) is None


@given(CASE_NOS, st.sampled_from(["{}", " {} ", "{} "]), st.booleans())
def test_spaces_dashes_and_small_letters_are_forgiven(case_no: str, around: str, small: bool) -> None:
    typed = around.format(case_no.replace("-", " ").lower() if small else case_no.replace("-", ""))
    assert read_case_no(typed) == case_no


@given(st.text(max_size=20))
def test_anything_else_is_no_case_number(text: str) -> None:
    read = read_case_no(text)
    assert read is None or read_case_no(read) == read


@given(st.uuids())
def test_a_taken_number_gives_way_to_another(case_id: UUID) -> None:
    assert case_no_of(case_id, 0) != case_no_of(case_id, 1)
