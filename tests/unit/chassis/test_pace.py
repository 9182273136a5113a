"""Batches are spaced out under load, and only then."""

from services.chassis.pace import BUSY_PER_SECOND, PAUSE_SECONDS, Pace


def pauses(records: int, every: float, batches: int) -> list[float]:
    pace, now, seen = Pace(0.0), 0.0, []
    for _ in range(batches):
        now += every
        seen.append(pace.pause(records, now))
    return seen


def test_a_single_case_never_waits() -> None:
    """Ten events within milliseconds are one case going through, not a load."""
    assert pauses(1, 0.003, 10) == [0.0] * 10
    assert pauses(10, 10.0, 5) == [0.0] * 5


def test_under_load_batches_are_spaced_out_until_it_is_over() -> None:
    assert pauses(3, 0.01, 300)[-1] == PAUSE_SECONDS
    pace = Pace(0.0)
    assert pace.pause(int(3 * BUSY_PER_SECOND), 1.0) == PAUSE_SECONDS
    assert pace.pause(1, 5.0) == 0.0
