"""Shops, workshops and carriers: other systems, which write to Kafka what happens at their place."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from ciclo_schemas.envelope import Envelope, to_headers
from ciclo_schemas.inbound import (
    InboundEvent,
    LogisticsScanned,
    ScanKind,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.values import Moment
from ciclo_schemas.warranty import (
    ItemReceived,
    Place,
    RepairAuthorized,
    ReplacementApproved,
    ReplacementShipped,
)
from services.chassis.clock import utc_now
from services.chassis.ids import new_id
from tests.benchmarks.ledger import Case
from tests.benchmarks.plans import Plan

AT_ONCE = 1_000


class Post:
    """Sends records as other systems do: CloudEvents without a sequence, keyed as the topic says."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, record: InboundEvent, key: str) -> None:
        """Send one record and wait until the broker has it."""
        await (await self._begin(record, key))

    async def send_all(self, records: Iterable[tuple[InboundEvent, str]]) -> None:
        """Send many records."""
        begun: list[asyncio.Future[object]] = []
        for record, key in records:
            begun.append(await self._begin(record, key))
            if len(begun) >= AT_ONCE:
                await asyncio.gather(*begun)
                begun.clear()
        await asyncio.gather(*begun)

    async def _begin(self, record: InboundEvent, key: str) -> "asyncio.Future[object]":
        envelope = Envelope(
            id=str(new_id()),
            source=f"/{record.publisher}",
            type=record.event_type,
            subject=key,
            time=utc_now(),
        )
        begun: asyncio.Future[object] = await self._producer.send(
            record.topic, record.write(), key=key.encode(), headers=to_headers(envelope)
        )
        return begun


class Shop:
    """Registers what was sold, before anything fails."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def registers(self, plans: Iterable[Plan]) -> int:
        """Register every purchase; returns how many there are."""
        today = utc_now().date()
        sales = [sale for plan in plans if (sale := plan.purchase(today)) is not None]
        await self._post.send_all((sale, sale.product_unit) for sale in sales)
        return len(sales)


class Workshops:
    """Service points: report the arrival of a unit, then its repair; some systems send everything twice."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._who_repairs: dict[str, str] = {}

    async def authorized(self, case: Case, repair: RepairAuthorized) -> None:
        """The unit arrives; some workshops only tell when it is repaired."""
        self._who_repairs[repair.repair_no] = repair.service_point
        first = WorkshopReportKind.RECEIVED if case.plan.receipt_is_reported else WorkshopReportKind.COMPLETED
        await self._report(case, repair.repair_no, first, utc_now())

    async def received(self, case: Case, item: ItemReceived) -> None:
        """The unit is repaired and given back."""
        if item.at is not Place.WORKSHOP or item.repair_no is None or not case.plan.receipt_is_reported:
            return
        await self._report(case, item.repair_no, WorkshopReportKind.COMPLETED, utc_now())
        await self._report(case, item.repair_no, WorkshopReportKind.RETURNED, utc_now())

    async def _report(self, case: Case, repair_no: str, kind: WorkshopReportKind, at: Moment) -> None:
        report = WorkshopReported(
            publisher=f"workshops/{self._who_repairs[repair_no]}",
            case=case.case_id,
            repair_no=repair_no,
            kind=kind,
            happened_at=at,
            work=("part.replaced", "tested") if kind is WorkshopReportKind.COMPLETED else (),
        )
        for _ in range(case.plan.reports):
            await self._post.send(report, repair_no)


class Carrier:
    """Ships the new unit, delivers it, and takes the faulty one to the warehouse."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def approved(self, case: Case, replacement: ReplacementApproved) -> None:
        """The new unit leaves."""
        shipment = f"P-{case.plan.number}-{replacement.remedy_no}"
        await self._scan(case, replacement.remedy_no, shipment, ScanKind.SHIPPED)

    async def shipped(self, case: Case, replacement: ReplacementShipped) -> None:
        """The new unit is delivered, the faulty one taken along."""
        await self._scan(case, replacement.remedy_no, replacement.shipment, ScanKind.DELIVERED)
        await self._scan(case, replacement.remedy_no, replacement.shipment, ScanKind.RECEIVED)

    async def _scan(self, case: Case, remedy_no: int, shipment: str, kind: ScanKind) -> None:
        scan = LogisticsScanned(
            publisher="carrier",
            case=case.case_id,
            remedy_no=remedy_no,
            shipment=shipment,
            kind=kind,
            happened_at=utc_now(),
        )
        await self._post.send(scan, shipment)
