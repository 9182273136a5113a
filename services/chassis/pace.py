"""Spaces batches out while much arrives, so that each is worth its transaction; never while little does."""

import math

BUSY_PER_SECOND = 100.0
PAUSE_SECONDS = 0.05
MEMORY_SECONDS = 1.0


class Pace:
    """Watches how much arrives, as an average that forgets within about a second.

    A transaction costs about the same for one input as for twenty. A consumer that keeps up would otherwise
    decide every input alone and spend the machine on transactions; a pause of 50 ms costs nobody anything
    when hundreds arrive in a second, and is not made when they do not.
    """

    def __init__(self, now: float) -> None:
        self._rate = 0.0
        self._last = now

    def pause(self, records: int, now: float) -> float:
        """Seconds to wait after a batch of so many records that was finished at `now` (monotonic seconds)."""
        elapsed = max(now - self._last, 1e-6)
        self._last = now
        kept = math.exp(-elapsed / MEMORY_SECONDS)
        self._rate = self._rate * kept + records / elapsed * (1 - kept)
        return PAUSE_SECONDS if self._rate > BUSY_PER_SECOND else 0.0
