"""The way in from Kafka: FastStream's batch subscriber as a shell around `Engine.apply`.

One group and one consumer per service, all its topics. A batch is applied, then exactly its offsets are
committed, together with those of the next ones (`offsets.py`). While the database is away the same batch is
tried again in place, so that the consumer stays in its group; a rebalance waits for the batch in flight, at
most `DRAIN_SECONDS`, then rolls it back. A consumer that stands still though there is something to read is
made anew.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from services.chassis import counting
from services.chassis.breaker import BreakerOpen
from services.chassis.clock import seconds, utc_now
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.lag import Behind, Lag
from services.chassis.offsets import Next, Offsets
from services.chassis.pace import Pace
from services.chassis.polling import SteadyConsumer, TopicsMissing, require_topics
from services.chassis.records import RecordReader
from services.chassis.side_by_side import apply_in_parts

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0
COMMIT_SECONDS = 5.0
FIRST_DELAY, LAST_DELAY = 0.1, 5.0
POLL_MILLISECONDS = 250
"""How long one look waits; what arrives ends it."""
SESSION_MILLISECONDS = 6_000
"""Whoever is killed is missed after so long, and nobody reads his partitions before: the broker's minimum."""
WATCH_SECONDS = 15.0
BLIND_LOOKS = 2
CANCEL_SECONDS = 1.0
PROGRESS_SECONDS = 10.0


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Feeds a service's topics to its engine. `problem()` tells why it is not ready."""

    name = "consumer"

    def __init__(
        self, engine: Engine, definition: Definition, *, kafka: str, batch_size: int = 500, prefix: str = ""
    ) -> None:
        self._engine = engine
        self._kafka = kafka
        self._group = f"{prefix}ciclo-{definition.name}"
        self._prefix = prefix
        self._topics = [prefix + topic for topic in topics_of(definition)]
        self._batch_size = batch_size
        self._reader = RecordReader(definition.inbound, prefix)
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self._keeping: asyncio.Task[None] | None = None
        self._in_flight: asyncio.Task[None] | None = None
        self._offsets = Offsets(self._commit)
        self._pace = Pace(seconds())
        self._lag = Lag()
        self._assigned = False
        self._stopping = False
        self._trouble: str | None = None

    def problem(self) -> str | None:
        """Why the service is not ready as far as Kafka is concerned, or None."""
        if self._trouble is not None:
            return self._trouble
        return None if self._assigned else f"no partitions of {self._group} assigned yet"

    async def progress(self) -> dict[str, tuple[int, int]] | None:
        """Of every partition (`ciclo.cases.v1/0`): the offset that the group has committed, and the end.

        None while Kafka is away.
        """
        broker, subscriber = self._broker, self._subscriber
        if broker is None or subscriber is None or subscriber.consumer is None:
            return None
        try:
            async with asyncio.timeout(PROGRESS_SECONDS):
                found: dict[TopicPartition, tuple[int, int]] = await subscriber.consumer.progress(
                    self._topics
                )
        except (KafkaError, TimeoutError):
            return None
        return {f"{at.topic.removeprefix(self._prefix)}/{at.partition}": where for at, where in found.items()}

    @property
    def last_progress(self) -> float:
        """When records were applied last, in seconds since 1970; 0 before the first."""
        return self._lag.last_progress

    def behind(self, now: float) -> dict[tuple[str, int], Behind]:
        """How far behind this replica's partitions are (topic, number), as far as Kafka has told already."""
        consumer: SteadyConsumer | None = None if self._broker is None else self._subscriber.consumer
        known = {} if consumer is None else consumer.known_ends()
        return {
            (at.topic.removeprefix(self._prefix), at.partition): behind
            for at, behind in self._lag.behind(known, now).items()
        }

    async def start(self) -> None:
        """Join the group in the background; a broker that is away is tried again until it answers."""
        if self._topics:
            self._keeping = asyncio.create_task(self._keep_consuming(), name="consumer")
        else:
            self._assigned = True

    async def stop(self, grace: float = DRAIN_SECONDS) -> None:
        """Finish the batch in flight, commit, leave the group."""
        self._stopping = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        await self._drain(grace)
        await self._offsets.close()
        await self._close()

    async def _keep_consuming(self) -> None:
        delay = FIRST_DELAY
        while True:
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
                self._trouble = f"Kafka at {self._kafka}: {_why_not(error)}"
                log.warning("cannot_consume", error=type(error).__name__)
                await self._close()
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_DELAY)
                continue
            self._trouble, delay = None, FIRST_DELAY
            log.info("consuming", topics=self._topics, group=self._group)
            await self._until_it_stands_still()
            log.error("consumer_stands_still", group=self._group)
            self._assigned = False
            await self._close()

    async def _connect(self) -> None:
        await require_topics(self._kafka, self._topics)
        self._broker = KafkaBroker(
            self._kafka,
            apply_types=False,
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=DRAIN_SECONDS,
            logger=None,
            log_level=logging.DEBUG,
            client_id=self._group,
        )
        self._subscriber = self._broker.subscriber(
            *self._topics,
            group_id=self._group,
            batch=True,
            max_records=self._batch_size,
            batch_timeout_ms=POLL_MILLISECONDS,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            parser=self._parse,
            decoder=_decode,
            listener=self,
            session_timeout_ms=SESSION_MILLISECONDS,
            heartbeat_interval_ms=SESSION_MILLISECONDS // 10,
            rebalance_timeout_ms=15_000,
            max_poll_interval_ms=3_600_000,
            include_in_schema=False,
        )
        self._subscriber(self._handle)
        builder: Any = await self._broker.connect()
        self._broker.config.broker_config.builder = partial(SteadyConsumer, **builder.keywords)
        await self._broker.start()

    async def _until_it_stands_still(self) -> None:
        """Return when one of its tasks ended, the same records stay unread, or it cannot be asked at all."""
        consumer: SteadyConsumer = self._subscriber.consumer
        before: dict[TopicPartition, int] = {}
        blind = 0
        while True:
            ended, _ = await asyncio.wait(
                consumer.tasks, timeout=WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if ended:
                return
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    unread = {} if self._in_flight else await consumer.unread()
                blind = 0
            except Exception:  # noqa: BLE001 - the broker is away, or a connection is dead and not known to be
                unread, blind = {}, blind + 1
            if self._in_flight is None and blind >= BLIND_LOOKS:
                return
            if self._in_flight is None and before.items() & unread.items():
                return
            before = unread

    async def _close(self) -> None:
        """Leave the group and close all connections, in a bounded time, whatever state they are in."""
        broker, self._broker = self._broker, None
        self._offsets.forget()
        if broker is None:
            return
        consumer: SteadyConsumer | None = self._subscriber.consumer
        # aiokafka's `stop` raises what ended one of its tasks, and leaves its connections open then. It may
        # also wait for ever, and not heed that it is cancelled.
        for step in (broker.stop, *(() if consumer is None else (consumer.disconnect,))):
            closing = asyncio.ensure_future(step())
            await asyncio.wait({closing}, timeout=DRAIN_SECONDS)
            closing.cancel()
            await asyncio.wait({closing}, timeout=CANCEL_SECONDS)
            if not closing.done():
                log.warning("leaving_group_hangs")
            elif not closing.cancelled() and (error := closing.exception()) is not None:
                log.warning("leaving_group_failed", error=type(error).__name__)

    async def _parse(self, records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
        """Keep the records as they are: FastStream's parser fails on headers that are not UTF-8."""
        return KafkaMessage(
            body=b"",
            headers={},
            raw_message=records,
            message_id=f"{records[0].offset}-{records[-1].offset}",
            correlation_id=None,
            consumer=self._subscriber.consumer,
        )

    async def _handle(self, records: Sequence[ConsumerRecord]) -> None:
        """Apply one batch, then have its offsets committed; never raises, so that nothing is skipped."""
        if self._stopping:
            return
        task = asyncio.create_task(self._apply(records), name="batch")
        self._in_flight = task
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            # Rolled back by a rebalance: whoever owns the partitions next reads these records again.
            if not task.cancelled():
                task.cancel()
                raise
        finally:
            self._in_flight = None
            self._lag.let_go()
        pause = self._pace.pause(len(records), seconds())
        # A full batch is worth its transaction, and more waits behind it.
        if not self._stopping and len(records) < self._batch_size:
            await asyncio.sleep(pause)

    async def _apply(self, records: Sequence[ConsumerRecord]) -> None:
        delay = FIRST_DELAY
        self._lag.took(records)
        counting.records_taken((record.topic.removeprefix(self._prefix) for record in records), self._group)
        while True:
            try:
                await self._apply_once(records)
                break
            except BreakerOpen as error:
                self._trouble, delay = f"breaker open: {error}", LAST_DELAY
            except Exception as error:
                self._trouble = f"a batch cannot be stored ({type(error).__name__})"
                log.exception("batch_failed", records=len(records))
            if self._stopping:
                return
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            delay = min(delay * 2, LAST_DELAY)
        self._trouble = None
        self._lag.let_go(applied_at=utc_now().timestamp())
        self._offsets.applied(records)

    async def _apply_once(self, records: Sequence[ConsumerRecord]) -> None:
        inputs, began, error = [self._reader.read(record) for record in records], seconds(), ""
        try:
            await apply_in_parts(self._engine.apply, inputs)
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            by_topic = {one.position.topic: one for one in inputs if one.position is not None}
            counting.records_processed(by_topic, self._group, seconds() - began, error)

    async def _commit(self, offsets: Next) -> None:
        """Commit these offsets. A failure is harmless: what comes again is dropped as a duplicate."""
        crash_point(CrashPoint.CONSUMER_BEFORE_OFFSETS)
        began, failure = seconds(), ""
        try:
            await asyncio.wait_for(self._subscriber.consumer.commit(offsets), COMMIT_SECONDS)
        except Exception as error:  # noqa: BLE001 - also what uvloop says of a connection that was reset
            failure = type(error).__name__
            log.warning("offset_commit_failed", error=failure)
        counting.offsets_committed(seconds() - began, failure)
        crash_point(CrashPoint.CONSUMER_AFTER_OFFSETS)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let the batch in flight finish, and commit, before the partitions go to somebody else."""
        self._assigned = False
        await self._drain(DRAIN_SECONDS)
        await self._offsets.flush()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Records flow; a member of a large group may get no partition and is ready all the same."""
        self._assigned = True
        log.info("partitions_assigned", count=len(assigned))

    async def _drain(self, grace: float) -> None:
        task = self._in_flight
        if task is None:
            return
        done, _ = await asyncio.wait([task], timeout=grace)
        if not done:
            log.warning("batch_rolled_back", waited_seconds=grace)
            task.cancel()
            await asyncio.wait([task])


async def _decode(message: KafkaMessage) -> tuple[ConsumerRecord, ...]:
    records: tuple[ConsumerRecord, ...] = message.raw_message
    return records


def _why_not(error: Exception) -> str:
    return str(error) if isinstance(error, TopicsMissing) else f"no answer ({type(error).__name__})"


def topics_of(definition: Definition) -> list[str]:
    """Every topic that a service subscribes to."""
    return sorted({*definition.reads, *(model.topic for model in definition.inbound)})
