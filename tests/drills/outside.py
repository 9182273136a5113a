"""Kafka as somebody outside sees it, through another library (librdkafka): a reader and a patient writer."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

POLL_S = 0.1
AT_ONCE = 1_000

Hear = Callable[[Message], None]


class Reader:
    """Reads topics from their beginning, without a group, in a thread; `hear` is called in the event loop."""

    def __init__(self, kafka: str, topics: Sequence[str], hear: Hear) -> None:
        self._hear = hear
        self._ended = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": "drill-outside",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 0,
            }
        )
        known = self._consumer.list_topics(timeout=20).topics
        self._consumer.assign(
            [TopicPartition(name, number, 0) for name in topics for number in known[name].partitions]
        )
        self._thread = threading.Thread(target=self._read, name="outside reader", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Stop reading."""
        self._ended.set()
        await asyncio.to_thread(self._thread.join)

    def _read(self) -> None:
        while not self._ended.is_set():
            messages = [one for one in self._consumer.consume(AT_ONCE, POLL_S) if one.error() is None]
            if messages:
                self._loop.call_soon_threadsafe(self._take, messages)
        self._consumer.close()

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            self._hear(message)


class Writer:
    """Writes records as the partners of the load do (`send` gives a future), however long Kafka is away."""

    def __init__(self, kafka: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._poll, name="outside writer", daemon=True)
        self._thread.start()

    async def send(
        self, topic: str, value: bytes, *, key: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[Any]":
        """Begin to send; the future is done when the broker has it.

        Raises BufferError when far too much waits.
        """
        future: asyncio.Future[Any] = self._loop.create_future()

        def delivered(error: Any, _message: Message) -> None:
            self._loop.call_soon_threadsafe(_settle, future, error)

        self._producer.produce(topic, value, key, headers=list(headers), on_delivery=delivered)
        return future

    async def stop(self) -> None:
        """Stop; what was not sent is forgotten."""
        self._ended.set()
        await asyncio.to_thread(self._thread.join)
        self._producer.purge()

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(POLL_S)


def _settle(future: "asyncio.Future[Any]", error: Any) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(KafkaException(error))
