"""Three weeks of a case as intake has them in its timeline: a repair, a part that is missing, a complaint."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ciclo_schemas import cases, notifications, routing, warranty
from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Category,
    Channel,
    DecidedBy,
    Facts,
    Language,
    Money,
    Party,
    PartyKind,
    Policy,
    RemedyKind,
    Urgency,
    WaitName,
    Window,
)
from services.chassis.decider import Published
from services.intake.domain.records import TimelineEntry
from services.intake.domain.timeline import project

START = datetime(2026, 10, 5, 8, 41, 7, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CASE_NO = "C-7K4M-2Q9D-5"
UNIT = "FR-2040-118"
POLICY = Policy(id="es-consumer-goods", version="2022")
FIRST_LINE = Party(kind=PartyKind.QUEUE, id="first_line")
WORKSHOP = Party(kind=PartyKind.SERVICE_POINT, id="SP-MADRID")
NAMED, SUPERVISOR, OF_COMPLAINTS = (
    Party(kind=PartyKind.AGENT, id=number) for number in ("agent-03", "agent-06", "agent-08")
)
CUSTOMER_REF, TEXT_REF = f"cus_{'c' * 32}", f"txt_{'d' * 32}"
Said = tuple[int, str, Event]
"""Milliseconds after the beginning of its leg, the service, what it says."""


def sent(template: str) -> notifications.NotificationSent:
    """A mail went out."""
    return notifications.NotificationSent(
        template=template, cause=UUID(int=1), language=Language.ES, sent_at=START
    )


def held(wait: WaitName, owner: Party, days: float) -> routing.CaseHeld:
    """Waiting, until so many days after the beginning of the case."""
    return routing.CaseHeld(wait=wait, owner=owner, deadline=START + days * DAY)


def promised(number: int, kind: routing.PromiseKind, owner: Party, days: float) -> routing.PromiseMade:
    """A promise, due so many days after the beginning of the case."""
    return routing.PromiseMade(promise_no=number, kind=kind, owner=owner, due=START + days * DAY)


def opening() -> tuple[Said, ...]:
    """The customer reports a defect and is asked which remedy he wants, half a second later."""
    opened = cases.CaseOpened(
        channel=Channel.WEB,
        reported_at=START,
        case_no=CASE_NO,
        customer_ref=CUSTOMER_REF,
        facts=Facts(product_unit=UNIT, symptom_code="no_heat", area="28013"),
        language=Language.ES,
        jurisdiction="ES",
        safety_flag=False,
        text_ref=TEXT_REF,
    )
    classified = routing.CaseClassified(
        category=Category.TECHNICAL_FAULT,
        urgency=Urgency.NORMAL,
        confidence=0.94,
        reasons=("does_not_heat",),
        classified_by=DecidedBy.RULES,
        abstained=False,
        texts_read=1,
    )
    assessed = warranty.CoverageAssessed(
        assessment_no=1,
        window=Window.GUARANTEE,
        basis="statute",
        remedies_allowed=(RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
        dates=warranty.CoverageDates(),
        policy=POLICY,
        reasons=("within_guarantee",),
        assessed_by=DecidedBy.RULES,
        product_unit=UNIT,
    )
    first = routing.PromiseKind.FIRST_ANSWER
    return (
        (0, "intake", opened),
        (41, "routing", classified),
        (41, "routing", routing.CaseAssigned(owner=FIRST_LINE, queue="first_line", reason="new_case")),
        (41, "routing", promised(1, first, FIRST_LINE, 1)),
        (97, "warranty", assessed),
        (152, "routing", routing.InformationRequested(missing=("remedy",), deadline=START + 14 * DAY)),
        (152, "routing", routing.PromiseKept(promise_no=1, kind=first, kept_by="information.requested")),
        (152, "routing", held(WaitName.CUSTOMER, FIRST_LINE, 14)),
        (288, "notifications", sent("receipt")),
        (431, "notifications", sent("choose_remedy")),
    )


def repair() -> tuple[Said, ...]:
    """The customer chooses the repair."""
    chosen = cases.CaseRemedyChosen(
        channel=Channel.WEB, reported_at=START + 3 * DAY, remedy=RemedyKind.REPAIR, assessment_no=1
    )
    due = START + 11 * DAY
    authorized = warranty.RepairAuthorized(
        remedy_no=1,
        repair_no="R-118",
        product_unit=UNIT,
        defect_no=1,
        assessment_no=1,
        service_point=WORKSHOP.id,
        due=due,
        paid=False,
        policy=POLICY,
        reasons=("remedy_chosen",),
    )
    escalated = routing.CaseEscalated(
        service_point=WORKSHOP.id,
        queue="technicians.SP-MADRID",
        steps_tried=("power_cycled",),
        due=due,
        assessment_no=1,
        remedy_no=1,
    )
    return (
        (0, "intake", chosen),
        (33, "routing", routing.CaseResumed(wait=WaitName.CUSTOMER, reason="remedy_chosen")),
        (64, "warranty", authorized),
        (109, "routing", escalated),
        (109, "routing", promised(2, routing.PromiseKind.REPAIR, WORKSHOP, 11)),
        (109, "routing", held(WaitName.WORKSHOP, WORKSHOP, 11)),
        (243, "notifications", sent("repair_authorized")),
    )


def complaint() -> tuple[Said, ...]:
    """The customer asks for a person and complains, while the workshop has the unit."""
    asked = cases.CaseHumanRequested(
        channel=Channel.WEB, reported_at=START + 7 * DAY, safety_flag=False, text_ref=TEXT_REF
    )
    registered = routing.ComplaintRegistered(
        complaint_no=1,
        profile="es.ley_10_2025",
        ack_due=START + 8 * DAY,
        answer_due=START + 27 * DAY,
        owner=OF_COMPLAINTS,
    )
    return (
        (0, "intake", asked),
        (37, "routing", registered),
        (37, "routing", promised(3, routing.PromiseKind.COMPLAINT_ANSWER, OF_COMPLAINTS, 27)),
        (166, "notifications", sent("complaint_receipt")),
    )


def part() -> tuple[Said, ...]:
    """The workshop lacks a part: another date, before the old one has passed."""
    was_due, due = START + 11 * DAY, START + 16 * DAY
    why = "waiting_for_part"
    revised = routing.PromiseRevised(
        promise_no=2, kind=routing.PromiseKind.REPAIR, owner=WORKSHOP, was_due=was_due, due=due, reason=why
    )
    return (
        (
            0,
            "warranty",
            warranty.RepairRescheduled(remedy_no=1, repair_no="R-118", was_due=was_due, due=due, reason=why),
        ),
        (48, "routing", revised),
        (48, "routing", routing.CaseResumed(wait=WaitName.WORKSHOP, reason="superseded")),
        (48, "routing", held(WaitName.PART, WORKSHOP, 16)),
        (201, "notifications", sent("repair_rescheduled")),
    )


def answer() -> tuple[Said, ...]:
    """The complaint is answered."""
    answered = routing.ComplaintAnswered(
        complaint_no=1,
        outcome=routing.ComplaintOutcome.PARTLY_UPHELD,
        reasons=("slow_news",),
        answered_by=OF_COMPLAINTS,
        text_ref=TEXT_REF,
    )
    kind = routing.PromiseKind.COMPLAINT_ANSWER
    return (
        (0, "routing", answered),
        (0, "routing", routing.PromiseKept(promise_no=3, kind=kind, kept_by="complaint.answered")),
        (139, "notifications", sent("complaint_answer")),
    )


def broken() -> tuple[Said, ...]:
    """The day of the repair passes: somebody is named, the customer hears a new date and is compensated."""
    kind = routing.PromiseKind.REPAIR
    cause = routing.CompensationCause.PROMISE
    return (
        (0, "routing", routing.PromiseBroken(promise_no=2, kind=kind, due=START + 16 * DAY)),
        (0, "routing", routing.CaseResumed(wait=WaitName.PART, reason="promise.broken")),
        (0, "routing", routing.CaseAssigned(owner=SUPERVISOR, queue="first_line", reason="promise_broken")),
        (0, "routing", promised(4, kind, SUPERVISOR, 20)),
        (
            0,
            "routing",
            routing.CompensationProposed(
                cause=cause, cause_no=2, proposed_by=SUPERVISOR, reason="promise_broken"
            ),
        ),
        (
            58,
            "warranty",
            warranty.CompensationGranted(
                cause=cause,
                cause_no=2,
                amount=Money(amount_minor=1500, currency="EUR"),
                policy=POLICY,
                reasons=("own_fault",),
            ),
        ),
        (212, "notifications", sent("apology")),
        (344, "notifications", sent("compensation")),
    )


def repaired() -> tuple[Said, ...]:
    """The workshop is done; the customer is asked whether it is solved."""
    completed = warranty.RepairCompleted(
        remedy_no=1,
        repair_no="R-118",
        completed_at=START + 18.2 * DAY,
        work=("heating_element_replaced", "tested"),
        repair_guarantee_until=(START + 380 * DAY).date(),
    )
    kind = routing.PromiseKind.REPAIR
    return (
        (0, "warranty", completed),
        (46, "routing", routing.PromiseKept(promise_no=4, kind=kind, kept_by="repair.completed")),
        (46, "routing", routing.ResolutionProposed(proposal_no=1, reason="repaired", proposed_by=SUPERVISOR)),
        (46, "routing", held(WaitName.CUSTOMER, SUPERVISOR, 32)),
        (190, "notifications", sent("solved")),
    )


def end() -> tuple[Said, ...]:
    """The customer says that it is solved."""
    confirmed = cases.CaseResolutionConfirmed(
        channel=Channel.WEB, reported_at=START + 21 * DAY, proposal_no=1
    )
    closed = routing.CaseClosed(closed_as=routing.ClosedAs.CONFIRMED, proposal_no=1, reason="confirmed")
    return (
        (0, "intake", confirmed),
        (29, "routing", closed),
        (171, "notifications", notifications.SurveySent(template="survey", cause=UUID(int=1), sent_at=START)),
    )


RECEIVED = warranty.ItemReceived(
    remedy_no=1, at=warranty.Place.WORKSHOP, received_at=START, repair_no="R-118"
)
REMINDED = routing.CustomerReminded(wait=WaitName.CUSTOMER, about="remedy", n=1, deadline=START + 14 * DAY)
DELIVERED = notifications.NotificationDelivered(template="receipt", cause=UUID(int=1), delivered_at=START)
RATED = cases.CaseSurveyAnswered(channel=Channel.WEB, reported_at=START, score=4)
LEGS: tuple[tuple[timedelta, tuple[Said, ...]], ...] = (
    (timedelta(), opening()),
    (timedelta(minutes=2), ((0, "notifications", DELIVERED),)),
    (3 * DAY, ((0, "routing", REMINDED), (158, "notifications", sent("reminder")))),
    (3 * DAY + 5 * HOUR, repair()),
    (5 * DAY + 2 * HOUR, ((0, "warranty", RECEIVED),)),
    (7 * DAY + 9 * HOUR, complaint()),
    (9 * DAY + 1 * HOUR, part()),
    (12 * DAY + 4 * HOUR, answer()),
    (16 * DAY, broken()),
    (18 * DAY + 6 * HOUR, repaired()),
    (21 * DAY + 3 * HOUR, end()),
    (22 * DAY, ((0, "intake", RATED),)),
)


def long_case(case_id: UUID, legs: int = len(LEGS)) -> Iterator[TimelineEntry]:
    """The rows of the timeline, as many legs of it as are wanted; each leg is a trace."""
    counts: dict[str, int] = {}
    for leg, (after, said) in enumerate(LEGS[:legs], start=1):
        for number, (milliseconds, service, event) in enumerate(said, start=1):
            clock = {source: count for source, count in counts.items() if source != service}
            counts[service] = counts.get(service, 0) + 1
            yield from project(
                Published(
                    id=UUID(int=case_id.int ^ (leg << 16 | number)),
                    source=service,
                    sequence=counts[service],
                    type=event.event_type,
                    subject=case_id,
                    time=START + after + timedelta(milliseconds=milliseconds),
                    clock=clock,
                    data=event,
                    traceparent=f"00-{case_id.int % 2**64:016x}{leg:016x}-{leg << 16 | number:016x}-01",
                )
            )
