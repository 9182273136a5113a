"""The life of a case, published by routing on `ciclo.routing.v1`."""

from typing import ClassVar

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Category,
    Code,
    Codes,
    DecidedBy,
    Identifier,
    Moment,
    Number,
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
    """What the case is about; the best guess when abstained."""
    facets: Codes = ()
    """What else rides on it, such as `complaint`."""
    urgency: Urgency
    """How soon a person must look at it."""
    confidence: float = Field(ge=0, le=1)
    """From 0 to 1; an agent's word is 1."""
    reasons: Codes
    """Why, as codes."""
    classified_by: DecidedBy
    """Rules, a model or an agent; an agent's word is never overwritten by the others."""
    abstained: bool
    """True when nobody should act on `category`: a person classifies."""
    symptom_code: Code | None = None
    """The defect that an agent declares on the customer's behalf."""
    texts_read: int = Field(ge=0, le=1_000_000)
    """How many of the customer's texts the classification rests on."""


class CaseAssigned(RoutingEvent):
    """The case has an owner: a queue, then a person of it."""

    event_type: ClassVar[str] = "ciclo.case.assigned.v1"
    owner: Party
    """Who answers for the case from now on."""
    queue: Identifier
    """The queue it stands in."""
    reason: Code
    """Why it goes there."""
    playbook: Identifier | None = None
    """The steps proposed to the first line."""


class CaseEscalated(RoutingEvent):
    """A technician takes over, with what was already tried (escalado al técnico)."""

    event_type: ClassVar[str] = "ciclo.case.escalated.v1"
    service_point: Identifier
    """The workshop that warranty authorised."""
    queue: Identifier
    """The technicians' queue."""
    steps_tried: Codes
    """What was already tried, so that nobody tries it again."""
    due: Moment
    """When the repair is promised."""
    assessment_no: Number
    """The assessment that the escalation rests on."""
    remedy_no: Number
    """The remedy that the technician carries out."""


class CaseHeld(RoutingEvent):
    """The case waits for somebody, by name, with an owner and a deadline."""

    event_type: ClassVar[str] = "ciclo.case.held.v1"
    wait: WaitName
    """Who or what it waits for."""
    owner: Party
    """Who answers for the case meanwhile."""
    deadline: Moment
    """When the wait ends at the latest."""


class CaseResumed(RoutingEvent):
    """A wait ended."""

    event_type: ClassVar[str] = "ciclo.case.resumed.v1"
    wait: WaitName
    """The wait that ended."""
    reason: Code
    """What ended it."""


class InformationRequested(RoutingEvent):
    """The customer is asked, once, for all that is missing or to be chosen."""

    event_type: ClassVar[str] = "ciclo.information.requested.v1"
    missing: Codes
    """What is missing or to be chosen."""
    deadline: Moment
    """Until when the answer is waited for."""


class ResolutionProposed(RoutingEvent):
    """We believe it is solved and ask the customer."""

    event_type: ClassVar[str] = "ciclo.resolution.proposed.v1"
    proposal_no: Number
    """Counts the proposals of the case."""
    reason: Code
    """Why we believe it is solved."""
    proposed_by: Party
    """Who proposes it."""
    text_ref: TextRef | None = None
    """An explanation for the customer, in intake's vault."""


class ClosedAs(OpenEnum):
    """How a case ended; silence never counts as solved."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"


class CaseClosed(RoutingEvent):
    """The end of a case."""

    event_type: ClassVar[str] = "ciclo.case.closed.v1"
    closed_as: ClosedAs
    """Confirmed by the customer, or not."""
    proposal_no: Number | None = None
    """The proposal that was confirmed or never answered."""
    reason: Code
    """Why it ends."""


class CaseReopened(RoutingEvent):
    """A word of the customer after the end."""

    event_type: ClassVar[str] = "ciclo.case.reopened.v1"
    reason: Code
    """What the customer did."""
    owner: Party
    """Who answers for the case again."""


class PromiseKind(OpenEnum):
    """What is promised to the customer; the charter gives each kind its time."""

    FIRST_ANSWER = "first_answer"
    DECISION = "decision"
    NEXT_STEP = "next_step"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    UNKNOWN = "unknown"


class PromiseMade(RoutingEvent):
    """A promise to the customer with an owner and a date."""

    event_type: ClassVar[str] = "ciclo.promise.made.v1"
    promise_no: Number
    """Counts the promises of the case."""
    kind: PromiseKind
    """What is promised."""
    owner: Party
    """Who answers for it."""
    due: Moment
    """Until when it is to be kept."""


class PromiseKept(RoutingEvent):
    """A promise was kept in time."""

    event_type: ClassVar[str] = "ciclo.promise.kept.v1"
    promise_no: Number
    """The promise."""
    kind: PromiseKind
    """What was promised."""
    kept_by: Code
    """What kept it."""


class PromiseBroken(RoutingEvent):
    """A promise was not kept in time; the same decision names a person and makes a new promise."""

    event_type: ClassVar[str] = "ciclo.promise.broken.v1"
    promise_no: Number
    """The promise."""
    kind: PromiseKind
    """What was promised."""
    due: Moment
    """Until when it should have been kept."""
