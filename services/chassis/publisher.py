"""Hands events to Kafka and says which of them the broker has for certain."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, ProducerClosed

from ciclo_schemas.envelope import Envelope, read_clock, schema_uri, to_headers
from services.chassis import counting, metrics
from services.chassis.clock import seconds
from services.chassis.records import REPLAYED

PATIENCE_S: Final = 15.0
"""How long the broker may take for a batch: one that restarts is back within it."""
CONNECT_S: Final = 10.0
TOPIC_S: Final = 5.0
CLOSE_S: Final = 5.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Receipt:
    """What became of a batch.

    `done` rows are with the broker, and so is everything before them of the same aggregate. `failed` counts
    those the broker did not acknowledge, whatever the reason (`cause`, if one is known). `refused` says why
    rows were not even sent, which holds back their aggregates alone.
    """

    done: list[Any] = field(default_factory=list)
    failed: int = 0
    cause: BaseException | None = None
    refused: set[str] = field(default_factory=set)


class Publisher:
    """An idempotent producer that is thrown away at the first failure; the next `connect` makes a new one.

    It must be: after some errors an idempotent producer of aiokafka stays stuck for ever (aiokafka #1017).
    `prefix` stands before every topic's name, so that tests can share a broker.
    """

    def __init__(self, kafka: str, *, prefix: str = "", patience: float = PATIENCE_S) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._patience = patience
        self._producer: AIOKafkaProducer | None = None
        self.made = 0
        """How many producers there have been."""

    async def connect(self) -> None:
        """See that there is a producer. Raises what Kafka raises, or TimeoutError."""
        if self._producer is not None:
            return
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=128 * 1024,
            linger_ms=0,
            request_timeout_ms=10_000,
            metadata_max_age_ms=60_000,
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                await producer.start()
        except BaseException:
            await _close_unsent(producer)
            raise
        self._producer = producer
        self.made += 1
        metrics.PRODUCERS.at().inc()

    async def abandon(self) -> None:
        """Drop the producer, with whatever it still wants to send."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close_unsent(producer)

    async def publish(self, rows: Sequence[Any]) -> Receipt:
        """Send rows of `events` in order and wait for the broker. Needs `connect` before."""
        if self._producer is None:
            raise ProducerClosed
        try:
            receipt = await self._publish(self._producer, rows)
        except BaseException:
            await self.abandon()
            raise
        if receipt.failed:
            await self.abandon()
        return receipt

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> Receipt:
        receipt, began = Receipt(), seconds()
        sent = await self._send(producer, rows, receipt)
        if sent:
            await asyncio.wait([future for _, future in sent], timeout=self._patience)
        receipt.done = acknowledged_prefix((row["aggregate"], row, _is_good(future)) for row, future in sent)
        counting.events_sent(((row, _error(future)) for row, future in sent), seconds() - began)
        for future in (future for _, future in sent if not _is_good(future)):
            receipt.failed += 1
            if not future.cancel():
                receipt.cause = receipt.cause or future.exception()
        return receipt

    async def _send(
        self, producer: AIOKafkaProducer, rows: Sequence[Any], receipt: Receipt
    ) -> list[tuple[Any, asyncio.Future[Any]]]:
        topics = await self._known_topics(producer, {row["topic"] for row in rows if row["topic"]})
        sent: list[tuple[Any, asyncio.Future[Any]]] = []
        held_back: set[UUID] = set()
        for row in rows:
            if row["aggregate"] in held_back:
                continue
            reason = _unsendable(row, topics)
            try:
                if reason is None:
                    sent.append((row, await self._hand_over(producer, row)))
            except MessageSizeTooLargeError:
                reason = f"event {row['id']} is too large"
            except Exception as error:  # noqa: BLE001 - what was sent before is still looked after
                receipt.failed, receipt.cause = 1, error
                break
            if reason is not None:
                receipt.refused.add(reason)
                held_back.add(row["aggregate"])
        return sent

    async def _hand_over(self, producer: AIOKafkaProducer, row: Any) -> asyncio.Future[Any]:
        envelope = Envelope(
            id=str(row["id"]),
            source=row["source"],
            type=row["type"],
            subject=str(row["aggregate"]),
            time=row["occurred_at"],
            sequence=row["sequence"],
            clock=read_clock(row["clock"]),
            correlation=row["correlation"],
            causation=row["causation"],
            traceparent=row["traceparent"],
            # As soon as it was decided, an event waits in the outbox; later only to be emitted once more.
            tracestate=REPLAYED if row["since"] != row["occurred_at"] else None,
            schema=schema_uri(row["type"]),
        )
        future: asyncio.Future[Any] = await producer.send(
            self._prefix + row["topic"],
            row["body"].encode(),
            key=envelope.subject.encode(),
            headers=to_headers(envelope),
        )
        return future

    async def _known_topics(self, producer: AIOKafkaProducer, topics: set[str]) -> set[str]:
        cluster = producer.client.cluster

        def known() -> set[str]:
            return {topic for topic in topics if cluster.partitions_for_topic(self._prefix + topic)}

        missing = topics - known()
        if not missing:
            return topics
        # One look, without waiting for topics to appear: the events of the others go on.
        for topic in missing:
            producer.client.add_topic(self._prefix + topic)
        with suppress(TimeoutError):
            async with asyncio.timeout(TOPIC_S):
                await producer.client.force_metadata_update()
        return known()


def acknowledged_prefix(rows: Iterable[tuple[UUID, Any, bool]]) -> list[Any]:
    """Of (key, row, acknowledged) in order, the rows before the first that its key has not acknowledged."""
    stopped: set[UUID] = set()
    done = []
    for key, row, acknowledged in rows:
        if not acknowledged:
            stopped.add(key)
        elif key not in stopped:
            done.append(row)
    return done


def _unsendable(row: Any, topics: set[str]) -> str | None:
    if row["topic"] is None:
        return "an event is gone that was not published yet"
    return None if row["topic"] in topics else f"there is no topic {row['topic']}"


def _error(future: asyncio.Future[Any]) -> str:
    """Why an event is not acknowledged, in a word; empty if it is."""
    if not future.done() or future.cancelled():
        return "not_acknowledged"
    error = future.exception()
    return "" if error is None else type(error).__name__


def _is_good(future: asyncio.Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


async def _close_unsent(producer: AIOKafkaProducer) -> None:
    """Close a producer without sending what it still holds.

    Its own `stop` flushes first: that can last for ever, and what it then sends arrives after a new producer
    has begun. So its sender is cut and its batches are failed before; aiokafka has no public way to do that.
    """
    sender = producer._sender.sender_task  # noqa: SLF001
    if sender is not None:
        sender.cancel()
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
    for step in (producer.client.close, producer.stop):
        closing = asyncio.ensure_future(step())
        await asyncio.wait({closing}, timeout=CLOSE_S)
        closing.cancel()
        await asyncio.wait({closing}, timeout=CLOSE_S)
        if not closing.cancelled() and closing.exception() is not None:
            log.info("producer_closed_with_error", error=type(closing.exception()).__name__)
