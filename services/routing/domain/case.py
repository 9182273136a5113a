"""A case as routing sees it: its state, and the stage that follows from it.

Stages are never stored apart from what they follow from, so that they cannot disagree with it.
"""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from ciclo_schemas.routing import ClosedAs, PromiseKind
from ciclo_schemas.values import (
    AttachmentRef,
    Category,
    Code,
    CustomerRef,
    Identifier,
    Jurisdiction,
    Language,
    Party,
    PartyKind,
    ProductUnit,
    RemedyKind,
    TextRef,
    Urgency,
)
from services.chassis.decider import State
from services.routing.domain.records import (
    Assessed,
    Compensation,
    Complaint,
    Ending,
    Finding,
    LivePromise,
    Proposal,
    Quote,
    Remedy,
    Tried,
    Wait,
)
from services.routing.domain.stages import STAGE_OF_WAIT, Purpose, Stage

FIRST_LINE = "first_line"
TECHNICIANS = "technicians"
EDUCATION = "education"
COMPLAINTS = "complaints"
ASSESSED = frozenset({Category.TECHNICAL_FAULT, Category.REPLACEMENT_REQUEST, Category.WARRANTY_QUERY})
"""The categories that warranty assesses before anybody answers."""


class CaseState(State):
    """Everything routing remembers about a case."""

    case_no: Identifier
    customer_ref: CustomerRef
    language: Language
    jurisdiction: Jurisdiction
    opened_at: datetime
    owner: Party
    queue: Identifier = FIRST_LINE
    person: Identifier | None = None
    """The last person of the first line who had the case: the customer meets the same one again."""
    people: tuple[Identifier, ...] = ()
    """Every person who ever had the case: somebody else answers a complaint."""
    handoffs: int = 0
    """Changes of hands of every kind."""
    handed_off: int = 0
    """How often one party handed the case to another; limited by the charter."""
    safety: bool = False
    contained: bool = False
    """Whether the model or lot of the unit was held back while the case was open."""

    texts: tuple[TextRef, ...] = ()
    attachments: tuple[AttachmentRef, ...] = ()
    facts: dict[str, str] = Field(default_factory=dict)
    """What the customer stated, by the field names of `Facts`."""
    asked_for: RemedyKind | None = None
    evidence_no: int = 1
    """Counts words and facts, so that a classification based on fewer is recognised."""
    classifying: bool = False
    finding: Finding | None = None

    playbook: Identifier | None = None
    steps: tuple[Tried, ...] = ()

    promises: tuple[LivePromise, ...] = ()
    promises_made: int = 0
    broken: tuple[int, ...] = ()
    """The promises that were broken."""
    unknowns: int = 0
    """How often it was declared that nobody knows yet."""
    unknown: int | None = None
    """The declaration that nothing has resolved yet."""
    complaints: tuple[Complaint, ...] = ()
    compensations: tuple[Compensation, ...] = ()
    wait: Wait | None = None
    waits: int = 0

    asked: tuple[Code, ...] = ()
    assessments: tuple[Assessed, ...] = ()
    offered: int | None = None
    """The assessment whose remedies the customer was asked to choose from."""
    remedy: Remedy | None = None
    replaced: bool = False
    """Whether a replacement was ever approved: in the trial window nothing is escalated before."""
    quote: Quote | None = None

    proposals: int = 0
    denied: int = 0
    """The last proposal that the customer denied."""
    denials: int = 0
    reopenings: int = 0
    cancelling: bool = False
    """Whether the customer withdrew the case and warranty has not said yet what can be taken back."""
    ending: Ending | None = None
    """An end that only waits for the answer to a complaint."""
    ended: Ending | None = None

    unit: ProductUnit | None = None
    """The unit it is about: as the customer stated, else as warranty found it."""
    survivor: UUID | None = None
    """The case of the same matter that goes on in place of this one."""
    survivor_proposal: int = 0
    """The last proposal of the survivor that was made, or withdrawn, here too."""
    mirrored_proposal: int = 0
    """The proposal of this case that is the survivor's."""
    proposal: Proposal | None = None
    """The last proposal, for cases that are linked later."""
    has_linked: bool = False
    """Whether other cases wait for this one."""

    @property
    def is_closed(self) -> bool:
        """Whether the case ended (closed, cancelled or rejected) and nobody reopened it."""
        return self.ended is not None

    @property
    def closed_as(self) -> ClosedAs | None:
        """How it was closed; None while open, and for a cancelled or rejected case."""
        return self.ended.closed_as if self.ended else None

    @property
    def has_person(self) -> bool:
        """Whether a named person owns the case."""
        return self.owner.kind is PartyKind.AGENT

    @property
    def urgency(self) -> Urgency:
        """A safety word or a containment makes the case urgent whatever else is known."""
        if self.safety or self.contained:
            return Urgency.HIGH
        return self.finding.urgency if self.finding else Urgency.NORMAL

    @property
    def steps_tried(self) -> tuple[Code, ...]:
        """The steps gone through, in order."""
        return tuple(tried.step for tried in self.steps)

    def promised(self, *kinds: PromiseKind) -> tuple[LivePromise, ...]:
        """The live promises of these kinds."""
        return tuple(promise for promise in self.promises if promise.kind in kinds)

    def waits_for(self, *purposes: Purpose) -> bool:
        """Whether the case waits for one of these."""
        return self.wait is not None and self.wait.purpose in purposes

    @property
    def stage(self) -> Stage:
        """Where the case stands, as it follows from the rest."""
        if self.ended is not None:
            return self.ended.stage
        if self.cancelling:
            return Stage.IN_CANCELLATION
        if self.wait is not None:
            return STAGE_OF_WAIT[self.wait.purpose]
        if self.ending is not None:
            return Stage.IN_COMPLAINT
        if self.promised(PromiseKind.DECISION):
            return Stage.IN_ASSESSMENT
        if self.finding is None and not self.has_person:
            return Stage.ACKNOWLEDGED
        return Stage.IN_FIRST_LINE

    @property
    def waiting_for(self) -> str:
        """Whom the case waits for now; empty when closed."""
        if self.is_closed:
            return ""
        if self.cancelling:
            return "warranty"
        if self.wait is not None:
            return self.wait.name.value
        return "warranty" if self.stage is Stage.IN_ASSESSMENT else FIRST_LINE

    @property
    def next_due(self) -> datetime | None:
        """The next date somebody answers for; None only when closed."""
        dates = [promise.due for promise in self.promises]
        if self.wait is not None:
            dates.append(self.wait.deadline)
        return min(dates, default=None)


def technician_queue(service_point: Identifier) -> Identifier:
    """The queue of a service point's technicians (oficina técnica)."""
    queue = f"{TECHNICIANS}.{service_point}"
    return queue if len(queue) <= 64 else TECHNICIANS
