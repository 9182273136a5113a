"""What others may read of a case: one row per case and one per promise, written with every decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Urgency
from services.routing.domain.case import COMPLAINTS, EDUCATION, CaseState, technician_queue
from services.routing.domain.records import LivePromise
from services.routing.domain.stages import TMF_STATUS

RANKS = {Urgency.HIGH: 0, Urgency.NORMAL: 1, Urgency.LOW: 2}
"""Urgent cases come first in every queue."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as queues and desks see it.

    `technicians` is the queue of those who repair it,
    `awaited` the one that owes something beside its owner: a complaint's answer, a training.
    """

    case_id: UUID
    case_no: str
    customer_ref: str
    product_unit: str | None
    language: str
    stage: str
    tmf_status: str
    category: str | None
    abstained: bool
    urgency: str
    rank: int
    owner_kind: str
    owner: str
    queue: str
    waiting_for: str
    next_due: datetime | None
    opened_at: datetime
    technicians: str | None
    awaited: str | None
    is_open: bool
    bears_remedy: bool
    survivor: UUID | None


@dataclass(frozen=True, slots=True)
class Matter:
    """What one customer reports about one unit, and the case that it goes on in.

    Locked when a decision reads it: cases of one matter find one another whatever happens at once.
    """

    customer_ref: str
    product_unit: str
    survivor: UUID


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise and what became of it: live, kept or broken."""

    case_id: UUID
    promise_no: int
    kind: str
    owner_kind: str
    owner: str
    made_at: datetime
    due: datetime
    status: str
    settled_at: datetime | None
    kept_by: str | None


def case_row(case_id: UUID, state: CaseState) -> CaseRow:
    """The row of a case in this state."""
    stage = state.stage
    finding = state.finding
    return CaseRow(
        case_id=case_id,
        case_no=state.case_no,
        customer_ref=state.customer_ref,
        product_unit=state.unit,
        language=state.language.value,
        stage=stage.value,
        tmf_status=TMF_STATUS[stage],
        category=finding.category.value if finding else None,
        abstained=finding is not None and finding.abstained,
        urgency=state.urgency.value,
        rank=RANKS.get(state.urgency, RANKS[Urgency.NORMAL]),
        owner_kind=state.owner.kind.value,
        owner=state.owner.id,
        queue=state.queue,
        waiting_for=state.waiting_for,
        next_due=state.next_due,
        opened_at=state.opened_at,
        technicians=technicians_of(state),
        awaited=awaited_of(state),
        is_open=not state.is_closed,
        bears_remedy=state.remedy is not None,
        survivor=state.survivor,
    )


def technicians_of(state: CaseState) -> str | None:
    """The queue of the technicians who have the unit, whoever owns the case meanwhile."""
    point = state.remedy.service_point if state.remedy else None
    return None if point is None else technician_queue(point)


def awaited_of(state: CaseState) -> str | None:
    """The queue of the people who answer the complaint or take over the training, whoever owns the case."""
    if state.promised(PromiseKind.COMPLAINT_ANSWER):
        return COMPLAINTS
    return EDUCATION if state.promised(PromiseKind.TRAINING) else None


def promise_row(
    case_id: UUID,
    promise: LivePromise,
    status: str = "live",
    settled_at: datetime | None = None,
    kept_by: str | None = None,
) -> PromiseRow:
    """The row of a promise with what became of it."""
    return PromiseRow(
        case_id=case_id,
        promise_no=promise.no,
        kind=promise.kind.value,
        owner_kind=promise.owner.kind.value,
        owner=promise.owner.id,
        made_at=promise.made_at,
        due=promise.due,
        status=status,
        settled_at=settled_at,
        kept_by=kept_by,
    )
