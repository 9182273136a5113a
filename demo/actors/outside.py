"""The systems around Ciclo: workshops, the carrier, the ERP, the CRM. They speak Kafka."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from ciclo_schemas.cases import CaseOpened
from ciclo_schemas.inbound import (
    LogisticsScanned,
    NewCustomer,
    OpenCase,
    RefundReported,
    ScanKind,
    WordKind,
    WordSpoken,
    WorkshopQuoted,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.routing import ResolutionProposed
from ciclo_schemas.values import Channel, Facts, Language, Money
from ciclo_schemas.warranty import QuoteRequested, RefundApproved, RepairAuthorized, ReplacementApproved
from demo.actors.customer import Case
from demo.doors import THINKING_SECONDS
from demo.wire import Journal, Outsider
from demo.world import Owner
from services.chassis.clock import utc_now
from services.chassis.ids import new_id


class Workshop:
    """A service point (SAT, CAST): reads what it is asked for, and reports what it does."""

    def __init__(self, journal: Journal, outsider: Outsider) -> None:
        self._journal = journal
        self._outsider = outsider

    async def reports(
        self, case: Case, *kinds: WorkshopReportKind, repair: int = 1, as_one_of: str | None = None
    ) -> None:
        """Report these steps of the case's `repair`th repair, in order; `as_one_of`: as another workshop."""
        authorized = await self._journal.read(case.case_id, RepairAuthorized, repair)
        for kind in kinds:
            await asyncio.sleep(THINKING_SECONDS)
            report = WorkshopReported(
                publisher=f"workshops/{as_one_of or authorized.service_point}",
                case=case.case_id,
                repair_no=authorized.repair_no,
                kind=kind,
                happened_at=utc_now(),
                work=("part.replaced", "tested") if kind is WorkshopReportKind.COMPLETED else (),
                reason=_REASONS.get(kind),
                expected_at=utc_now() + LATER if kind is WorkshopReportKind.DELAYED else None,
            )
            await self._outsider.publish(report, str(case.case_id))

    async def quotes(self, case: Case, euros: int) -> None:
        """Say what the repair would cost, as soon as it is asked."""
        asked = await self._journal.read(case.case_id, QuoteRequested)
        await asyncio.sleep(THINKING_SECONDS)
        quote = WorkshopQuoted(
            publisher=f"workshops/{asked.service_point}",
            case=case.case_id,
            quote_no=asked.quote_no,
            revision=1,
            price=Money(amount_minor=euros * 100, currency="EUR"),
            valid_until=utc_now() + timedelta(days=30),
            work=("motor.replaced", "tested"),
        )
        await self._outsider.publish(quote, str(case.case_id))


class Logistics:
    """The carrier: brings the new unit, and takes the faulty one back."""

    def __init__(self, journal: Journal, outsider: Outsider) -> None:
        self._journal = journal
        self._outsider = outsider

    async def brings(self, case: Case) -> None:
        """Ship and deliver the replacement that was approved, and take the faulty unit to the warehouse."""
        for kind in (ScanKind.SHIPPED, ScanKind.DELIVERED, ScanKind.RECEIVED):
            await self._scans(case, kind, "")

    async def loses_one_and_brings_another(self, case: Case) -> None:
        """Ship, lose the parcel, ship once more and deliver."""
        for kind, parcel in (
            (ScanKind.SHIPPED, ""),
            (ScanKind.LOST, ""),
            (ScanKind.SHIPPED, "-2"),
            (ScanKind.DELIVERED, "-2"),
        ):
            await self._scans(case, kind, parcel)

    async def _scans(self, case: Case, kind: ScanKind, parcel: str) -> None:
        approved = await self._journal.read(case.case_id, ReplacementApproved)
        await asyncio.sleep(THINKING_SECONDS)
        scan = LogisticsScanned(
            publisher="carrier",
            case=case.case_id,
            remedy_no=approved.remedy_no,
            shipment=f"P-{case.case_no}-{approved.remedy_no}{parcel}",
            kind=kind,
            happened_at=utc_now(),
        )
        await self._outsider.publish(scan, str(case.case_id))


class Erp:
    """The seller's ERP: pays the refunds that warranty approved."""

    def __init__(self, journal: Journal, outsider: Outsider) -> None:
        self._journal = journal
        self._outsider = outsider

    async def pays(self, case: Case, euros: int) -> None:
        """Pay and report it."""
        approved = await self._journal.read(case.case_id, RefundApproved)
        await asyncio.sleep(THINKING_SECONDS)
        paid = RefundReported(
            publisher="shop-erp",
            case=case.case_id,
            remedy_no=approved.remedy_no,
            reference=f"PAY-{case.case_no}-{approved.remedy_no}",
            paid_at=utc_now(),
            amount=Money(amount_minor=euros * 100, currency="EUR"),
        )
        await self._outsider.publish(paid, str(case.case_id))


class Crm:
    """A CRM that speaks for its customers: opens cases by event and passes on what they say."""

    def __init__(self, journal: Journal, outsider: Outsider, opened: Callable[[Case], None]) -> None:
        self._journal = journal
        self._outsider = outsider
        self._opened = opened

    async def opens(
        self, owner: Owner, text: str, *, symptom: str | None = None, channel: Channel = Channel.PARTNER
    ) -> Case:
        """Open a case for a customer of its own, and find out from the events which case it became."""
        person = owner.person
        number = f"SR-{new_id().hex[-12:]}"
        asked = OpenCase(
            publisher="crm",
            external_ref=number,
            customer_ref=owner.customer_ref,
            customer=None
            if owner.customer_ref is not None
            else NewCustomer(name=person.name, email=person.email),
            text=text,
            facts=Facts.model_validate(owner.facts(0) | {"symptom_code": symptom}),
            channel=channel,
            language=Language(person.language),
            jurisdiction=person.jurisdiction,
        )
        await self._outsider.publish(asked, number)
        heard = await self._journal.first(
            lambda one: isinstance(one.event, CaseOpened) and one.event.external_ref == number
        )
        assert isinstance(heard.event, CaseOpened)  # noqa: S101 - the journal found it by its type
        case = Case(UUID(heard.envelope.subject), heard.event.case_no, {})
        self._opened(case)
        return case

    async def confirms(self, case: Case) -> None:
        """Pass on that it is solved, as soon as the customer was asked."""
        proposed = await self._journal.read(case.case_id, ResolutionProposed)
        await asyncio.sleep(THINKING_SECONDS)
        spoken = WordSpoken(
            publisher="crm",
            word_ref=f"W-{case.case_no}-{proposed.proposal_no}",
            case=case.case_id,
            kind=WordKind.CONFIRMATION,
            channel=Channel.PHONE,
            proposal_no=proposed.proposal_no,
        )
        await self._outsider.publish(spoken, str(case.case_id))


LATER = timedelta(days=7)
_REASONS = {
    WorkshopReportKind.FAILED: "part_not_available",
    WorkshopReportKind.DELAYED: "waiting_for_part",
    WorkshopReportKind.REFUSED: "no_capacity",
}
