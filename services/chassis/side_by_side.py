"""A large batch is applied in parts: while the database writes one of them, the next is decided."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.chassis.inputs import Input

PARTS: Final = 3
LEAST: Final = 100
"""How many inputs a part is worth its transaction with."""

Apply = Callable[[Sequence[Input]], Awaitable[object]]


def parts_of(inputs: Sequence[Input]) -> list[list[Input]]:
    """Parts of about the same size; all inputs of an aggregate are in one of them, in their order."""
    count = max(1, min(PARTS, len(inputs) // LEAST))
    parts: list[list[Input]] = [[] for _ in range(count)]
    for one in inputs:
        parts[one.subject.int % count].append(one)
    return [part for part in parts if part]


async def apply_in_parts(apply: Apply, inputs: Sequence[Input]) -> None:
    """Apply all of it, each part in a transaction of its own.

    Raises what a part raises, once all are over: the whole batch must come again then. What the others have
    stored is dropped as a duplicate.
    """
    applying = [apply(part) for part in parts_of(inputs)]
    for done in await asyncio.gather(*applying, return_exceptions=True):
        if isinstance(done, BaseException):
            raise done
