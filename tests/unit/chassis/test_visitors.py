import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis import visitors
from services.chassis.visitors import BURST_SECONDS, Buckets, address_of


@given(
    rate=st.floats(0.1, 1000),
    pauses=st.lists(st.floats(0, 20), max_size=200),
)
def test_nobody_gets_more_than_his_burst_and_his_rate(rate: float, pauses: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now = 0.0
        patch.setattr(visitors, "seconds", lambda: now)
        buckets, passed = Buckets(rate), 0
        for pause in pauses:
            now += pause
            wait = buckets.take("a")
            passed += not wait
            if wait:
                assert wait <= 1 / rate
                now += wait * 1.001
                assert buckets.take("a") == 0, "come again when told to, and pass"
                passed += 1
        assert passed <= max(1, rate * BURST_SECONDS) + rate * now + 1e-6


def test_one_visitor_does_not_use_up_what_another_has() -> None:
    buckets = Buckets(0.1)
    assert [buckets.take("a") == 0, buckets.take("a") == 0, buckets.take("b") == 0] == [True, False, True]


def test_what_is_given_back_can_be_taken_again() -> None:
    buckets = Buckets(0.1)
    buckets.take("a")
    buckets.give_back("a")
    buckets.give_back("a")
    assert [buckets.take("a") == 0, buckets.take("a") == 0] == [True, False]


def test_a_crowd_of_addresses_does_not_fill_the_memory() -> None:
    buckets = Buckets(1, most=100)
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets._left) == 100


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("no:address", "no:address"),
    ],
)
def test_an_ipv6_visitor_is_his_network(host: str, counted: str) -> None:
    assert address_of({"client": (host, 1)}) == counted


def test_a_visitor_without_an_address_is_counted_too() -> None:
    assert address_of({"client": None}) == ""
