"""How recovery is measured."""

from tests.drills.recovery import Recovery, Round, recovery


def steady(begin: int, end: int, each: int = 10) -> list[tuple[float, int]]:
    return [(float(at), each) for at in range(begin, end)]


ROUND = Round(control=0, after=100, length=20)


def test_as_before_is_a_ratio_of_one_at_once() -> None:
    steps = steady(0, 20) + steady(100, 120)
    assert recovery(steps, [ROUND]) == Recovery(1.0, 0.0, 10.0, 1, (1.0,))


def test_a_standstill_after_the_fault_counts_until_it_is_over() -> None:
    found = recovery(steady(0, 20) + steady(105, 120), [ROUND])
    assert found is not None
    assert found.ratio == 0.75
    assert found.seconds is not None
    assert 4 <= found.seconds <= 5


def test_what_was_held_up_and_is_made_up_for_counts_as_recovered() -> None:
    found = recovery(steady(0, 20) + steady(105, 110, 20) + steady(110, 120), [ROUND])
    assert found is not None
    assert found.ratio == 1.0


def test_who_never_reaches_the_old_rate_has_not_recovered() -> None:
    found = recovery(steady(0, 20) + steady(100, 120, 5), [ROUND])
    assert found is not None
    assert (found.ratio, found.seconds) == (0.5, None)


def test_the_median_of_the_rounds_counts() -> None:
    rounds = [Round(at, at + 100, 20) for at in (0, 1000, 2000)]
    steps = [(at, each) for one in rounds for at, each in steady(int(one.control), int(one.control) + 20)]
    for one, each in zip(rounds, (10, 0, 9), strict=True):
        steps += steady(int(one.after), int(one.after) + 20, each)
    found = recovery(steps, rounds)
    assert found is not None
    assert found.ratio == 0.9


def test_without_anything_before_there_is_nothing_to_compare() -> None:
    assert recovery(steady(100, 120), [ROUND]) is None
