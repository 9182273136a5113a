"""Every topic for other systems, at its owner: what is malformed comes back once, the rest flows."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ciclo_schemas.envelope import Envelope, to_headers
from ciclo_schemas.inbound import (
    InboundEvent,
    LogisticsScanned,
    NewCustomer,
    OpenCase,
    ProductRegistered,
    RefundReported,
    ScanKind,
    WordKind,
    WordSpoken,
    WorkshopQuoted,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.topics import load_topics
from ciclo_schemas.values import Buyer, Channel, Language, Money
from services.chassis.ids import new_id
from tests.support.four import Four
from tests.support.hostile import SECRET, Rejected, malformed, structured
from tests.support.logged import logged
from tests.support.replica import Sent, everything, producing, send
from tests.support.running import Running

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
REJECTIONS = "ciclo.rejections.v1"
CASE = new_id()
AMOUNT = Money(amount_minor=44_900, currency="EUR")
WRONG_IDS: dict[str, tuple[Any, ...]] = {
    "case": (SECRET, 7, [], "01930000-0000-7000-8000"),
    "publisher": (SECRET * 20, "", 7, None, f"{SECRET} {SECRET}", f"{SECRET}\n"),
    "product_unit": (SECRET.lower() + " ", "x" * 50, 7),
    "remedy_no": (0, -1, "1", True, 2**31, 10**400, 1.5),
    "revision": (0, "1", 10**400),
    "happened_at": (SECRET, 0, "2026-11-21", "2026-11-21T09:00:00+02:00"),
    "purchased_on": (SECRET, 0, "2026-02-30"),
    "amount": (SECRET, {"amount_minor": "1", "currency": "EUR"}, {}),
    "price": (SECRET, {"amount_minor": -1, "currency": "EUR"}, {}),
    "text": ("", f"{SECRET} " * 1000, [SECRET], {SECRET: SECRET}),
    "customer": (SECRET, {"name": SECRET}, {"name": SECRET, "email": SECRET}),
    "facts": (SECRET, [SECRET], {"product_unit": f"{SECRET} "}),
    "external_ref": (f"{SECRET} ", 7),
    "word_ref": (f"{SECRET} ", None),
}
"""Values that no field of this name takes, whatever the record."""


@dataclass(frozen=True)
class Good:
    """What an outside system may well say, and the key of its record."""

    event: InboundEvent
    key: str

    def __str__(self) -> str:
        return self.event.event_type


GOOD = (
    Good(
        OpenCase(
            publisher="crm-1",
            external_ref="N-1",
            customer=NewCustomer(number="K-1", name="Ana", email="ana@example.com"),
            text="No enciende.",
            channel=Channel.PHONE,
            language=Language.ES,
            jurisdiction="ES",
        ),
        "N-1",
    ),
    Good(
        WordSpoken(
            publisher="crm-1",
            word_ref="W-1",
            external_ref="N-1",
            kind=WordKind.INFORMATION,
            channel=Channel.PHONE,
            text="Desde ayer.",
        ),
        "N-1",
    ),
    Good(
        ProductRegistered(
            publisher="shop-1",
            product_unit="TV-0001",
            revision=1,
            model="lumo-tv-43",
            brand="lumo",
            seller="acme",
            jurisdiction="ES",
            buyer=Buyer.CONSUMER,
            purchased_on=NOW.date(),
        ),
        "TV-0001",
    ),
    Good(
        RefundReported(
            publisher="erp-1", case=CASE, remedy_no=1, reference="TRF-1", paid_at=NOW, amount=AMOUNT
        ),
        str(CASE),
    ),
    Good(
        WorkshopReported(
            publisher="sat-1",
            case=CASE,
            repair_no="R-1",
            kind=WorkshopReportKind.RECEIVED,
            happened_at=NOW,
        ),
        str(CASE),
    ),
    Good(
        WorkshopQuoted(
            publisher="sat-1", case=CASE, quote_no="Q-1", revision=1, price=AMOUNT, valid_until=NOW
        ),
        str(CASE),
    ),
    Good(
        LogisticsScanned(
            publisher="post-1",
            case=CASE,
            remedy_no=1,
            shipment="S-1",
            kind=ScanKind.SHIPPED,
            happened_at=NOW,
        ),
        str(CASE),
    ),
)


def record(good: Good, **fields: Any) -> Sent:
    """The good record with a new id, and with fields replaced."""
    envelope = Envelope(
        id=str(new_id()), source="/outside", type=good.event.event_type, subject=good.key, time=NOW
    )
    value = good.event.write()
    if fields:
        value = json.dumps(json.loads(value) | fields).encode()
    return Sent(good.event.topic, good.key.encode(), value, to_headers(envelope))


def hostile(good: Good) -> Iterator[Rejected]:
    """Everything malformed, and every field with what it cannot be, in binary and structured mode."""
    yield from malformed(record(good))
    for other in GOOD:
        if other.event.topic != good.event.topic:
            wrong_topic = record(other)
            yield (
                "unknown_type",
                ("ce_type",),
                Sent(good.event.topic, b"key", wrong_topic.value, wrong_topic.headers),
            )
    for name, values in WRONG_IDS.items():
        if name in type(good.event).model_fields:
            for value in values:
                if value is None and not type(good.event).model_fields[name].is_required():
                    continue
                bad = record(good, **{name: value})
                yield "invalid", (name,), bad
                yield "invalid", (name,), structured(bad)


def test_every_topic_of_other_systems_and_every_type_on_it_is_tried() -> None:
    every = {
        (name, event)
        for name, topic in load_topics().items()
        if name.startswith("ciclo.inbound.")
        for event in topic.events
    }
    assert {(good.event.topic, good.event.event_type) for good in GOOD} == every


@pytest.mark.timeout(180)
@pytest.mark.parametrize("good", GOOD, ids=str)
async def test_what_is_malformed_comes_back_once_with_code_and_place_and_the_rest_flows(
    four: Four, good: Good
) -> None:
    owner = four[next(iter(load_topics()[good.event.topic].consumers))]
    bad = list(hostile(good))
    before = await rejections(owner)
    with logged(owner.name, "DEBUG") as logs:
        async with producing(owner.kafka) as producer:
            await send(producer, owner.prefix, [sent for _, _, sent in bad[::2]])
            await send(producer, owner.prefix, [record(good)])
            await send(producer, owner.prefix, [sent for _, _, sent in bad[1::2]])
        async with asyncio.timeout(60):
            while len(await rejections(owner)) - len(before) < len(bad):  # noqa: ASYNC110 - rows have no event
                await asyncio.sleep(0.05)
        await owner.quiet()
        assert await heard(owner, good)
    told = [body for number, body in (await rejections(owner)).items() if number not in before]
    assert {one["source_topic"] for one in told} == {good.event.topic}
    assert Counter((one["code"], fields(one)) for one in told) == Counter((code, at) for code, at, _ in bad)
    published = [one.value for one in await everything(owner.kafka, owner.prefix + REJECTIONS)]
    assert all(json.dumps(one, separators=(",", ":")).encode() in published for one in told)
    assert await owner.pool.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert SECRET.casefold() not in json.dumps(told).casefold()
    assert SECRET.casefold() not in logs.text.casefold()
    for table, rows in (await owner.stored()).items():
        assert SECRET.casefold() not in rows.casefold(), table


async def rejections(owner: Running) -> dict[UUID, dict[str, Any]]:
    """Everything that a service has refused so far, by the ids of its events."""
    rows = await owner.pool.fetch("SELECT id, body FROM events WHERE topic = $1", REJECTIONS)
    return {row["id"]: json.loads(row["body"]) for row in rows}


def fields(rejected: dict[str, Any]) -> tuple[str, ...]:
    """The fields at fault, without what is inside them."""
    return tuple(dict.fromkeys(place.partition(".")[0] for place in rejected["locations"]))


async def heard(owner: Running, good: Good) -> bool:
    """Whether the good record is applied, or waits for a case that is not known yet."""
    kept = (
        "SELECT (SELECT count(*) FROM parked WHERE type = $1)"
        " + (SELECT count(*) FROM business_keys WHERE scope = $1)"
    )
    return bool(await owner.pool.fetchval(kept, good.event.event_type))
