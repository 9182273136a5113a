"""The life of a case, published by routing on `ciclo.routing.v1`."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ciclo_schemas.events import Event
from ciclo_schemas.values import (
    Category,
    Code,
    Codes,
    DecidedBy,
    Identifier,
    Moment,
    Money,
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
    asked_by: Party | None = None
    """The person who asks; nobody when the flow itself does."""
    text_ref: TextRef | None = None
    """That person's words to the customer, in intake's vault."""


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
    REFUND = "refund"
    QUOTE = "quote"
    TRAINING = "training"
    COMPLAINT_ANSWER = "complaint_answer"
    UPDATE = "update"
    """The next honest word about what we do not know yet."""
    CANCELLATION = "cancellation"
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


class PromiseAtRisk(RoutingEvent):
    """A promise will probably not be kept; said before its date, not after."""

    event_type: ClassVar[str] = "ciclo.promise.at_risk.v1"
    promise_no: Number
    """The promise."""
    kind: PromiseKind
    """What was promised."""
    due: Moment
    """Until when it is to be kept."""
    reason: Code
    """What endangers it."""


class PromiseRevised(RoutingEvent):
    """A live promise gets another date, before the old one passed."""

    event_type: ClassVar[str] = "ciclo.promise.revised.v1"
    promise_no: Number
    """The promise."""
    kind: PromiseKind
    """What was promised."""
    owner: Party
    """Who answers for it."""
    was_due: Moment
    """The date that was promised before."""
    due: Moment
    """The date that is promised now."""
    reason: Code
    """Why."""


class CaseHandedOff(RoutingEvent):
    """One party hands the case to another (traspaso); counted, and limited by the charter."""

    event_type: ClassVar[str] = "ciclo.case.handed_off.v1"
    by: Party
    """Who had the case."""
    to: Party
    """Who has it now."""
    queue: Identifier
    """The queue it stands in now."""
    reason: Code
    """Why."""
    handoff_no: Number
    """Counts the hand-offs of the case."""


class CaseDivertedToTraining(RoutingEvent):
    """The customer wants to learn: the education area (formación) is asked to take over, warmly."""

    event_type: ClassVar[str] = "ciclo.case.diverted_to_training.v1"
    queue: Identifier
    """The queue of the education area."""
    due: Moment
    """Until when the education area is to confirm."""


class CaseUnknownDeclared(RoutingEvent):
    """Nobody knows yet, and we say so: who finds out, and when the customer hears again."""

    event_type: ClassVar[str] = "ciclo.case.unknown_declared.v1"
    owner: Party
    """Who finds out."""
    next_update_at: Moment
    """When the customer hears again at the latest."""
    reason: Code
    """What is not known."""
    unknown_no: Number
    """Counts how often it was declared in this case."""


class CaseUnknownResolved(RoutingEvent):
    """What was not known is known now."""

    event_type: ClassVar[str] = "ciclo.case.unknown_resolved.v1"
    unknown_no: Number
    """The declaration that is resolved."""
    reason: Code
    """What resolved it."""


class CaseCancelled(RoutingEvent):
    """The customer withdrew the case, and nothing of it remains to be done."""

    event_type: ClassVar[str] = "ciclo.case.cancelled.v1"
    reason: Code
    """Why it ends."""
    taken_back: Codes = ()
    """What was taken back for it."""


class CaseRejected(RoutingEvent):
    """Taken for spam; an objection of the sender opens it again."""

    event_type: ClassVar[str] = "ciclo.case.rejected.v1"
    reason: Code
    """Why."""
    objection_until: Moment
    """Until when an objection is expected; a later word reopens the case all the same."""


class CaseLinked(RoutingEvent):
    """The same matter was reported twice: this case waits for the one that survives (vinculación)."""

    event_type: ClassVar[str] = "ciclo.case.linked.v1"
    survivor: UUID
    """The case that goes on and whose end is the end of both."""
    reason: Code
    """Why they are one matter, and why that one survives."""


class CustomerReminded(RoutingEvent):
    """The customer has not answered yet and is asked once more."""

    event_type: ClassVar[str] = "ciclo.customer.reminded.v1"
    wait: WaitName
    """The wait; always the customer's."""
    about: Code
    """What the customer was asked for."""
    n: Number
    """Counts the reminders of this wait."""
    deadline: Moment
    """Until when the answer is waited for."""


class ComplaintRegistered(RoutingEvent):
    """The customer is dissatisfied with us (queja, reclamación): answered with reasons, come what may."""

    event_type: ClassVar[str] = "ciclo.complaint.registered.v1"
    complaint_no: Number
    """Counts the complaints of the case."""
    profile: Code
    """The rule that gives the dates, such as a law on customer service."""
    ack_due: Moment
    """Until when its receipt is confirmed."""
    answer_due: Moment
    """Until when it is answered with reasons."""
    owner: Party
    """Who answers it."""


class ComplaintOutcome(OpenEnum):
    """What an investigation of a complaint found."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    UNKNOWN = "unknown"


class ComplaintAnswered(RoutingEvent):
    """The complaint has its answer, with reasons."""

    event_type: ClassVar[str] = "ciclo.complaint.answered.v1"
    complaint_no: Number
    """The complaint."""
    outcome: ComplaintOutcome
    """What was found."""
    reasons: Codes
    """Why, as codes."""
    answered_by: Party
    """Who answers."""
    text_ref: TextRef | None = None
    """The answer in words, in intake's vault."""


class CompensationCause(OpenEnum):
    """What a compensation makes good; each cause is compensated once at most."""

    PROMISE = "promise"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"


class CompensationProposed(RoutingEvent):
    """We owe the customer something for our own fault; warranty grants it within its limits."""

    event_type: ClassVar[str] = "ciclo.compensation.proposed.v1"
    cause: CompensationCause
    """A broken promise or a complaint."""
    cause_no: Number
    """The number of that promise or complaint."""
    proposed_by: Party
    """Who proposes it."""
    reason: Code
    """Why."""
    amount: Money | None = None
    """What is proposed; warranty's own rule decides where nothing is."""
