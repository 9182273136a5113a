"""The parts of a case's state (expediente): what was promised, waited for, found, offered and answered."""

from datetime import datetime

from ciclo_schemas.routing import ClosedAs, CompensationCause, ComplaintOutcome, PromiseKind
from ciclo_schemas.values import (
    Category,
    Code,
    DecidedBy,
    Identifier,
    Party,
    RemedyKind,
    TextRef,
    Urgency,
    WaitName,
    Window,
)
from services.chassis.decider import State
from services.routing.domain.stages import WAIT_NAMES, Purpose, Stage


class LivePromise(State):
    """A promise neither kept nor broken yet."""

    no: int
    kind: PromiseKind
    owner: Party
    due: datetime
    made_at: datetime
    at_risk: bool = False
    """Whether the customer was told that this date is in danger."""


class Wait(State):
    """What the case waits for, who watches it and until when."""

    no: int
    purpose: Purpose
    owner: Party
    since: datetime
    deadline: datetime
    answer_by: datetime
    """The date the customer was told; the case waits a little longer where warranty's word comes first."""
    reminded: int = 0

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


class Quote(State):
    """The offer for a paid repair (presupuesto) that the case is about; revision 0 is not issued yet."""

    no: Identifier
    revision: int = 0
    valid_until: datetime | None = None


class Complaint(State):
    """A complaint (queja): who answers it, and whether it has its answer."""

    no: int
    owner: Party
    answer_due: datetime
    outcome: ComplaintOutcome | None = None


class Compensation(State):
    """What was proposed to make good a broken promise or a complaint, and whether warranty has decided."""

    cause: CompensationCause
    cause_no: int
    decided: bool = False


class Ending(State):
    """How a case ends or ended."""

    stage: Stage
    reason: Code
    closed_as: ClosedAs | None = None
    proposal_no: int | None = None
    taken_back: tuple[Code, ...] = ()


class Proposal(State):
    """The last resolution that was proposed."""

    no: int
    reason: Code
    proposed_by: Party
    text_ref: TextRef | None = None


class Tried(State):
    """A step of the playbook that an agent went through with the customer."""

    step: Code
    helped: bool
