import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.inputs import Picture
from services.chassis.pictures import read_etag

number = st.integers(0, 10**9 - 1)


@given(st.builds(Picture, number, number, number))
def test_an_etag_that_comes_back_names_the_same_picture(picture: Picture) -> None:
    assert read_etag(picture.etag) == picture
    assert read_etag(f"W/{picture.etag}") == picture


@pytest.mark.parametrize("etag", ["", "*", "1.1.1", '"1.1"', '"1.1.1", "2.1.1"', '"-1.1.1"', '"١.1.1"x'])
def test_what_we_never_answered_is_no_etag(etag: str) -> None:
    assert read_etag(etag) is None
