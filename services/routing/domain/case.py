"""A case as routing sees it: its state, and the stage that follows from it.

Stages are never stored apart from what they follow from, so that they cannot disagree with it.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ciclo_schemas.routing import ClosedAs, PromiseKind
from ciclo_schemas.values import (
    Category,
    Code,
    DecidedBy,
    Identifier,
    Language,
    Party,
    PartyKind,
    RemedyKind,
    TextRef,
    Urgency,
    WaitName,
    Window,
)
from services.chassis.decider import State

FIRST_LINE = "first_line"
TECHNICIANS = "technicians"
ASSESSED = frozenset({Category.TECHNICAL_FAULT, Category.REPLACEMENT_REQUEST, Category.WARRANTY_QUERY})
"""The categories that warranty assesses before anybody answers."""


class Stage(StrEnum):
    """Where a case stands (etapa)."""

    ACKNOWLEDGED = "acknowledged"
    IN_FIRST_LINE = "in_first_line"
    IN_ASSESSMENT = "in_assessment"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    IN_REPAIR = "in_repair"
    REPLACEMENT_UNDER_WAY = "replacement_under_way"
    RESOLUTION_PROPOSED = "resolution_proposed"
    CLOSED = "closed"


TMF_STATUS = {
    Stage.ACKNOWLEDGED: "acknowledged",
    Stage.IN_FIRST_LINE: "inProgress",
    Stage.IN_ASSESSMENT: "inProgress",
    Stage.WAITING_FOR_CUSTOMER: "pending",
    Stage.IN_REPAIR: "held",
    Stage.REPLACEMENT_UNDER_WAY: "held",
    Stage.RESOLUTION_PROPOSED: "resolved",
    Stage.CLOSED: "closed",
}
"""The status words of TMF621 (trouble ticket) for our stages."""


class Purpose(StrEnum):
    """What a wait is for."""

    INFORMATION = "information"
    REMEDY = "remedy"
    CONFIRMATION = "confirmation"
    LOGISTICS = "logistics"
    WORKSHOP = "workshop"


WAIT_NAMES = {
    Purpose.INFORMATION: WaitName.CUSTOMER,
    Purpose.REMEDY: WaitName.CUSTOMER,
    Purpose.CONFIRMATION: WaitName.CUSTOMER,
    Purpose.LOGISTICS: WaitName.LOGISTICS,
    Purpose.WORKSHOP: WaitName.WORKSHOP,
}


class LivePromise(State):
    """A promise neither kept nor broken yet."""

    no: int
    kind: PromiseKind
    owner: Party
    due: datetime
    made_at: datetime


class Wait(State):
    """What the case waits for, who watches it and until when."""

    no: int
    purpose: Purpose
    owner: Party
    deadline: datetime

    @property
    def name(self) -> WaitName:
        """The name of the wait in events."""
        return WAIT_NAMES[self.purpose]


class Finding(State):
    """The classification in force."""

    category: Category
    urgency: Urgency
    reasons: tuple[Code, ...]
    classified_by: DecidedBy
    abstained: bool

    @property
    def is_settled(self) -> bool:
        """Whether later words leave it as it is: a person said it, or the classifier was sure."""
        sure = not self.abstained and self.category is not Category.SPAM_OR_UNCLEAR
        return sure or self.classified_by is DecidedBy.AGENT


class Assessed(State):
    """One of warranty's assessments, as far as routing needs it."""

    no: int
    window: Window
    remedies_allowed: tuple[RemedyKind, ...]


class Remedy(State):
    """The remedy under way."""

    no: int
    kind: RemedyKind
    service_point: Identifier | None = None


class Tried(State):
    """A step of the playbook that an agent went through with the customer."""

    step: Code
    helped: bool


class CaseState(State):
    """Everything routing remembers about a case."""

    case_no: Identifier
    language: Language
    opened_at: datetime
    owner: Party
    queue: Identifier = FIRST_LINE
    person: Identifier | None = None
    """The last person of the first line who had the case: the customer meets the same one again."""
    handoffs: int = 0
    safety: bool = False

    texts: tuple[TextRef, ...] = ()
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
    wait: Wait | None = None
    waits: int = 0

    asked: tuple[Code, ...] = ()
    assessments: tuple[Assessed, ...] = ()
    offered: int | None = None
    """The assessment whose remedies the customer was asked to choose from."""
    remedy: Remedy | None = None
    replaced: bool = False
    """Whether a replacement was ever approved: in the trial window nothing is escalated before."""

    proposals: int = 0
    denied: int = 0
    """The last proposal that the customer denied."""
    denials: int = 0
    reopenings: int = 0
    closed_as: ClosedAs | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the case ended and nobody reopened it."""
        return self.closed_as is not None

    @property
    def has_person(self) -> bool:
        """Whether a named person owns the case."""
        return self.owner.kind is PartyKind.AGENT

    @property
    def urgency(self) -> Urgency:
        """A safety word makes the case urgent whatever else is known."""
        if self.safety:
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
        if self.is_closed:
            return Stage.CLOSED
        if self.wait is not None:
            return _STAGE_OF_WAIT[self.wait.purpose]
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


_STAGE_OF_WAIT = {
    Purpose.INFORMATION: Stage.WAITING_FOR_CUSTOMER,
    Purpose.REMEDY: Stage.WAITING_FOR_CUSTOMER,
    Purpose.CONFIRMATION: Stage.RESOLUTION_PROPOSED,
    Purpose.LOGISTICS: Stage.REPLACEMENT_UNDER_WAY,
    Purpose.WORKSHOP: Stage.IN_REPAIR,
}
