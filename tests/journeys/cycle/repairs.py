"""Repairs that fail, are refused, take longer, or are told in another order."""

from datetime import timedelta

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.warranty import ReplacementApproved
from services.chassis.clock import utc_now
from tests.journeys.cycle.journey import GUARANTEE, SOLVED, Journey, Scene

REPAIRED = ("repair.authorized", "case.escalated", "repair.completed", *SOLVED)
REPLACED = ("replacement.approved", "replacement.shipped", "replacement.delivered", *SOLVED)
CHOSEN = (
    "case.opened",
    "case.classified",
    "coverage.assessed",
    "information.requested",
    "case.remedy_chosen",
)
REPAIR = ("receipt", "remedy_choice", "repair", "solved", "closed")
FAILED = ("receipt", "remedy_choice", "repair", "apology", "remedy_choice", "compensation")


async def portuguese_second_tier(s: Scene) -> None:
    """Portugal: the repair fails, and the customer keeps the thing for less money."""
    case = await s.customer.writes("A batedeira está avariada, não funciona.", symptom="no_power")
    await s.customer.chooses("repair")
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.FAILED)
    await s.expects(case, "information.requested", 2)
    await s.customer.chooses("price_reduction", assessment=2)
    await s.expects(case, "refund.approved")
    assert s.data(case, "refund.approved")[0]["partial"] is True
    await s.erp.pays(case, 30)
    await s.customer.confirms()


async def failed_then_replaced(s: Scene) -> None:
    """Spain: the repair fails, and the customer now wants a new one."""
    case = await s.customer.writes("La aspiradora está averiada, no enciende.", symptom="no_power")
    await s.customer.chooses("repair")
    await s.workshop.reports(case, WorkshopReportKind.FAILED)
    await s.expects(case, "information.requested", 2)
    await s.customer.chooses("replacement", assessment=2)
    replaced = await s.journal.read(case.case_id, ReplacementApproved)
    assert replaced.supersedes == 1
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def refused_by_workshop(s: Scene) -> None:
    """The workshop has no room after all: the customer chooses again, and another workshop repairs."""
    case = await s.customer.writes("La aspiradora está averiada, no enciende.", symptom="no_power")
    await s.customer.chooses("repair")
    await s.workshop.reports(case, WorkshopReportKind.REFUSED)
    await s.expects(case, "repair.refused")
    await s.expects(case, "information.requested", 2)
    await s.customer.chooses("repair", assessment=2)
    await s.expects(case, "repair.authorized", 2)
    first, second = s.data(case, "repair.authorized")
    assert first["service_point"] != second["service_point"]
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED, repair=2)
    await s.customer.confirms()


async def waits_for_part(s: Scene) -> None:
    """A part is not there yet: the customer hears the new date before the old one has passed."""
    case = await s.customer.writes("La lavadora está averiada y no centrifuga.", symptom="no_spin")
    await s.customer.chooses("repair")
    await s.line.reports(case, WorkshopReportKind.RECEIVED)
    later = utc_now() + timedelta(days=25)
    await s.line.reports(case, WorkshopReportKind.DELAYED, reason="waiting_for_part", expected_at=later)
    await s.expects(case, "promise.revised")
    assert s.data(case, "case.held")[-1]["wait"] == "part"
    await s.line.reports(case, WorkshopReportKind.DELAYED, reason="waiting_for_part", expected_at=later)
    await s.line.reports(case, WorkshopReportKind.COMPLETED, work=("part.replaced",))
    await s.customer.confirms()


async def receipt_told_late(s: Scene) -> None:
    """The workshop tells that the unit arrived after it told that it is repaired."""
    case = await s.customer.writes("My dishwasher is broken, it does not switch on.", symptom="no_power")
    await s.customer.chooses("repair")
    await s.line.reports(case, WorkshopReportKind.COMPLETED, work=("tested",))
    await s.line.reports(case, WorkshopReportKind.RECEIVED, happened_at=utc_now() - timedelta(minutes=1))
    await s.line.reports(case, WorkshopReportKind.RETURNED)
    await s.expects(case, "item.returned")
    await s.customer.confirms()


JOURNEYS = (
    Journey(
        "Portugal: second tier",
        portuguese_second_tier,
        things=(GUARANTEE,),
        language="pt",
        jurisdiction="PT",
        path=(
            *CHOSEN,
            "repair.authorized",
            "repair.failed",
            "coverage.assessed",
            "case.remedy_chosen",
            "refund.approved",
            "refund.paid",
            *SOLVED,
        ),
        never=("replacement.approved",),
        once=("compensation.granted",),
        messages=(*FAILED, "refund", "solved", "closed"),
    ),
    Journey(
        "failed repair, then a new unit",
        failed_then_replaced,
        things=(GUARANTEE,),
        path=(*CHOSEN, "repair.authorized", "item.received", "repair.failed", "coverage.assessed", *REPLACED),
        never=("repair.completed",),
        messages=(*FAILED, "replacement", "shipped", "solved", "closed"),
    ),
    Journey(
        "refused by the workshop",
        refused_by_workshop,
        things=(GUARANTEE,),
        path=(*CHOSEN, "repair.authorized", "repair.refused", "coverage.assessed", *REPAIRED),
        never=("replacement.approved", "repair.failed"),
        messages=(*FAILED, "repair", "solved", "closed"),
    ),
    Journey(
        "a part is waited for",
        waits_for_part,
        things=(GUARANTEE,),
        path=("repair.authorized", "case.escalated", "promise.revised", "repair.rescheduled", *SOLVED),
        never=("promise.broken", "compensation.proposed"),
        once=("repair.rescheduled", "promise.revised"),
        messages=("receipt", "remedy_choice", "repair", "rescheduled", "solved", "closed"),
    ),
    Journey(
        "receipt told late",
        receipt_told_late,
        things=(GUARANTEE,),
        language="en",
        jurisdiction="GB",
        path=(*CHOSEN, "repair.authorized", "item.received", "repair.completed", *SOLVED),
        never=("input.rejected",),
        once=("item.received", "item.returned", "repair.completed"),
        messages=REPAIR,
    ),
)
