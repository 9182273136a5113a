"""The people and systems around Ciclo. They use public doors only, and react to what they see there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ciclo_schemas.inbound import LogisticsScanned, ScanKind, WorkshopReported, WorkshopReportKind
from ciclo_schemas.warranty import RepairAuthorized, ReplacementApproved
from demo.doors import THINKING_SECONDS, Doors, seen
from demo.wire import Journal, Outsider
from demo.world import Owner
from services.chassis.clock import utc_now
from services.chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class Case:
    """What a customer keeps of a case: its number, and the key that opens it."""

    case_id: UUID
    case_no: str
    key: dict[str, str]


class Customer:
    """Writes to us, reads how the case stands, answers what is asked."""

    def __init__(self, doors: Doors, owner: Owner, opened: Callable[[Case], None]) -> None:
        self._doors = doors
        self._owner = owner
        self._opened = opened
        self._case: Case | None = None

    @property
    def case(self) -> Case:
        """The case. Raises RuntimeError before it is opened."""
        if self._case is None:
            raise RuntimeError("no case was opened yet")
        return self._case

    async def writes(self, text: str, *, symptom: str | None = None, asked_for: str | None = None) -> Case:
        """Open a case; for a customer whom the CRM knows, the shop does it at the counter."""
        person, reference = self._owner.person, self._owner.customer_ref
        known = reference is not None
        facts = {
            "product_unit": self._owner.product_unit,
            "purchase_ref": self._owner.purchase_ref,
            "symptom_code": symptom,
        }
        body = {
            "customer": {"customer_ref": reference}
            if known
            else {"name": person.name, "email": person.email},
            "text": text,
            "facts": {name: value for name, value in facts.items() if value is not None},
            "asked_for": asked_for,
            "channel": "shop" if known else "web",
            "language": person.language,
            "jurisdiction": person.jurisdiction,
        }
        show = {"Idempotency-Key": str(new_id())}
        if known:
            show |= await self._doors.key("intake", "system/shop", "cases:open")
        opened = await self._doors.ask("POST", "intake", "/v1/cases", show=show, body=body)
        key = {"Authorization": f"Bearer {opened['tracking_key']}"}
        self._case = Case(UUID(opened["case_id"]), opened["case_no"], key)
        self._opened(self._case)
        return self._case

    async def sees(self) -> dict[str, Any]:
        """The case as the customer reads it."""
        path = f"/v1/cases/{self.case.case_id}"
        view: dict[str, Any] = await self._doors.ask("GET", "intake", path, show=self.case.key)
        return view

    async def chooses(self, remedy: str) -> None:
        """Choose a remedy as soon as it is on offer."""
        view = await seen(self.sees, lambda case: remedy in (case["choice"] or {}).get("remedies", ()))
        await self._says(
            "remedy-choice", {"remedy": remedy, "assessment_no": view["choice"]["assessment_no"]}
        )

    async def confirms(self) -> None:
        """Say that it is solved, as soon as we ask."""
        await self._says("confirmation", {"proposal_no": await self._asked()})

    async def denies(self, reason: str, text: str) -> None:
        """Say that it is not solved, and why, as soon as we ask."""
        proposal = await self._asked()
        await self._says("denial", {"proposal_no": proposal, "reason": reason, "text": text})
        await seen(self.sees, lambda case: case["proposal_no"] != proposal)

    async def is_done(self) -> None:
        """Wait until the case is closed."""
        await seen(self.sees, lambda case: case["status"] == "closed")

    async def _asked(self) -> int:
        view = await seen(self.sees, lambda case: case["proposal_no"] is not None)
        return int(view["proposal_no"])

    async def _says(self, word: str, body: dict[str, Any]) -> None:
        await asyncio.sleep(THINKING_SECONDS)
        path = f"/v1/cases/{self.case.case_id}/{word}"
        show = self.case.key | {"Idempotency-Key": str(new_id())}
        await self._doors.ask("POST", "intake", path, show=show, body=body)


class Agent:
    """A person of the first line (primera línea), at routing's doors."""

    def __init__(self, doors: Doors, staff_no: str) -> None:
        self._doors = doors
        self._staff_no = staff_no

    async def takes(self, case: Case) -> None:
        """Take the case out of the queue as soon as it is there, classified."""
        await self.has(case)
        await self._does(case, "take")

    async def tries(self, case: Case, *, helped: bool) -> str:
        """Go through the next step of the playbook with the customer; returns the step."""
        step = (await self._does(case, "take"))["next_step"]  # taking what one has shows it as it stands
        await self._does(case, "steps", {"step": step, "helped": helped}, done=("already_tried",))
        return str(step)

    async def proposes(self, case: Case, reason: str) -> None:
        """Ask the customer whether it is solved."""
        await self._does(case, "resolution", {"reason": reason}, done=("already_proposed",))

    async def has(self, case: Case) -> None:
        """Wait until the case is with the first line, for the first time or again."""
        path = f"/v1/cases/{case.case_id}"

        async def look() -> dict[str, Any]:
            view: dict[str, Any] = await self._doors.ask("GET", "routing", path, show=await self._key())
            return view

        await seen(look, lambda view: view["stage"] == "in_first_line")

    async def _does(
        self, case: Case, what: str, body: dict[str, Any] | None = None, done: tuple[str, ...] = ()
    ) -> Any:
        await asyncio.sleep(THINKING_SECONDS)
        path = f"/v1/cases/{case.case_id}/{what}"
        said = {"agent": self._staff_no} | (body or {})
        return await self._doors.ask("POST", "routing", path, show=await self._key(), body=said, done=done)

    async def _key(self) -> dict[str, str]:
        return await self._doors.key("routing", f"agent/{self._staff_no}", "cases:read", "cases:work")


class Workshop:
    """A service point (SAT, CAST): reads which repairs are authorised, and reports what it does."""

    def __init__(self, journal: Journal, outsider: Outsider) -> None:
        self._journal = journal
        self._outsider = outsider

    async def reports(self, case: Case, *kinds: WorkshopReportKind) -> None:
        """Report these steps of the case's repair, in this order."""
        authorized = (await self._journal.find(case.case_id, "repair.authorized")).event
        if not isinstance(authorized, RepairAuthorized):
            raise TypeError("repair.authorized could not be read")
        for kind in kinds:
            await asyncio.sleep(THINKING_SECONDS)
            report = WorkshopReported(
                publisher=f"workshops/{authorized.service_point}",
                case=case.case_id,
                repair_no=authorized.repair_no,
                kind=kind,
                happened_at=utc_now(),
                work=("part.replaced", "tested") if kind is WorkshopReportKind.COMPLETED else (),
            )
            await self._outsider.publish(report, str(case.case_id))


class Logistics:
    """The carrier: brings the new unit, and takes the faulty one back."""

    def __init__(self, journal: Journal, outsider: Outsider) -> None:
        self._journal = journal
        self._outsider = outsider

    async def brings(self, case: Case) -> None:
        """Ship and deliver the replacement that was approved, and take the faulty unit to the warehouse."""
        approved = (await self._journal.find(case.case_id, "replacement.approved")).event
        if not isinstance(approved, ReplacementApproved):
            raise TypeError("replacement.approved could not be read")
        for kind in (ScanKind.SHIPPED, ScanKind.DELIVERED, ScanKind.RECEIVED):
            await asyncio.sleep(THINKING_SECONDS)
            scan = LogisticsScanned(
                publisher="carrier",
                case=case.case_id,
                remedy_no=approved.remedy_no,
                shipment=f"P-{case.case_no}-{approved.remedy_no}",
                kind=kind,
                happened_at=utc_now(),
            )
            await self._outsider.publish(scan, str(case.case_id))
