"""Further systems and people around Ciclo: a telephone line, warranty's office."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from ciclo_schemas.inbound import (
    LogisticsScanned,
    NewCustomer,
    OpenCase,
    ScanKind,
    WordKind,
    WordSpoken,
    WorkshopReported,
    WorkshopReportKind,
)
from ciclo_schemas.values import Channel, Facts, Language, RemedyKind
from ciclo_schemas.warranty import RepairAuthorized, ReplacementApproved
from demo.actors import Case, Crm
from demo.doors import Doors
from demo.wire import Journal, Outsider
from demo.world import Owner
from services.chassis.clock import utc_now
from services.chassis.ids import new_id

OFFICE = ("cases:read", "cases:assess", "containment:write", "units:write")


class Line:
    """A telephony system: it speaks for customers by events, and knows cases by its own numbers."""

    def __init__(self, journal: Journal, outsider: Outsider, crm: Crm) -> None:
        self._journal = journal
        self._outsider = outsider
        self._opened: Callable[[Case], None] = crm._opened

    async def opens(
        self,
        owner: Owner,
        text: str,
        *,
        names: int | None = None,
        symptom: str | None = None,
        asked_for: RemedyKind | None = None,
        times: int = 1,
    ) -> tuple[Case, str]:
        """Open a case, perhaps saying so more than once; the case and the line's own number of it."""
        number = f"TEL-{new_id().hex[-12:]}"
        person = owner.person
        new = NewCustomer(name=person.name, email=person.email) if owner.customer_ref is None else None
        asked = OpenCase(
            publisher="telephony",
            external_ref=number,
            customer_ref=owner.customer_ref,
            customer=new,
            text=text,
            facts=Facts.model_validate(owner.facts(names) | {"symptom_code": symptom}),
            asked_for=asked_for,
            channel=Channel.PHONE,
            language=Language(person.language),
            jurisdiction=person.jurisdiction,
        )
        for _ in range(times):
            await self._outsider.publish(asked, number)
        heard = await self._journal.first(
            lambda one: one.name == "case.opened" and getattr(one.event, "external_ref", None) == number
        )
        case = Case(UUID(heard.envelope.subject), getattr(heard.event, "case_no", ""), {})
        self._opened(case)
        return case, number

    async def opens_for(self, customer_ref: str) -> str:
        """Try to open a case for somebody by a reference; returns the input's id."""
        number = f"TEL-{new_id().hex[-12:]}"
        asked = OpenCase(
            publisher="telephony",
            external_ref=number,
            customer_ref=customer_ref,
            text="Mmm",
            channel=Channel.PHONE,
            language=Language.ES,
            jurisdiction="ES",
        )
        return await self._outsider.publish(asked, number)

    async def says(self, case: Case | str, kind: WordKind, *, times: int = 1, **said: Any) -> str:
        """Pass on a word about a case, known by id or by the line's number; returns the last input's id."""
        about = {"external_ref": case} if isinstance(case, str) else {"case": case.case_id}
        word = WordSpoken.model_validate(
            {
                "publisher": "telephony",
                "word_ref": f"W-{new_id().hex[-12:]}",
                "kind": kind,
                "channel": Channel.PHONE,
                **about,
                **said,
            }
        )
        subject = case if isinstance(case, str) else str(case.case_id)
        sent = ""
        for _ in range(times):
            sent = await self._outsider.publish(word, subject)
        return sent

    async def scans(self, case: Case, *kinds: ScanKind, remedy: int = 1) -> None:
        """What the carrier scans of one replacement, step by step."""
        approved = await self._journal.read(case.case_id, ReplacementApproved, remedy)
        for kind in kinds:
            scan = LogisticsScanned(
                publisher="carrier",
                case=case.case_id,
                remedy_no=approved.remedy_no,
                shipment=f"P-{case.case_no}-{approved.remedy_no}",
                kind=kind,
                happened_at=utc_now(),
            )
            await self._outsider.publish(scan, str(case.case_id))

    async def reports(self, case: Case, kind: WorkshopReportKind, *, repair: int = 1, **more: Any) -> str:
        """What the workshop of a repair reports; returns the input's id."""
        authorized = await self._journal.read(case.case_id, RepairAuthorized, repair)
        report = WorkshopReported.model_validate(
            {
                "publisher": f"workshops/{authorized.service_point}",
                "case": case.case_id,
                "repair_no": authorized.repair_no,
                "kind": kind,
                "happened_at": utc_now(),
                **more,
            }
        )
        return await self._outsider.publish(report, str(case.case_id))


class Office:
    """Staff of warranty at its doors, and a mail provider at that of notifications."""

    def __init__(self, doors: Doors, journal: Journal) -> None:
        self._doors = doors
        self._journal = journal

    async def does(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask something at one of warranty's doors."""
        show = await self._doors.key("warranty", "agent/agent-06", *OFFICE)
        return await self._doors.ask(method, "warranty", path, show=show, body=body)

    async def assesses(self, case: Case, unit: str, *remedies: str) -> None:
        """Assess by hand that the unit is in guarantee."""
        body = {
            "window": "guarantee",
            "basis": "legal_guarantee",
            "remedies_allowed": remedies,
            "reasons": ["proof_seen"],
            "product_unit": unit,
        }
        await self.does("POST", f"/v1/cases/{case.case_id}/assessments", body)

    async def moves_repair(self, case: Case, due: datetime) -> None:
        """Give the case's first repair the date that was agreed with the workshop."""
        body = {"due": due.isoformat().replace("+00:00", "Z"), "reason": "agreed_with_workshop"}
        await self.does("POST", f"{await self._repair(case)}/reschedule", body)

    async def calls_off_repair(self, case: Case) -> None:
        """Call the case's first repair off."""
        body = {"reason": "workshop_overdue"}
        await self.does("POST", f"{await self._repair(case)}/cancellation", body)

    async def _repair(self, case: Case) -> str:
        authorized = await self._journal.read(case.case_id, RepairAuthorized)
        return f"/v1/cases/{case.case_id}/repairs/{authorized.repair_no}"

    async def bounces(self, message_id: str) -> None:
        """Report, as the mail provider, that a mail came back."""
        at = utc_now().isoformat().replace("+00:00", "Z")
        body = {"message_id": message_id, "kind": "bounced", "at": at, "reason": "mailbox_full"}
        show = await self._doors.key("notifications", "system/mail-provider", "deliveries:report")
        path = "/v1/delivery-reports"
        await self._doors.ask("POST", "notifications", path, show=show, body=body, not_yet=("not_seen_yet",))
