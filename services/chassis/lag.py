"""How far a consumer is behind, from what it knows already: nobody is asked, so it can always tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord, TopicPartition


@dataclass(frozen=True, slots=True)
class Behind:
    """Records of a partition that are not applied yet, and the age of the oldest in seconds."""

    messages: int = 0
    seconds: float = 0.0


class Lag:
    """Watches the batch in hand. Moments are seconds since 1970."""

    def __init__(self) -> None:
        self._in_hand: dict[TopicPartition, tuple[int, float | None]] = {}
        self._seen: dict[TopicPartition, tuple[int, float]] = {}
        self.last_progress = 0.0
        """When records were applied last; 0 before the first."""

    def took(self, records: Sequence[ConsumerRecord]) -> None:
        """These are being applied; the broker says when they were written."""
        for record in reversed(records):
            written = record.timestamp / 1000 if record.timestamp > 0 else None
            self._in_hand[TopicPartition(record.topic, record.partition)] = (record.offset, written)

    def let_go(self, *, applied_at: float | None = None) -> None:
        """They are applied (and when), or no longer in hand."""
        self._in_hand.clear()
        if applied_at is not None:
            self.last_progress = applied_at

    def behind(
        self, known: Mapping[TopicPartition, tuple[int, int]], now: float
    ) -> dict[TopicPartition, Behind]:
        """How far behind each partition is; `known`: the next offset to read and the end, as Kafka told last.

        Of records that were not read yet it is not known when they were written: their age counts from when
        they were seen first.
        """
        self._seen = {at: seen for at, seen in self._seen.items() if at in known}
        return {at: self._of(at, position, end, now) for at, (position, end) in known.items()}

    def _of(self, at: TopicPartition, position: int, end: int, now: float) -> Behind:
        first, written = self._in_hand.get(at, (position, None))
        if end <= first:
            self._seen.pop(at, None)
            return Behind()
        if written is not None:
            return Behind(end - first, max(0.0, now - written))
        offset, since = self._seen.get(at, (first, now))
        if offset != first:
            since = now
        self._seen[at] = (first, since)
        return Behind(end - first, now - since)
