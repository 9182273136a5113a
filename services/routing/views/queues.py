"""Which cases stand in a queue, and who waits for whom."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import asyncpg
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from ciclo_schemas.values import Code, Identifier, Urgency, known_of
from services.routing.domain.stages import Stage


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
    product_unit: str | None
    survivor: UUID | None


class QueuePage(BaseModel):
    """A page of a queue: urgent cases first, then by the next date. `next` asks for the page after."""

    cases: list[QueueEntry]
    next: str | None = None


class Waiting(BaseModel):
    """How many open cases of a queue stand here and wait for this, how many are late, and the next date."""

    queue: str
    stage: str
    tmf_status: str
    waiting_for: str
    cases: int
    overdue: int
    next_due: AwareDatetime


def _known(urgency: Urgency) -> Urgency:
    if urgency is Urgency.UNKNOWN:
        raise ValueError("there is no such urgency")
    return urgency


KnownUrgency = Annotated[Urgency, AfterValidator(_known), known_of(Urgency)]


class Filter(BaseModel):
    """What of a queue is wanted."""

    owner: Identifier | None = Field(None, description="Only the cases of this person")
    taken: bool | None = Field(None, description="Whether a person has them")
    waiting_for: Code | None = Field(None, description="Whom they wait for: `customer`, `workshop`, ...")
    stage: Stage | None = Field(None, description="Where they stand")
    urgency: KnownUrgency | None = Field(None, description="How soon a person must look at them")
    overdue: bool = Field(False, description="Only those whose next date has passed")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
CURSOR = r"^([0-2])\.([0-9]{1,17})\.([0-9a-f]{32})$"
"""How a cursor is written: rank, microseconds since 1970, case."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a queue ended."""

    rank: int
    next_due: datetime
    case_id: UUID

    def write(self) -> str:
        """As an opaque parameter."""
        return f"{self.rank}.{(self.next_due - _EPOCH) // _MICROSECOND}.{self.case_id.hex}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The reverse; None for what is none of ours."""
        found = re.fullmatch(CURSOR, text, re.ASCII)
        if found is None:
            return None
        rank, microseconds, case_id = found.groups()
        return cls(int(rank), _EPOCH + int(microseconds) * _MICROSECOND, UUID(case_id))


_FROM_THE_START = Cursor(rank=0, next_due=datetime.fromisoformat("0001-01-02T00:00:00Z"), case_id=UUID(int=0))

_PART = f"""
(SELECT {", ".join(QueueEntry.model_fields)}, rank FROM cases
WHERE {{column}} = $1 AND is_open AND (rank, next_due, case_id) > ($2, $3, $4)
    AND ($5::text IS NULL OR owner = $5) AND ($6::boolean IS NULL OR (owner_kind = 'agent') = $6)
    AND ($7::text IS NULL OR waiting_for = $7) AND ($8::text IS NULL OR stage = $8)
    AND ($9::text IS NULL OR urgency = $9) AND (NOT $10 OR next_due < ciclo_now())
ORDER BY rank, next_due, case_id LIMIT $11)
"""  # noqa: S608 - names of our own columns
_IN_ORDER = "ORDER BY rank, next_due, case_id LIMIT $11"
_OF_PEOPLE = f"{_PART.format(column='queue')} UNION {_PART.format(column='awaited')} {_IN_ORDER}"
_OF_TECHNICIANS = _PART.format(column="technicians")

_OVERVIEW = """
SELECT queue, stage, tmf_status, waiting_for, count(*) AS cases,
    count(*) FILTER (WHERE next_due < ciclo_now()) AS overdue, min(next_due) AS next_due
FROM cases WHERE is_open
GROUP BY queue, stage, tmf_status, waiting_for ORDER BY queue, stage, waiting_for
"""


async def queue(
    pool: asyncpg.Pool, name: str, wanted: Filter, *, of_technicians: bool, after: Cursor | None, limit: int
) -> QueuePage:
    """A page of a queue's open cases: those that stand in it, and those that its people owe something.

    For technicians these are all they repair, whoever speaks to the customer.
    """
    start = after or _FROM_THE_START
    rows = await pool.fetch(
        _OF_TECHNICIANS if of_technicians else _OF_PEOPLE,
        name,
        start.rank,
        start.next_due,
        start.case_id,
        wanted.owner,
        wanted.taken,
        wanted.waiting_for,
        wanted.stage,
        wanted.urgency,
        wanted.overdue,
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


async def overview(pool: asyncpg.Pool) -> list[Waiting]:
    """How many open cases of each queue stand where, for whom they wait, and how many dates have passed."""
    return [Waiting.model_validate(dict(row)) for row in await pool.fetch(_OVERVIEW)]
