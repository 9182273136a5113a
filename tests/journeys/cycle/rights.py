"""Rights in three countries and for businesses: trials, refunds, who wants nothing."""

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from ciclo_schemas.values import Buyer
from ciclo_schemas.warranty import ReplacementApproved
from tests.journeys.cycle.journey import GUARANTEE, OUT, SOLVED, TRIAL, Journey, Scene, Thing

BUSINESS_TRIAL = Thing(6, seller="acme-shop", buyer=Buyer.BUSINESS)
REPAIRED = ("repair.authorized", "case.escalated", "repair.completed", *SOLVED)
REPLACED = ("replacement.approved", "replacement.shipped", "replacement.delivered", *SOLVED)
CHOSEN = (
    "case.opened",
    "case.classified",
    "coverage.assessed",
    "information.requested",
    "case.remedy_chosen",
)
NEW_UNIT = ("receipt", "replacement", "shipped", "solved", "closed")
REPAIR = ("receipt", "remedy_choice", "repair", "solved", "closed")


async def refund_before_shipping(s: Scene) -> None:
    """United Kingdom: a new unit was approved at once, and the customer takes the money in its place."""
    case = await s.customer.writes("The kettle does not work, it is faulty.", symptom="no_power")
    await s.journal.read(case.case_id, ReplacementApproved)
    await s.customer.says("remedy-choice", {"remedy": "refund", "assessment_no": 1})
    await s.expects(case, "refund.approved")
    assert s.data(case, "refund.approved")[0]["supersedes"] == 1
    await s.erp.pays(case, 40)
    await s.customer.confirms()


async def refund_after_shipping(s: Scene) -> None:
    """United Kingdom: the new unit is on its way; the money is no longer to be had instead of it."""
    case = await s.customer.writes("The kettle does not work, it is faulty.", symptom="no_power")
    await s.line.scans(case, ScanKind.SHIPPED)
    await s.expects(case, "replacement.shipped")
    await s.customer.says("remedy-choice", {"remedy": "refund", "assessment_no": 1})
    await s.expects(case, "remedy.already_in_force")
    await s.line.scans(case, ScanKind.DELIVERED)
    await s.customer.confirms()


async def wants_none(s: Scene) -> None:
    """Out of guarantee, and the customer wants no quote: he says so, and that is that."""
    case = await s.customer.writes("El microondas está averiado, no calienta.", symptom="no_heat")
    await s.expects(case, "information.requested")
    await s.customer.adds("Gracias, entonces compro otro.")
    await s.proposes(case, reason="informed")
    await s.customer.confirms()


async def business_in_guarantee(s: Scene) -> None:
    """A business buyer with a seller's promise has the remedies that the seller gives."""
    case = await s.customer.writes("La lavadora está averiada y no centrifuga.", symptom="no_spin")
    await s.customer.chooses("repair")
    assert s.data(case, "coverage.assessed")[0]["basis"] == "commercial_guarantee"
    await s.workshop.reports(case, WorkshopReportKind.RECEIVED, WorkshopReportKind.COMPLETED)
    await s.customer.confirms()


async def delivered(s: Scene) -> None:
    """A defect in the trial: a new unit at once."""
    case = await s.customer.writes("La lavadora está averiada y no centrifuga.", symptom="no_spin")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def only_words(s: Scene) -> None:
    """Told in words alone: a person declares the defect, the customer is not asked."""
    case = await s.customer.writes("La plancha no calienta, está averiada.")
    person = await s.person(case)
    await person.classifies(case, "technical_fault", "no_heat")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def two_units(s: Scene) -> None:
    """Two things of one customer: one gets a new unit, the other waits for a choice; neither is the other."""
    case = await s.customer.writes("La plancha no calienta, está averiada.", symptom="no_heat", names=0)
    second = await s.other.writes("El microondas está averiado, no calienta.", symptom="no_heat", names=1)
    await s.other.chooses("replacement")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.line.scans(second, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.other.confirms()
    await s.customer.confirms()
    await s.other.is_done()


JOURNEYS = (
    Journey(
        "United Kingdom: the money before the new unit left",
        refund_before_shipping,
        things=(TRIAL,),
        language="en",
        jurisdiction="GB",
        path=(
            "coverage.assessed",
            "replacement.approved",
            "replacement.withdrawn",
            "refund.approved",
            "refund.paid",
            *SOLVED,
        ),
        never=("repair.authorized", "replacement.shipped"),
        messages=("receipt", "replacement", "refund", "solved", "closed"),
    ),
    Journey(
        "United Kingdom: the money after the new unit left",
        refund_after_shipping,
        things=(TRIAL,),
        language="en",
        jurisdiction="GB",
        path=("replacement.approved", "replacement.shipped", "remedy.already_in_force", *SOLVED),
        never=("refund.approved", "replacement.withdrawn", "promise.broken"),
        messages=("receipt", "replacement", "shipped", "progress", "solved", "closed"),
    ),
    Journey(
        "out of guarantee: no quote wanted",
        wants_none,
        things=(OUT,),
        path=("coverage.assessed", "information.requested", "case.information_received", *SOLVED),
        never=("quote.requested", "repair.authorized"),
        messages=("receipt", "out_of_guarantee", "progress", "solved", "closed"),
    ),
    Journey(
        "business: the seller's guarantee",
        business_in_guarantee,
        things=(Thing(100, seller="north-store", buyer=Buyer.BUSINESS),),
        path=(*CHOSEN, *REPAIRED),
        never=("replacement.approved",),
        messages=REPAIR,
    ),
    Journey(
        "business: the seller's trial",
        delivered,
        things=(BUSINESS_TRIAL,),
        path=("case.opened", "case.classified", "coverage.assessed", *REPLACED),
        never=("case.escalated", "information.requested", "case.assigned"),
        messages=NEW_UNIT,
    ),
    Journey(
        "trial, in words alone",
        only_words,
        things=(TRIAL,),
        path=("case.classified", "coverage.assessed", "case.assigned", "case.classified", *REPLACED),
        never=("information.requested", "case.escalated"),
        messages=("receipt", "progress", "replacement", "shipped", "solved", "closed"),
    ),
    Journey(
        "two things of one customer",
        two_units,
        things=(TRIAL, GUARANTEE),
        known=True,
        path=("coverage.assessed", *REPLACED),
        others=(("coverage.assessed", "information.requested", "case.remedy_chosen", *REPLACED),),
        never=("case.linked", "case.escalated", "remedy.already_in_force"),
        once=("replacement.approved",),
        messages=NEW_UNIT,
    ),
)
