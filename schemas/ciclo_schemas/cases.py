"""What customers said, published by intake on `ciclo.cases.v1`."""

from typing import ClassVar

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Channel,
    Code,
    CustomerRef,
    Facts,
    Identifier,
    Jurisdiction,
    Language,
    Moment,
    RemedyKind,
    TextRef,
)

TOPIC = "ciclo.cases.v1"


class CaseEvent(Event):
    """Something the customer, or a channel on the customer's behalf, said."""

    topic: ClassVar[str] = TOPIC
    channel: Channel
    reported_at: Moment
    """When intake received it; rights are computed from this moment."""


class CaseOpened(CaseEvent):
    """A customer reports something; the first event of every case."""

    event_type: ClassVar[str] = "ciclo.case.opened.v1"
    case_no: Identifier
    customer_ref: CustomerRef
    facts: Facts
    asked_for: RemedyKind | None = None
    language: Language
    jurisdiction: Jurisdiction
    safety_flag: bool
    text_ref: TextRef


class CaseInformationReceived(CaseEvent):
    """The customer adds words or facts."""

    event_type: ClassVar[str] = "ciclo.case.information_received.v1"
    facts: Facts
    safety_flag: bool
    text_ref: TextRef | None = None


class CaseRemedyChosen(CaseEvent):
    """The customer chooses among the remedies that warranty's assessment allows."""

    event_type: ClassVar[str] = "ciclo.case.remedy_chosen.v1"
    remedy: RemedyKind
    assessment_no: int


class CaseHumanRequested(CaseEvent):
    """The customer wants to speak to a person."""

    event_type: ClassVar[str] = "ciclo.case.human_requested.v1"
    safety_flag: bool = False
    text_ref: TextRef | None = None


class CaseResolutionConfirmed(CaseEvent):
    """The customer says it is solved: only the customer does."""

    event_type: ClassVar[str] = "ciclo.case.resolution_confirmed.v1"
    proposal_no: int


class CaseResolutionDenied(CaseEvent):
    """The customer says it is not solved, and why."""

    event_type: ClassVar[str] = "ciclo.case.resolution_denied.v1"
    proposal_no: int
    reason: Code
    safety_flag: bool
    text_ref: TextRef | None = None
