import asyncio
from collections.abc import Iterator

from services.chassis.scraping import Look


async def test_what_hangs_is_asked_once_and_is_not_known_meanwhile() -> None:
    asked, go = 0, asyncio.Event()

    async def hang() -> int:
        nonlocal asked
        asked += 1
        await go.wait()
        return asked

    look = Look(hang)
    assert [await look.within(0.001) for _ in range(3)] == [None, None, None]
    assert asked == 1
    go.set()
    assert await look.within(1) == 1
    assert await look.within(1) == 2


async def test_what_fails_is_not_known_and_is_asked_again() -> None:
    answers: Iterator[Exception | int] = iter([OSError("gone"), 7])

    async def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    look = Look(ask)
    assert [await look.within(1), await look.within(1)] == [None, 7]


async def test_everybody_who_asks_at_once_gets_the_same_answer() -> None:
    numbers = iter(range(10))

    async def ask() -> int:
        await asyncio.sleep(0)
        return next(numbers)

    look = Look(ask)
    assert list(await asyncio.gather(look.within(1), look.within(1), look.within(1))) == [0, 0, 0]
