"""Promises that nobody keeps in time: said before, broken, made good, kept in the end."""

from datetime import timedelta

from ciclo_schemas.inbound import ScanKind, WorkshopReportKind
from services.chassis.clock import utc_now
from tests.journeys.cycle.journey import (
    DAY,
    GUARANTEE,
    HOUR,
    OUT,
    SOLVED,
    TRIAL,
    Journey,
    Scene,
)

BROKEN = "El microondas está averiado, no calienta."
FORGOTTEN = "I cannot log in to my account, I forgot my password."


async def never_quoted(s: Scene) -> None:
    """The workshop never makes its offer: warned, broken, and a person goes on."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("quote")
    await s.expects(case, "quote.requested")
    await s.clock.reaches(8 * DAY)
    await s.expects(case, "promise.broken")
    await s.proposes(case, reason="no_offer")
    await s.expects(case, "resolution.proposed")
    await s.customer.confirms()


async def training_not_confirmed(s: Scene) -> None:
    """The education area does not answer: the first line takes the customer back."""
    case = await s.customer.writes("Do you offer a training course for my new sewing machine?")
    await s.expects(case, "case.diverted_to_training")
    await s.clock.reaches(49 * HOUR)
    await s.expects(case, "promise.broken")
    await s.proposes(case, "agent-05")
    await s.customer.confirms()


async def still_unknown(s: Scene) -> None:
    """The next word does not come, again and again: in the end the supervisor finds out."""
    case = await s.customer.writes("El aparato hace cosas raras con la luz a veces.")
    await s.expects(case, "case.unknown_declared")
    await s.clock.reaches(49 * HOUR)
    await s.expects(case, "case.unknown_declared", 2)
    await s.clock.reaches(98 * HOUR)
    await s.expects(case, "case.unknown_declared", 3)
    supervisor = await s.person(case, "agent-07")
    await supervisor.classifies(case, "online_support")
    await supervisor.proposes(case, "guided")
    await s.customer.confirms()


async def parcel_late(s: Scene) -> None:
    """The new unit is late: said before its date, broken at it, made good once, delivered in the end."""
    case = await s.customer.writes("La plancha no calienta, está averiada.", symptom="no_heat")
    await s.expects(case, "replacement.approved")
    await s.clock.reaches(49 * HOUR)
    await s.expects(case, "promise.at_risk")
    await s.clock.reaches(73 * HOUR)
    await s.expects(case, "compensation.granted")
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def workshop_overdue(s: Scene) -> None:
    """The workshop is late: at risk, broken, made good; a person agrees on a new date, it is repaired."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("repair")
    await s.expects(case, "case.escalated")
    await s.clock.reaches(12 * DAY + 2 * HOUR)
    await s.expects(case, "promise.at_risk")
    await s.clock.reaches(15 * DAY + HOUR)
    await s.expects(case, "compensation.granted")
    await s.person(case, "agent-06")
    later = utc_now() + timedelta(days=20)
    await s.office.moves_repair(case, later)
    await s.expects(case, "repair.rescheduled")
    await s.line.reports(case, WorkshopReportKind.COMPLETED, work=("tested",))
    await s.customer.confirms()


async def repair_called_off(s: Scene) -> None:
    """The workshop is late, and a person takes the repair away from it: the customer chooses again."""
    case = await s.customer.writes(BROKEN, symptom="no_heat")
    await s.customer.chooses("repair")
    await s.expects(case, "case.escalated")
    await s.clock.reaches(12 * DAY + 2 * HOUR)
    await s.clock.reaches(15 * DAY + HOUR)
    await s.person(case, "agent-06")
    await s.office.calls_off_repair(case)
    await s.expects(case, "information.requested", 2)
    await s.customer.chooses("replacement", assessment=2)
    await s.line.scans(case, ScanKind.SHIPPED, ScanKind.DELIVERED)
    await s.customer.confirms()


async def complaint_overdue(s: Scene) -> None:
    """The complaint is not answered in time: made good, answered by the person named then."""
    case = await s.customer.writes("Quiero poner una reclamación: nadie me contesta, es una vergüenza.")
    await s.expects(case, "complaint.registered")
    await s.clock.reaches(22 * DAY)
    await s.expects(case, "promise.broken")
    await s.colleague("agent-07").answers_complaint(case, "not_upheld", "no_call_found")
    await s.customer.confirms()


async def nobody_takes_it(s: Scene) -> None:
    """Nobody takes the case out of the queue: the promised first answer breaks, a person is named."""
    case = await s.customer.writes(FORGOTTEN)
    await s.expects(case, "case.assigned")
    await s.clock.reaches(25 * HOUR)
    await s.expects(case, "promise.broken")
    await s.proposes(case, "agent-05")
    await s.customer.confirms()


async def never_paid(s: Scene) -> None:
    """The refund is late: made good, paid in the end."""
    case = await s.customer.writes(
        "The kettle does not work, it is faulty.", symptom="no_power", asked_for="refund"
    )
    await s.expects(case, "refund.approved")
    await s.clock.reaches(14 * DAY + HOUR)
    await s.expects(case, "compensation.granted")
    await s.erp.pays(case, 40)
    await s.customer.confirms()


JOURNEYS = (
    Journey(
        "a quote that never comes",
        never_quoted,
        things=(OUT,),
        path=("quote.requested", "promise.at_risk", "promise.broken", "case.assigned", *SOLVED),
        never=("compensation.proposed", "repair.authorized"),
        messages=("receipt", "out_of_guarantee", "quote_requested", "at_risk", "apology", "solved", "closed"),
    ),
    Journey(
        "training taken back",
        training_not_confirmed,
        language="en",
        jurisdiction="GB",
        path=("case.diverted_to_training", "promise.broken", "case.resumed", "case.assigned", *SOLVED),
        never=("case.handed_off",),
        messages=("receipt", "training", "apology", "solved", "closed"),
    ),
    Journey(
        "still unknown",
        still_unknown,
        path=(
            "case.unknown_declared",
            "promise.broken",
            "case.unknown_declared",
            "promise.broken",
            "case.unknown_declared",
            "case.unknown_resolved",
            *SOLVED,
        ),
        messages=("receipt", "unknown", "unknown", "unknown", "progress", "solved", "closed"),
    ),
    Journey(
        "a parcel that is late",
        parcel_late,
        things=(TRIAL,),
        path=("promise.at_risk", "promise.broken", "compensation.proposed", "case.assigned", *SOLVED),
        once=("compensation.granted", "promise.at_risk"),
        messages=(
            "receipt",
            "replacement",
            "at_risk",
            "apology",
            "compensation",
            "shipped",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "a workshop that is late",
        workshop_overdue,
        things=(GUARANTEE,),
        path=(
            "case.escalated",
            "promise.at_risk",
            "promise.broken",
            "case.assigned",
            "promise.made",
            *SOLVED,
        ),
        once=("compensation.granted", "promise.broken"),
        messages=(
            "receipt",
            "remedy_choice",
            "repair",
            "at_risk",
            "apology",
            "compensation",
            "rescheduled",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "a repair called off",
        repair_called_off,
        things=(GUARANTEE,),
        path=("promise.broken", "case.assigned", "repair.cancelled", "replacement.approved", *SOLVED),
        never=("repair.completed", "repair.rescheduled"),
        once=("compensation.granted", "promise.broken"),
        messages=(
            "receipt",
            "remedy_choice",
            "repair",
            "at_risk",
            "apology",
            "compensation",
            "remedy_choice",
            "replacement",
            "shipped",
            "solved",
            "closed",
        ),
    ),
    Journey(
        "a complaint answered late",
        complaint_overdue,
        path=(
            "complaint.registered",
            "promise.broken",
            "compensation.proposed",
            "complaint.answered",
            *SOLVED,
        ),
        once=("compensation.granted", "complaint.registered"),
        messages=("receipt", "complaint", "apology", "compensation", "complaint_answered", "closed"),
    ),
    Journey(
        "nobody takes it",
        nobody_takes_it,
        language="en",
        jurisdiction="GB",
        path=("case.assigned", "promise.broken", "case.assigned", "promise.made", *SOLVED),
        never=("compensation.proposed",),
        messages=("receipt", "apology", "solved", "closed"),
    ),
    Journey(
        "a refund that is late",
        never_paid,
        things=(TRIAL,),
        language="en",
        jurisdiction="GB",
        path=("promise.at_risk", "promise.broken", "compensation.proposed", "case.assigned", *SOLVED),
        once=("compensation.granted",),
        messages=("receipt", "refund", "at_risk", "apology", "compensation", "solved", "closed"),
    ),
)
