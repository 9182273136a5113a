"""Commits to Kafka what was applied, for all batches of a moment at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import ConsumerRecord, TopicPartition

REST_SECONDS = 0.2
"""How long offsets wait for those of the next batches. What comes again after a crash is dropped as a
duplicate, so a request to the broker for each batch buys nothing."""

Next = Mapping[TopicPartition, int]
"""Of each partition the first offset that was not applied."""


class Offsets:
    """Keeps the offsets of what was applied until they are committed; `commit` may fail, but not raise."""

    def __init__(self, commit: Callable[[Next], Awaitable[None]]) -> None:
        self._commit = commit
        self._due: dict[TopicPartition, int] = {}
        self._soon: asyncio.Task[None] | None = None
        self._committing = asyncio.Lock()

    def applied(self, records: Sequence[ConsumerRecord]) -> None:
        """Commit exactly these, soon; records of a partition are in the order of their offsets."""
        self._due |= {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        if self._soon is None:
            self._soon = asyncio.create_task(self._after_a_rest(), name="offsets")

    async def flush(self) -> None:
        """Commit now whatever is due."""
        async with self._committing:
            due, self._due = self._due, {}
            if due:
                await self._commit(due)

    async def close(self) -> None:
        """Commit for the last time."""
        await self.flush()
        if self._soon is not None:
            self._soon.cancel()

    def forget(self) -> None:
        """Commit nothing of what is due: the partitions are somebody else's."""
        self._due = {}

    async def _after_a_rest(self) -> None:
        await asyncio.sleep(REST_SECONDS)
        self._soon = None
        await self.flush()
