"""The breaker stops a bad release, not a poisoned case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.breaker import Breaker, BreakerOpen


def test_a_release_that_fails_on_everything_is_stopped_before_anything_is_kept() -> None:
    breaker = Breaker()
    with pytest.raises(BreakerOpen, match="500 of the last 500 inputs failed"):
        breaker.check(500, 500)


def test_a_few_poisoned_cases_are_not_enough_even_if_nothing_else_comes() -> None:
    breaker = Breaker(least=20)
    for _ in range(19):
        breaker.check(1, 1)
        breaker.keep(1, 1)
    with pytest.raises(BreakerOpen):
        breaker.check(1, 1)


def test_many_poisoned_cases_among_many_good_ones_are_dead_letters_one_by_one() -> None:
    breaker = Breaker()
    for _ in range(50):
        breaker.check(100, 50)
        breaker.keep(100, 50)


def test_good_inputs_pass_an_open_breaker_and_close_it() -> None:
    breaker = Breaker(window=100, least=10)
    breaker.keep(10, 10)
    breaker.keep(10, 9)
    with pytest.raises(BreakerOpen):
        breaker.check(1, 1)
    breaker.check(200, 0)
    breaker.keep(200, 0)
    breaker.check(30, 20)


@given(st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=40))
def test_it_judges_by_the_last_window_of_inputs_and_no_older_ones(batches: list[tuple[int, int]]) -> None:
    """Whole batches are remembered: as few of the latest as make up the window."""
    breaker, kept = Breaker(window=50, least=10, share=0.5), list[tuple[int, int]]()
    for total, dead in batches:
        recent: list[tuple[int, int]] = []
        for batch in reversed(kept):
            if sum(one[0] for one in recent) >= 50:
                break
            recent.append(batch)
        all_dead = dead + sum(one[1] for one in recent)
        opens = dead > 0 and all_dead >= 10 and all_dead > (total + sum(one[0] for one in recent)) / 2
        if opens:
            with pytest.raises(BreakerOpen):
                breaker.check(total, dead)
            continue
        breaker.check(total, dead)
        breaker.keep(total, dead)
        kept.append((total, dead))
