"""aiokafka's consumer, made to survive records that aiokafka cannot unpack."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError

log = structlog.get_logger(__name__)

UNPACKABLE = (UnicodeDecodeError, CorruptRecordException)
CAREFUL_POLLS = 1_000
"""Polls after which the search for a record that could not be unpacked is given up."""
Polled = dict[TopicPartition, list[ConsumerRecord]]


class TopicsMissing(RuntimeError):
    """The broker lacks topics; the message names them, and how to make them."""


async def require_topics(kafka: str, topics: Iterable[str]) -> None:
    """Raise TopicsMissing unless the broker at `kafka` has all of them; raises what Kafka raises, too."""
    looker = AIOKafkaConsumer(bootstrap_servers=kafka)
    try:
        await looker.start()
        missing = set(topics) - await looker.topics()
    finally:
        await looker.stop()
    if missing:
        names = ", ".join(sorted(missing))
        raise TopicsMissing(f"no topics {names}: `python -m ciclo_schemas.topics create` makes them")


class SteadyConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Hands over a record that cannot be unpacked as one without headers (None), and goes on behind it.

    One whose header name is not UTF-8 makes `getmany` of aiokafka raise for ever, and drop what that call had
    already taken from other partitions. So everything not committed is read again, carefully: one record at
    a time, until the one at fault is found.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._careful_polls = 0
        self._rewind = False

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Mapping[TopicPartition, list[ConsumerRecord]]:
        """Like aiokafka's, except for records that cannot be unpacked."""
        try:
            if self._rewind:
                await self._read_again()
            if self._careful_polls:
                return await self._poll_carefully(max_records or 1)
            polled: Polled = await super().getmany(
                *partitions, timeout_ms=timeout_ms, max_records=max_records
            )
        except UNPACKABLE:
            self._careful_polls, self._rewind = CAREFUL_POLLS, True
            return {}
        return polled

    @property
    def tasks(self) -> set["asyncio.Task[Any]"]:
        """What must run for as long as it consumes; aiokafka tells nobody when an error has ended one."""
        return {self._fetcher._fetch_task, self._coordinator._coordination_task}  # noqa: SLF001

    async def disconnect(self) -> None:
        """Close the connections that a failed `stop` leaves open."""
        await self._client.close()

    async def unread(self) -> dict[TopicPartition, int]:
        """The positions of those assigned partitions that have something to read, as the broker says."""
        ends: dict[TopicPartition, int] = await self.end_offsets(self.assignment())
        positions = {partition: await self.position(partition) for partition in ends}
        return {partition: at for partition, at in positions.items() if at < ends[partition]}

    def known_ends(self) -> dict[TopicPartition, tuple[int, int]]:
        """Of the assigned partitions: the next offset to read, and the end as the last fetch told it.

        Asks nobody, unlike `position` and `end_offsets`.
        """
        assignment = self._subscription.subscription and self._subscription.subscription.assignment
        states = {at: assignment.state_value(at) for at in assignment.tps} if assignment else {}
        return {
            at: (state.position, state.highwater)
            for at, state in states.items()
            if state.has_valid_position and state.highwater is not None
        }

    async def progress(self, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
        """Of every partition of these topics: what the whole group has committed, and where it ends.

        Where nothing was committed yet, the beginning. Raises KafkaError.
        """
        partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(self.partitions_for_topic(topic) or ())
        ]
        # The ends first: what is committed up to them was read, whatever comes meanwhile.
        ends: dict[TopicPartition, int] = await self.end_offsets(partitions)
        begins: dict[TopicPartition, int] = await self.beginning_offsets(partitions)
        committed = {at: await self.committed(at) for at in partitions}
        return {at: (max(begins[at], committed[at] or 0), ends[at]) for at in partitions}

    async def _read_again(self) -> None:
        if self.assignment():
            for partition, offset in (await self.seek_to_committed()).items():
                if not offset:
                    await self.seek_to_beginning(partition)
        self._rewind = False

    async def _poll_carefully(self, limit: int) -> Polled:
        self._careful_polls -= 1
        polled: Polled = {}
        for partition in self.assignment():
            of_partition: list[ConsumerRecord] = []
            try:
                while limit and (one := await super().getmany(partition, max_records=1)):
                    of_partition.extend(one[partition])
                    limit -= 1
            except UNPACKABLE as error:
                of_partition.append(await self._step_over(partition, error))
                self._careful_polls = 0
            except KafkaError:
                self._rewind = True
                raise
            if of_partition:
                polled[partition] = of_partition
        return polled

    async def _step_over(self, partition: TopicPartition, error: Exception) -> ConsumerRecord:
        offset = await self.position(partition)
        self.seek(partition, offset + 1)
        log.error(
            "record_cannot_be_unpacked",
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            error=type(error).__name__,
        )
        return ConsumerRecord(
            partition.topic, partition.partition, offset, -1, 0, None, None, None, -1, -1, headers=None
        )
