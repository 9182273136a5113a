"""What customers said, published by intake on `ciclo.cases.v1`."""

from typing import Annotated, ClassVar

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    AttachmentRef,
    Channel,
    Code,
    CustomerRef,
    Facts,
    Identifier,
    Jurisdiction,
    Language,
    Moment,
    Number,
    RemedyKind,
    TextRef,
)

TOPIC = "ciclo.cases.v1"


class CaseEvent(Event):
    """Something the customer, or a channel on the customer's behalf, said."""

    topic: ClassVar[str] = TOPIC
    channel: Channel
    """The door by which it came in."""
    reported_at: Moment
    """When intake received it; rights are computed from this moment."""


class CaseOpened(CaseEvent):
    """A customer reports something; the first event of every case."""

    event_type: ClassVar[str] = "ciclo.case.opened.v1"
    case_no: Identifier
    """The reference people read out, with a check digit."""
    customer_ref: CustomerRef
    """Who reports; opaque, minted by intake alone."""
    facts: Facts
    """What the customer states in structured form."""
    asked_for: RemedyKind | None = None
    """The remedy that the customer wishes, if any was named."""
    language: Language
    """Language of the conversation."""
    jurisdiction: Jurisdiction
    """Country whose law protects the customer (ISO 3166-1 alpha-2)."""
    safety_flag: bool
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef
    """The customer's words, in intake's vault."""
    publisher: Identifier | None = None
    """The system that opened it on the customer's behalf (CRM, telephony)."""
    external_ref: Identifier | None = None
    """That system's own number of the case."""


class CaseInformationReceived(CaseEvent):
    """The customer adds words or facts."""

    event_type: ClassVar[str] = "ciclo.case.information_received.v1"
    facts: Facts
    """What the customer now states; fields that are absent change nothing."""
    safety_flag: bool
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef | None = None
    """The customer's words, in intake's vault."""
    attachments: Annotated[tuple[AttachmentRef, ...], Field(max_length=20)] = ()
    """Photos and proofs, in intake's vault."""


class CaseRemedyChosen(CaseEvent):
    """The customer chooses among the remedies that warranty's assessment allows."""

    event_type: ClassVar[str] = "ciclo.case.remedy_chosen.v1"
    remedy: RemedyKind
    """What the customer chose."""
    assessment_no: Number
    """The assessment that offered it."""


class CaseHumanRequested(CaseEvent):
    """The customer wants to speak to a person."""

    event_type: ClassVar[str] = "ciclo.case.human_requested.v1"
    safety_flag: bool = False
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef | None = None
    """The customer's words, in intake's vault."""


class CaseResolutionConfirmed(CaseEvent):
    """The customer says it is solved: only the customer does."""

    event_type: ClassVar[str] = "ciclo.case.resolution_confirmed.v1"
    proposal_no: Number
    """The proposed resolution that is confirmed."""


class CaseResolutionDenied(CaseEvent):
    """The customer says it is not solved, and why."""

    event_type: ClassVar[str] = "ciclo.case.resolution_denied.v1"
    proposal_no: Number
    """The proposed resolution that is denied."""
    reason: Code
    """Why it is not solved."""
    safety_flag: bool
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef | None = None
    """The customer's words, in intake's vault."""


class CaseQuoteAnswered(CaseEvent):
    """The customer accepts or refuses a quote (presupuesto)."""

    event_type: ClassVar[str] = "ciclo.case.quote_answered.v1"
    quote_no: Identifier
    """The quote."""
    revision: Number
    """The revision that the customer saw."""
    accepted: bool
    """Whether the customer wants it carried out."""


class CaseCancellationRequested(CaseEvent):
    """The customer wants to withdraw the case; warranty says what can be taken back."""

    event_type: ClassVar[str] = "ciclo.case.cancellation_requested.v1"
    reason: Code | None = None
    """Why, if the customer said so."""
    safety_flag: bool = False
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef | None = None
    """The customer's words, in intake's vault."""


class CaseObjectionRaised(CaseEvent):
    """The customer objects: a rejected message was meant, an answer is not accepted."""

    event_type: ClassVar[str] = "ciclo.case.objection_raised.v1"
    safety_flag: bool = False
    """Whether intake heard a safety word at the door: always urgent."""
    text_ref: TextRef | None = None
    """The customer's words, in intake's vault."""


class CaseSurveyAnswered(CaseEvent):
    """How the customer rates the service after the end; not a word that reopens the case."""

    event_type: ClassVar[str] = "ciclo.case.survey_answered.v1"
    score: Annotated[int, Field(ge=1, le=5)]
    """From 1 (bad) to 5 (good)."""
