"""Places where drills let a process die, as by kill -9: `CICLO_CRASH_POINT=relay_after_send:3`, the 3rd time.

For drills alone. Without the variable nothing happens, and it costs a comparison.
"""

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Final

VARIABLE: Final = "CICLO_CRASH_POINT"
EXIT_CODE: Final = 137
"""As of a process that was killed with -9."""


class CrashPoint(StrEnum):
    """Every place, named after what was done last and what was not done yet."""

    ENGINE_BEFORE_COMMIT = "engine_before_commit"
    """All is written, nothing committed."""
    ENGINE_AFTER_COMMIT = "engine_after_commit"
    """Committed, and nobody knows: no answer to a request, no offset, no loop woken."""
    CONSUMER_BEFORE_OFFSETS = "consumer_before_offsets"
    """Batches of records are committed in the database, their offsets are not."""
    CONSUMER_AFTER_OFFSETS = "consumer_after_offsets"
    """The offsets are committed, too."""
    RELAY_BEFORE_SEND = "relay_before_send"
    """Events are read from the outbox, nothing is sent."""
    RELAY_AFTER_SEND = "relay_after_send"
    """The broker has the events, the outbox still holds them."""
    RELAY_AFTER_DELETE = "relay_after_delete"
    """They are gone from the outbox."""
    EFFECT_BEFORE_RUN = "effect_before_run"
    """A call is owed and about to be made."""
    EFFECT_AFTER_RUN = "effect_after_run"
    """The call was made, its result is nowhere but in memory."""
    TIMERS_BEFORE_APPLY = "timers_before_apply"
    """Timers fell due and were read, nothing is decided."""
    TIMERS_AFTER_APPLY = "timers_after_apply"
    """They are decided and gone."""
    FAN_OUT_BEFORE_PAGE = "fan_out_before_page"
    """The next of a fan-out are known, none of them is told."""
    FAN_OUT_AFTER_PAGE = "fan_out_after_page"
    """A page of them is told."""


def armed(setting: str) -> Callable[[CrashPoint], None] | None:
    """What happens at crash points under a setting `name:n` (or `name`: the first time); None for nothing.

    Raises ValueError for a name that is none.
    """
    if not setting:
        return None
    name, _, count = setting.partition(":")
    chosen, left = CrashPoint(name), int(count or 1)

    def reached(point: CrashPoint) -> None:
        nonlocal left
        if point is chosen:
            left -= 1
            if left == 0:
                os._exit(EXIT_CODE)

    return reached


_reached = armed(os.environ.get(VARIABLE, ""))


def crash_point(point: CrashPoint) -> None:
    """Die here, if that was asked for."""
    if _reached is not None:
        _reached(point)
