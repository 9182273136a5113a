"""The records that everybody consumes: `case.opened` as intake publishes it, with all its headers."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.envelope import Envelope, schema_uri, to_headers
from ciclo_schemas.values import Channel, Facts, Language
from services.chassis.ids import new_id

Sent = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value and headers."""
AT_ONCE = 5_000


def opened() -> CaseOpened:
    """What a customer says who has a question about no unit: nothing but the case itself is looked up."""
    return CaseOpened(
        channel=Channel.WEB,
        reported_at=datetime.now(UTC),
        case_no="C-ZM3S-WVGB-X",
        customer_ref=f"cus_{secrets.token_hex(16)}",
        facts=Facts(area="28012", symptom_code="no_picture"),
        language=Language.ES,
        jurisdiction="ES",
        safety_flag=False,
        text_ref=f"txt_{secrets.token_hex(16)}",
    )


def record() -> Sent:
    """The first event of a new case."""
    event, subject = opened(), str(new_id())
    envelope = Envelope(
        id=str(new_id()),
        source="/ciclo/intake",
        type=event.event_type,
        subject=subject,
        time=event.reported_at,
        sequence=1,
        correlation=subject,
        causation=str(new_id()),
        traceparent=f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        schema=schema_uri(event.event_type),
    )
    return subject.encode(), event.write(), to_headers(envelope)


async def preload(kafka: str, topic: str, count: int) -> None:
    """Write so many of them."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, enable_idempotence=True, compression_type="zstd", max_batch_size=128 * 1024
    ) as producer:
        for some in _parts(range(count)):
            await send(producer, topic, (record() for _ in some))


async def send(producer: AIOKafkaProducer, topic: str, records: Iterable[Sent]) -> None:
    """Hand records over, then wait until the broker has them all."""
    futures = [await producer.send(topic, value, key=key, headers=headers) for key, value, headers in records]
    for future in futures:
        await future


def _parts(numbers: range) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), AT_ONCE):
        yield numbers[at : at + AT_ONCE]
