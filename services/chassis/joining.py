"""Joins statements that write different rows into one: a round trip to PostgreSQL instead of several."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

Sent = tuple[str, tuple[Any, ...]]
"""A statement and its arguments."""

_PARAMETER = re.compile(r"\$(\d+)")


def joined(sent: Sequence[Sent]) -> Sent:
    """One statement that does what all of these do, in an order that PostgreSQL chooses.

    None sees what another writes (PostgreSQL: "Data-Modifying Statements in WITH"), so no two of them may
    touch the same row or claim the same key. Each takes as many arguments as its highest parameter.
    """
    if len(sent) == 1:
        return sent[0]
    return _text(tuple(text for text, _ in sent)), tuple(each for _, arguments in sent for each in arguments)


@lru_cache(maxsize=1024)
def _text(statements: Sequence[str]) -> str:
    parts, taken = [], 0
    for number, statement in enumerate(statements):
        shifted = _PARAMETER.sub(lambda found, before=taken: f"${before + int(found[1])}", statement)  # type: ignore[misc]
        parts.append(f"part_{number} AS ({shifted.strip()})")
        taken += max(int(each) for each in _PARAMETER.findall(statement))
    return f"WITH {', '.join(parts)} SELECT"
