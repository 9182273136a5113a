"""A reader that shares no code with Ciclo: librdkafka, and CloudEvents headers as they lie there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from services.chassis.clock import seconds

PATIENCE_SECONDS = 30
Headers = Iterable[tuple[str, bytes | None]]
BATCH, WAIT_SECONDS = 1_000, 0.2
OWN = "/ciclo/"


@dataclass(frozen=True)
class Record:
    """One record as it lies in Kafka."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = field(repr=False)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {name: (raw or b"").decode() for name, raw in self.headers}

    def __getitem__(self, header: str) -> str:
        """The text of a header, empty when there is none."""
        return self._headers.get(header, "")

    @property
    def name(self) -> str:
        """`case.opened` of `ciclo.case.opened.v1`."""
        return self["ce_type"].removeprefix("ciclo.").rpartition(".")[0]

    @property
    def source(self) -> str:
        """`warranty` of `/ciclo/warranty`."""
        return self["ce_source"].removeprefix(OWN)

    @property
    def subject(self) -> str:
        """The aggregate that it is about."""
        return self["ce_subject"]

    @property
    def sequence(self) -> int:
        """Its place among what its source said about its subject."""
        return int(self["ce_sequence"])

    @property
    def clock(self) -> dict[str, int]:
        """What its writer had seen."""
        entries = (entry.rpartition(":") for entry in self["ce_caseclock"].split(",") if entry)
        return {source: int(number) for source, _, number in entries}

    @property
    def is_inbound(self) -> bool:
        """Whether another system wrote it."""
        return self.topic.startswith("ciclo.inbound.")

    @property
    def where(self) -> str:
        """Where to find it, for people."""
        place = f"{self.topic}/{self.partition}@{self.offset}"
        return f"{self.name} {self.source}:{self['ce_sequence'].lstrip('0')} ({place})"


def read_everything(kafka: str) -> list[Record]:
    """Every record of every topic `ciclo.*` from its beginning to its end. Raises TimeoutError."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "a-reader-of-ours",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    try:
        topics = consumer.list_topics(timeout=PATIENCE_SECONDS).topics
        places = {
            (name, partition)
            for name, topic in topics.items()
            if name.startswith("ciclo.")
            for partition in topic.partitions
        }
        consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in sorted(places)])
        return list(_until_the_ends(consumer, places))
    finally:
        consumer.close()


def _until_the_ends(consumer: Consumer, places: set[tuple[str, int]]) -> Iterable[Record]:
    unread, deadline = set(places), seconds() + PATIENCE_SECONDS
    while unread:
        if seconds() > deadline:
            raise TimeoutError(f"not read to the end after {PATIENCE_SECONDS} s: {sorted(unread)}")
        for message in consumer.consume(BATCH, timeout=WAIT_SECONDS):
            error = message.error()
            if error is None:
                yield _record(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard((message.topic() or "", message.partition() or 0))
            else:
                raise KafkaException(error)


def _record(message: Message) -> Record:
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.key(),
        message.value(),
        tuple(cast(Headers, message.headers() or ())),
    )
