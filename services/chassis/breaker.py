"""Stops a bad deploy from draining a topic into the dead letters."""

from collections import deque


class BreakerOpen(RuntimeError):
    """Too many recent inputs would die: nothing of this batch was kept, try again later."""


class Breaker:
    """Counts applied and dead Kafka inputs over the last `window` of them.

    Opens when at least `least` of them, and more than `share` of them, died: a bug that hits everybody, not
    a poisoned input that hits one aggregate.
    """

    def __init__(self, *, window: int = 400, least: int = 20, share: float = 0.5) -> None:
        self._batches: deque[tuple[int, int]] = deque()
        self._window, self._least, self._share = window, least, share

    def check(self, total: int, dead: int) -> None:
        """Raise BreakerOpen if a batch with `dead` failures of `total` must not be kept."""
        if dead == 0:
            return
        total += sum(batch[0] for batch in self._batches)
        dead += sum(batch[1] for batch in self._batches)
        if dead >= self._least and dead > self._share * total:
            raise BreakerOpen(f"{dead} of the last {total} inputs failed; fix the release or its data")

    def keep(self, total: int, dead: int) -> None:
        """Remember a batch that was committed."""
        self._batches.append((total, dead))
        while (
            self._batches and sum(batch[0] for batch in self._batches) - self._batches[0][0] >= self._window
        ):
            self._batches.popleft()
