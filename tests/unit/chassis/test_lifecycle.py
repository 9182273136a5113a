import asyncio

import pytest

from services.chassis.lifecycle import Lifecycle, patiently


class Piece:
    def __init__(self, name: str, happened: list[str], *, lasts: float = 0.0, fails: bool = False) -> None:
        self.name = name
        self.happened = happened
        self.lasts = lasts
        self.fails = fails
        self.grace: float | None = None

    async def start(self) -> None:
        self.happened.append(f"start {self.name}")
        if self.fails:
            raise OSError(self.name)

    async def stop(self, grace: float) -> None:
        self.grace = grace
        await asyncio.sleep(self.lasts)
        self.happened.append(f"stop {self.name}")

    def problem(self) -> str | None:
        return None


async def test_parts_stop_in_the_reverse_of_their_order_also_those_whose_start_failed() -> None:
    happened: list[str] = []
    lifecycle = Lifecycle()
    await lifecycle.start(Piece("pool", happened))
    with pytest.raises(OSError, match="relay"):
        await lifecycle.start(Piece("relay", happened, fails=True))
    assert await lifecycle.stop(5) == []
    assert happened == ["start pool", "start relay", "stop relay", "stop pool"]


async def test_a_part_that_hangs_is_cut_and_named_and_leaves_time_for_the_others() -> None:
    happened: list[str] = []
    lifecycle = Lifecycle()
    pool = Piece("pool", happened)
    for part in (pool, Piece("consumer", happened, lasts=3600)):
        await lifecycle.start(part)
    assert await lifecycle.stop(0.2) == ["consumer"]
    assert happened[-1] == "stop pool"
    assert pool.grace is not None
    assert 0 < pool.grace <= 0.1


async def test_an_unavailable_server_is_tried_until_it_answers() -> None:
    attempts = 0

    async def begin() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ConnectionRefusedError

    await patiently("database", begin, lambda error: isinstance(error, OSError))
    assert attempts == 3


async def test_a_failure_that_does_not_pass_by_itself_ends_the_start_at_once() -> None:
    async def begin() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await patiently("database", begin, lambda error: isinstance(error, OSError))
