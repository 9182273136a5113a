"""Events as notifications hears them, with what the test cares about and sensible values for the rest."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from ciclo_schemas.cases import (
    CaseCancellationRequested,
    CaseHumanRequested,
    CaseInformationReceived,
    CaseObjectionRaised,
    CaseOpened,
    CaseResolutionDenied,
)
from ciclo_schemas.events import Event
from ciclo_schemas.routing import (
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseHeld,
    CaseLinked,
    CaseReopened,
    CaseUnknownDeclared,
    ClosedAs,
    ComplaintAnswered,
    ComplaintOutcome,
    ComplaintRegistered,
    CustomerReminded,
    InformationRequested,
    PromiseAtRisk,
    PromiseKind,
    PromiseMade,
    PromiseRevised,
    ResolutionProposed,
)
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
from ciclo_schemas.warranty import (
    CancellationAssessed,
    CannotCancel,
    ContainmentNotified,
    CoverageAssessed,
    CoverageDates,
    QuoteIssued,
    RefundApproved,
    RefundPaid,
    RepairAuthorized,
    RepairCancelled,
    RepairRescheduled,
    ReplacementApproved,
    ReplacementShipped,
    ReplacementWithdrawn,
)
from services.chassis.decider import Decision, Given, Origin
from services.notifications.domain.conversation import Conversation
from services.notifications.domain.message import SendMessage
from services.notifications.handlers import CONVERSATIONS
from services.notifications.store import TABLES
from tests.support.deciders import CASE, NOW, FactsOf

CUSTOMER = "cus_" + "0" * 31 + "1"
FIRST_LINE = Party(kind=PartyKind.QUEUE, id="first_line")
AGENT = Party(kind=PartyKind.AGENT, id="P-104")
SOON = NOW + timedelta(hours=4)
LATER = NOW + timedelta(days=10)
EUROS = Money(amount_minor=6490, currency="EUR")
POLICY = Policy(id="es-trlgdcu", version="2022-01-01")


def opened(**but: Any) -> CaseOpened:
    """A customer reports a fault."""
    values: dict[str, Any] = {
        "channel": Channel.WEB,
        "reported_at": NOW,
        "case_no": "C-482910-7",
        "customer_ref": CUSTOMER,
        "facts": Facts(product_unit="TV-55-0001"),
        "asked_for": RemedyKind.REPAIR,
        "language": Language.ES,
        "jurisdiction": "ES",
        "safety_flag": False,
        "text_ref": "txt_" + "a" * 32,
    }
    return CaseOpened.model_validate(values | but)


def promised(kind: PromiseKind, no: int = 1, due: datetime = SOON, owner: Party = FIRST_LINE) -> PromiseMade:
    return PromiseMade(promise_no=no, kind=kind, owner=owner, due=due)


def classified(category: Category) -> CaseClassified:
    return CaseClassified(
        category=category,
        urgency=Urgency.NORMAL,
        confidence=0.9,
        reasons=("keyword.broken",),
        classified_by=DecidedBy.RULES,
        abstained=False,
        texts_read=1,
    )


def assessed(window: Window, **but: Any) -> CoverageAssessed:
    values: dict[str, Any] = {
        "assessment_no": 1,
        "window": window,
        "basis": "legal_guarantee",
        "remedies_allowed": (RemedyKind.REPAIR, RemedyKind.REPLACEMENT),
        "dates": CoverageDates(guarantee_until=date(2028, 1, 5), trial_until=date(2026, 2, 1)),
        "policy": POLICY,
        "reasons": ("reported_in_guarantee",),
        "assessed_by": DecidedBy.RULES,
        "product_unit": "TV-55-0001",
    }
    return CoverageAssessed.model_validate(values | but)


def replacement(window: Window = Window.TRIAL) -> ReplacementApproved:
    return ReplacementApproved(
        remedy_no=1,
        product_unit="TV-55-0001",
        defect_no=1,
        assessment_no=1,
        window=window,
        policy=POLICY,
        reasons=("reported_in_trial",),
        promised_by=LATER,
    )


def repair() -> RepairAuthorized:
    return RepairAuthorized(
        remedy_no=1,
        repair_no="R-1001",
        product_unit="TV-55-0001",
        defect_no=1,
        assessment_no=1,
        service_point="SAT-MADRID-01",
        due=LATER,
        paid=False,
        policy=POLICY,
        reasons=("reported_in_guarantee",),
    )


def shipped() -> ReplacementShipped:
    return ReplacementShipped(remedy_no=1, shipment="ENV-77", shipped_at=NOW)


def asked(*missing: str) -> InformationRequested:
    return InformationRequested(missing=missing, deadline=LATER)


def proposed(no: int = 1, reason: str = "repair.completed") -> ResolutionProposed:
    return ResolutionProposed(
        proposal_no=no, reason=reason, proposed_by=Party(kind=PartyKind.SERVICE, id="routing")
    )


def held(wait: WaitName = WaitName.CUSTOMER) -> CaseHeld:
    return CaseHeld(wait=wait, owner=FIRST_LINE, deadline=LATER)


def assigned(reason: str, owner: Party = AGENT) -> CaseAssigned:
    return CaseAssigned(owner=owner, queue="first_line", reason=reason)


def denied(safety_flag: bool = False) -> CaseResolutionDenied:
    return CaseResolutionDenied(
        channel=Channel.WEB, reported_at=NOW, proposal_no=1, reason="still_broken", safety_flag=safety_flag
    )


def added(safety_flag: bool = False) -> CaseInformationReceived:
    return CaseInformationReceived(
        channel=Channel.WEB, reported_at=NOW, facts=Facts(), safety_flag=safety_flag
    )


def wants_a_person(safety_flag: bool = False) -> CaseHumanRequested:
    return CaseHumanRequested(channel=Channel.PHONE, reported_at=NOW, safety_flag=safety_flag)


def closed(closed_as: ClosedAs) -> CaseClosed:
    return CaseClosed(closed_as=closed_as, proposal_no=1, reason="customer_confirmed")


class Customer:
    """One customer's case: hears events, and keeps every message that became owed."""

    def __init__(self) -> None:
        self.state: Conversation | None = None
        self.heard = 0
        self.owed: list[SendMessage] = []

    def hears(self, *events: Event) -> list[SendMessage]:
        """The messages that these events made us owe."""
        before = len(self.owed)
        for event in events:
            decision = self.decides(event)
            self.state = decision.state
            assert self.state is None or Conversation.model_validate_json(self.state.stored()) == self.state
            self.owed += [effect.data for effect in decision.effects if isinstance(effect.data, SendMessage)]
        return self.owed[before:]

    def decides(self, event: Event) -> Decision[Conversation]:
        """One decision, about an event with an id of its own."""
        self.heard += 1
        given = Given(CASE, NOW, UUID(int=self.heard), Origin.EVENT, FactsOf(TABLES))
        return CONVERSATIONS.on[type(event)](self.state, event, given)


def told(messages: list[SendMessage]) -> list[str]:
    """The names of messages."""
    return [message.template.value for message in messages]


def paid_repair() -> RepairAuthorized:
    return repair().model_copy(update={"paid": True, "quote_no": "Q-1"})


def refund(**but: Any) -> RefundApproved:
    values: dict[str, Any] = {
        "remedy_no": 2,
        "product_unit": "TV-55-0001",
        "defect_no": 1,
        "assessment_no": 1,
        "window": Window.TRIAL,
        "policy": POLICY,
        "reasons": ("chosen_by_customer",),
        "promised_by": LATER,
    }
    return RefundApproved.model_validate(values | but)


def refund_paid() -> RefundPaid:
    return RefundPaid(remedy_no=2, reference="PAY-1", paid_at=NOW, amount=EUROS)


def withdrawn(reason: str) -> ReplacementWithdrawn:
    return ReplacementWithdrawn(remedy_no=1, reason=reason)


def repair_cancelled(reason: str) -> RepairCancelled:
    return RepairCancelled(remedy_no=1, repair_no="R-1001", reason=reason)


def rescheduled(due: datetime, was_due: datetime = LATER) -> RepairRescheduled:
    return RepairRescheduled(
        remedy_no=1, repair_no="R-1001", was_due=was_due, due=due, reason="waiting_for_part"
    )


def quoted(revision: int = 1) -> QuoteIssued:
    return QuoteIssued(
        quote_no="Q-1",
        revision=revision,
        service_point="taller-rio",
        price=EUROS,
        valid_until=LATER,
        work=("motor.replaced",),
    )


def revised(due: datetime, kind: PromiseKind = PromiseKind.REPAIR) -> PromiseRevised:
    return PromiseRevised(
        promise_no=2, kind=kind, owner=AGENT, was_due=LATER, due=due, reason="waiting_for_part"
    )


def at_risk(reason: str) -> PromiseAtRisk:
    return PromiseAtRisk(promise_no=2, kind=PromiseKind.REPLACEMENT, due=LATER, reason=reason)


def unknown(no: int = 1) -> CaseUnknownDeclared:
    return CaseUnknownDeclared(owner=AGENT, next_update_at=LATER, reason="abstained", unknown_no=no)


def linked() -> CaseLinked:
    return CaseLinked(survivor=UUID(int=9), reason="reported_earlier")


def reopened(reason: str) -> CaseReopened:
    return CaseReopened(reason=reason, owner=AGENT)


def reminded(n: int = 1) -> CustomerReminded:
    return CustomerReminded(wait=WaitName.CUSTOMER, about="remedy", n=n, deadline=LATER)


def complaint() -> ComplaintRegistered:
    return ComplaintRegistered(
        complaint_no=1, profile="es.ley_10_2025", ack_due=SOON, answer_due=LATER, owner=AGENT
    )


def complaint_answered(no: int = 1) -> ComplaintAnswered:
    return ComplaintAnswered(
        complaint_no=no, outcome=ComplaintOutcome.UPHELD, reasons=("promise_not_kept",), answered_by=AGENT
    )


def cancellation(*cannot: str) -> CancellationAssessed:
    held_up = tuple(CannotCancel(what=what, reason="shipped") for what in cannot)
    return CancellationAssessed(taken_back=("repair",), cannot=held_up)


def containment() -> ContainmentNotified:
    return ContainmentNotified(
        containment="CT-1", product_unit="TV-55-0001", cause="overheats", advice="stop_using"
    )


def wants_to_cancel(safety_flag: bool = False) -> CaseCancellationRequested:
    return CaseCancellationRequested(channel=Channel.WEB, reported_at=NOW, safety_flag=safety_flag)


def objects(safety_flag: bool = False) -> CaseObjectionRaised:
    return CaseObjectionRaised(channel=Channel.WEB, reported_at=NOW, safety_flag=safety_flag)
