"""The life of a case, published by routing on `ciclo.routing.v1`."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Category,
    Code,
    DecidedBy,
    Identifier,
    Moment,
    OpenEnum,
    Party,
    TextRef,
    Urgency,
    WaitName,
)

TOPIC = "ciclo.routing.v1"


class RoutingEvent(Event):
    """A step in the life of a case."""

    topic: ClassVar[str] = TOPIC


class CaseClassified(RoutingEvent):
    """What the case is about, how sure we are, and on which words that rests."""

    event_type: ClassVar[str] = "ciclo.case.classified.v1"
    category: Category
    facets: tuple[Code, ...] = ()
    urgency: Urgency
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[Code, ...]
    classified_by: DecidedBy
    abstained: bool
    symptom_code: Code | None = None
    texts_read: int = Field(ge=0, description="how many of the customer's texts the classification rests on")


class CaseAssigned(RoutingEvent):
    """The case has an owner: a queue, then a person of it."""

    event_type: ClassVar[str] = "ciclo.case.assigned.v1"
    owner: Party
    queue: Identifier
    reason: Code
    playbook: Identifier | None = None


class CaseEscalated(RoutingEvent):
    """A technician takes over, with what was already tried (escalado al técnico)."""

    event_type: ClassVar[str] = "ciclo.case.escalated.v1"
    service_point: Identifier
    queue: Identifier
    steps_tried: tuple[Code, ...]
    due: Moment
    assessment_no: int
    remedy_no: int


class CaseHeld(RoutingEvent):
    """The case waits for somebody, by name, with an owner and a deadline."""

    event_type: ClassVar[str] = "ciclo.case.held.v1"
    wait: WaitName
    owner: Party
    deadline: Moment


class CaseResumed(RoutingEvent):
    """A wait ended."""

    event_type: ClassVar[str] = "ciclo.case.resumed.v1"
    wait: WaitName
    reason: Code


class InformationRequested(RoutingEvent):
    """The customer is asked, once, for all that is missing or to be chosen."""

    event_type: ClassVar[str] = "ciclo.information.requested.v1"
    missing: tuple[Code, ...]
    deadline: Moment


class ResolutionProposed(RoutingEvent):
    """We believe it is solved and ask the customer."""

    event_type: ClassVar[str] = "ciclo.resolution.proposed.v1"
    proposal_no: int
    reason: Code
    proposed_by: Party
    text_ref: TextRef | None = None


class ClosedAs(OpenEnum):
    """How a case ended; silence never counts as solved."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"


class CaseClosed(RoutingEvent):
    """The end of a case."""

    event_type: ClassVar[str] = "ciclo.case.closed.v1"
    closed_as: ClosedAs
    proposal_no: int | None = None
    reason: Code


class CaseReopened(RoutingEvent):
    """A word of the customer after the end."""

    event_type: ClassVar[str] = "ciclo.case.reopened.v1"
    reason: Code
    owner: Party


class PromiseKind(StrEnum):
    """What is promised to the customer; the charter gives each kind its time."""

    FIRST_ANSWER = "first_answer"
    DECISION = "decision"
    NEXT_STEP = "next_step"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class PromiseMade(RoutingEvent):
    """A promise to the customer with an owner and a date."""

    event_type: ClassVar[str] = "ciclo.promise.made.v1"
    promise_no: int
    kind: PromiseKind
    owner: Party
    due: Moment


class PromiseKept(RoutingEvent):
    """A promise was kept in time."""

    event_type: ClassVar[str] = "ciclo.promise.kept.v1"
    promise_no: int
    kind: PromiseKind
    kept_by: Code


class PromiseBroken(RoutingEvent):
    """A promise was not kept in time; the same decision names a person and makes a new promise."""

    event_type: ClassVar[str] = "ciclo.promise.broken.v1"
    promise_no: int
    kind: PromiseKind
    due: Moment
