from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.ids import derived_id, new_id


def test_new_ids_are_time_ordered_even_within_a_millisecond() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert all(earlier < later for earlier, later in pairwise(ids))
    assert {one.version for one in ids} == {7}


def test_a_derived_id_is_the_same_in_every_process_for_ever() -> None:
    assert str(derived_id("product_unit", "acme", "SN-1")) == "682229ba-23fb-5b10-a13a-bea7305f20d8"


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_different_natural_keys_never_share_an_id(one: list[str], other: list[str]) -> None:
    assert (derived_id("unit", *one) == derived_id("unit", *other)) == (one == other)
