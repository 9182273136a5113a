"""Loops: woken at once, calm when idle, never dead, honest about their troubles."""

import asyncio
from collections.abc import Callable

import pytest

from services.chassis import loop as loop_module
from services.chassis.loop import Loop, backoff, place
from tests.support.waiting import until


class Recording(Loop):
    def __init__(self, turn: Callable[[int], float | None], *, rest: float = 30.0) -> None:
        super().__init__("recording", rest=rest)
        self._turns = turn
        self.turns = 0
        self.recovered = 0
        self.turned = asyncio.Event()

    async def turn(self) -> float | None:
        self.turns += 1
        try:
            return self._turns(self.turns)
        finally:
            self.turned.set()

    async def recover(self) -> None:
        self.recovered += 1

    async def next_turn(self) -> None:
        self.turned.clear()
        async with asyncio.timeout(5):
            await self.turned.wait()


async def test_a_wake_up_ends_a_pause_at_once() -> None:
    loop = Recording(lambda _: None)
    await loop.start()
    await loop.next_turn()
    loop.wake()
    await loop.next_turn()
    await loop.stop(1)
    assert loop.turns == 2


async def test_a_loop_with_more_to_do_goes_on_without_a_pause() -> None:
    loop = Recording(lambda n: 0 if n < 100 else None)
    await loop.start()
    await until(lambda: loop.turns >= 100, seconds=5)
    await loop.stop(1)


async def test_a_loop_that_fails_is_mended_and_goes_on() -> None:
    def turn(n: int) -> float | None:
        if n < 3:
            raise ConnectionError("the password is hunter2")
        return None

    loop = Recording(turn)
    await loop.start()
    async with asyncio.timeout(5):
        while loop.turns < 3:
            await loop.next_turn()
    assert loop.recovered == 2
    assert loop.problem() is None
    await loop.stop(1)


async def test_an_operator_is_told_what_fails_but_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "FAILING_AFTER_S", 0.0)

    def turn(_: int) -> float | None:
        raise ValueError("ana@example.com is not a number") from KeyError("ana@example.com")

    loop = Recording(turn)
    await loop.start()
    while loop.recovered < 1:
        await loop.next_turn()
    problem = loop.problem()
    await loop.stop(1)
    assert problem is not None
    assert "ValueError at test_loop.py" in problem
    assert "because of KeyError" in problem
    assert "ana@" not in problem


async def test_a_loop_that_hangs_is_reported_and_cut_when_the_service_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hanging(Loop):
        async def turn(self) -> float | None:
            await asyncio.Event().wait()
            return None

    monkeypatch.setattr(loop_module, "STUCK_AFTER_S", 0.0)
    loop = Hanging("hanging")
    assert loop.problem() == "not running"
    await loop.start()
    await until(lambda: (loop.problem() or "").startswith("stuck"), seconds=5)
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError, match="hanging was in the middle of its work"):
            await loop.stop(0.05)


async def test_a_turn_in_flight_is_finished_when_the_service_stops() -> None:
    done = []

    class Working(Loop):
        async def turn(self) -> float | None:
            begun.set()
            await asyncio.sleep(0.1)
            done.append(True)
            return None

        async def close(self) -> None:
            done.append(False)

    begun = asyncio.Event()
    loop = Working("working")
    await loop.start()
    await begun.wait()
    await loop.stop(5)
    assert done == [True, False]


def test_pauses_after_failures_double_up_to_the_longest_and_spread() -> None:
    for failures in range(1, 200):
        whole = min(60.0, 0.5 * 2.0 ** min(failures - 1, 30))
        assert whole / 2 <= backoff(failures, 0.5, 60.0) <= whole


def test_the_place_of_an_error_is_where_it_was_raised() -> None:
    with pytest.raises(ValueError, match="secret") as raised:
        int("secret")
    assert place(raised.value).startswith("ValueError at test_loop.py:")
    assert "secret" not in place(raised.value)
