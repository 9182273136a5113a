import pytest

from services.chassis.crash_points import CrashPoint, armed, crash_point


def test_the_chosen_point_kills_at_the_asked_time_and_no_other_does(monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[int] = []
    monkeypatch.setattr("os._exit", died.append)
    reached = armed("relay_after_send:2")
    assert reached is not None
    for point in (CrashPoint.RELAY_AFTER_SEND, CrashPoint.RELAY_BEFORE_SEND, CrashPoint.ENGINE_AFTER_COMMIT):
        reached(point)
    assert died == []
    reached(CrashPoint.RELAY_AFTER_SEND)
    assert died == [137]
    reached(CrashPoint.RELAY_AFTER_SEND)
    assert died == [137]


def test_nothing_happens_unless_asked_for_and_a_wrong_name_is_an_error() -> None:
    assert armed("") is None
    crash_point(CrashPoint.ENGINE_AFTER_COMMIT)
    with pytest.raises(ValueError, match="is not a valid CrashPoint"):
        armed("relay_after_sned:1")
