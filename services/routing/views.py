"""Questions to routing's tables; one function each, none writes."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ciclo_schemas.envelope import write_clock


class QueueEntry(BaseModel):
    """One case of a queue, as the list shows it."""

    case_id: UUID
    case_no: str
    language: str
    stage: str
    tmf_status: str
    category: str | None
    abstained: bool
    urgency: str
    owner_kind: str
    owner: str
    waiting_for: str
    next_due: AwareDatetime | None
    opened_at: AwareDatetime


class QueuePage(BaseModel):
    """A page of a queue: urgent cases first, then by the next date. `next` asks for the page after."""

    cases: list[QueueEntry]
    next: str | None = None


class Promised(BaseModel):
    """A promise of a case and what became of it."""

    promise_no: int
    kind: str
    owner_kind: str
    owner: str
    made_at: AwareDatetime
    due: AwareDatetime
    status: str
    settled_at: AwareDatetime | None
    kept_by: str | None


class StepTried(BaseModel):
    """A step of the playbook that was gone through."""

    step: str
    helped: bool


class CaseView(QueueEntry):
    """Everything a person who works on the case needs; the customer's words stay in intake's vault."""

    queue: str
    technicians: str | None
    playbook: str | None
    steps: list[StepTried]
    proposals: int
    handoffs: int
    promises: list[Promised]


class StageCount(BaseModel):
    """How many cases stand here and wait for this."""

    stage: str
    tmf_status: str
    waiting_for: str
    cases: int
    overdue: int


class Cursor(BaseModel):
    """Where a page of a queue ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: Annotated[int, Field(ge=0, le=2)]
    next_due: AwareDatetime
    case_id: UUID

    def write(self) -> str:
        """As an opaque parameter."""
        return urlsafe_b64encode(self.model_dump_json().encode()).decode()

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The reverse; None for what is none of ours."""
        try:
            return cls.model_validate_json(urlsafe_b64decode(text))
        except (ValueError, ValidationError):
            return None


_FROM_THE_START = Cursor(rank=0, next_due=datetime.fromisoformat("0001-01-02T00:00:00Z"), case_id=UUID(int=0))

_LISTED = ", ".join(QueueEntry.model_fields)

_QUEUE = f"""
SELECT {_LISTED}, rank FROM cases
WHERE {{column}} = $1 AND stage <> 'closed' AND (rank, next_due, case_id) > ($2, $3, $4)
    AND ($5::text IS NULL OR owner = $5) AND ($6::boolean IS NULL OR (owner_kind = 'agent') = $6)
    AND ($7::text IS NULL OR waiting_for = $7)
ORDER BY rank, next_due, case_id LIMIT $8
"""  # noqa: S608 - names of our own columns
_BY_QUEUE = _QUEUE.format(column="queue")
_BY_TECHNICIANS = _QUEUE.format(column="technicians")

_CASE = f"""
SELECT {_LISTED}, queue, technicians, playbook, steps::text AS steps, proposals, handoffs
FROM cases WHERE case_id = $1
"""  # noqa: S608 - names of our own columns

_OVERVIEW = """
SELECT stage, tmf_status, waiting_for, count(*) AS cases,
    count(*) FILTER (WHERE next_due < ciclo_now()) AS overdue
FROM cases GROUP BY stage, tmf_status, waiting_for ORDER BY stage, waiting_for
"""


class Filter(BaseModel):
    """What of a queue is wanted."""

    owner: str | None = None
    taken: bool | None = None
    waiting_for: str | None = None


async def queue(
    pool: asyncpg.Pool, name: str, wanted: Filter, *, of_technicians: bool, after: Cursor | None, limit: int
) -> QueuePage:
    """A page of a queue's open cases; for technicians all they repair, whoever speaks to the customer."""
    start = after or _FROM_THE_START
    rows = await pool.fetch(
        _BY_TECHNICIANS if of_technicians else _BY_QUEUE,
        name,
        start.rank,
        start.next_due,
        start.case_id,
        wanted.owner,
        wanted.taken,
        wanted.waiting_for,
        limit + 1,
    )
    page = rows[:limit]
    cases = [QueueEntry.model_validate(dict(row)) for row in page]
    if len(rows) <= limit:
        return QueuePage(cases=cases)
    last = page[-1]
    return QueuePage(
        cases=cases,
        next=Cursor(rank=last["rank"], next_due=last["next_due"], case_id=last["case_id"]).write(),
    )


async def case(pool: asyncpg.Pool, case_id: UUID) -> tuple[CaseView, str] | None:
    """A case and the case clock of this picture; None while routing has not heard of it."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        row = await connection.fetchrow(_CASE, case_id)
        promises = await connection.fetch(
            """
            SELECT promise_no, kind, owner_kind, owner, made_at, due, status, settled_at, kept_by
            FROM promises WHERE case_id = $1 ORDER BY promise_no
            """,
            case_id,
        )
        marks = await connection.fetchval("SELECT watermarks FROM aggregates WHERE id = $1", case_id)
    if row is None:
        return None
    view = {**row, "steps": json.loads(row["steps"]), "promises": [dict(promise) for promise in promises]}
    clock = {source: mark[0] for source, mark in json.loads(marks or "{}").items()}
    return CaseView.model_validate(view), write_clock(clock)


async def overview(pool: asyncpg.Pool) -> list[StageCount]:
    """How many cases stand where, for whom they wait, and how many dates have passed."""
    return [StageCount.model_validate(dict(row)) for row in await pool.fetch(_OVERVIEW)]
