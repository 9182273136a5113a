"""What the other services publish in these stories."""

from datetime import UTC, datetime, timedelta

from ciclo_schemas import routing, warranty
from ciclo_schemas.values import (
    DecidedBy,
    Money,
    Party,
    PartyKind,
    Policy,
    RemedyKind,
    WaitName,
    Window,
)

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=14)
PERSON = Party(kind=PartyKind.AGENT, id="agent-03")
CUSTOMER = Party(kind=PartyKind.CUSTOMER, id="customer")
QUEUE = Party(kind=PartyKind.QUEUE, id="first_line")
OUT_OF_GUARANTEE = (
    warranty.ServicePointOption(service_point="SAT-7", official=True),
    warranty.ServicePointOption(service_point="TALLER-12", official=False),
)
POLICY = Policy(id="es-consumer-goods", version="2022")

FIRST_ANSWER = routing.PromiseMade(
    promise_no=1, kind=routing.PromiseKind.FIRST_ANSWER, owner=QUEUE, due=NOW + timedelta(days=1)
)
ASSIGNED = routing.CaseAssigned(owner=PERSON, queue="first_line", reason="taken")


def assessed(
    *remedies: RemedyKind, number: int = 1, window: Window = Window.GUARANTEE
) -> warranty.CoverageAssessed:
    """Warranty says what the customer may choose."""
    return warranty.CoverageAssessed(
        assessment_no=number,
        window=window,
        basis="statute",
        remedies_allowed=remedies,
        dates=warranty.CoverageDates(),
        policy=POLICY,
        reasons=("within_guarantee",),
        assessed_by=DecidedBy.RULES,
        product_unit="FR-2040-118",
        service_points=OUT_OF_GUARANTEE if window is Window.OUT else (),
    )


def asked(*missing: str, text_ref: str | None = None) -> routing.InformationRequested:
    """Routing asks for all of this at once."""
    return routing.InformationRequested(missing=missing, deadline=SOON, text_ref=text_ref)


WAITING = routing.CaseHeld(wait=WaitName.CUSTOMER, owner=CUSTOMER, deadline=SOON)


def proposed(number: int = 1) -> routing.ResolutionProposed:
    """Routing asks whether it is solved."""
    return routing.ResolutionProposed(proposal_no=number, reason="repair_completed", proposed_by=PERSON)


def quoted(number: str = "Q-1", revision: int = 1) -> warranty.QuoteIssued:
    """A workshop says what the repair costs."""
    return warranty.QuoteIssued(
        quote_no=number,
        revision=revision,
        service_point="sat-madrid-2",
        price=Money(amount_minor=8950, currency="EUR"),
        valid_until=SOON,
        work=("heating_element_replaced", "tested"),
    )


CLOSED = routing.CaseClosed(closed_as=routing.ClosedAs.CONFIRMED, proposal_no=1, reason="confirmed")
REJECTED = routing.CaseRejected(reason="spam", objection_until=SOON)
