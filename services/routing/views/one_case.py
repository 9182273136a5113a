"""The whole story of one case, for whoever works on it. Words and files are named by reference alone."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import AwareDatetime, BaseModel

from ciclo_schemas.envelope import write_clock
from services.routing.domain.case import CaseState
from services.routing.views.queues import QueueEntry

MAX_LINKED = 50


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


class WaitView(BaseModel):
    """What the case waits for."""

    wait: str
    purpose: str
    owner_kind: str
    owner: str
    since: AwareDatetime
    deadline: AwareDatetime
    reminded: int


class AssessmentView(BaseModel):
    """One of warranty's assessments."""

    assessment_no: int
    window: str
    remedies_allowed: list[str]


class RemedyView(BaseModel):
    """The remedy under way."""

    remedy_no: int
    kind: str
    service_point: str | None


class QuoteView(BaseModel):
    """The offer for a paid repair; revision 0 is not issued yet."""

    quote_no: str
    revision: int
    valid_until: AwareDatetime | None


class ComplaintView(BaseModel):
    """A complaint; without an outcome it has no answer yet."""

    complaint_no: int
    owner: str
    answer_due: AwareDatetime
    outcome: str | None


class CompensationView(BaseModel):
    """A proposed compensation, and whether warranty has decided about it."""

    cause: str
    cause_no: int
    decided: bool


class LinkedCase(BaseModel):
    """A case of the same matter that waits for this one."""

    case_id: UUID
    case_no: str
    stage: str


class CaseView(QueueEntry):
    """Everything a person who works on the case needs; intake shows the words and files."""

    customer_ref: str
    queue: str
    technicians: str | None
    playbook: str | None
    steps: list[StepTried]
    proposals: int
    denials: int
    handoffs: int
    handed_off: int
    reopenings: int
    facts: dict[str, str]
    asked_for: str | None
    asked: list[str]
    texts: list[str]
    attachments: list[str]
    reasons: list[str]
    classified_by: str | None
    promises: list[Promised]
    wait: WaitView | None
    assessments: list[AssessmentView]
    remedy: RemedyView | None
    quote: QuoteView | None
    complaints: list[ComplaintView]
    compensations: list[CompensationView]
    unknowns: int
    unknown: int | None
    linked: list[LinkedCase]


@dataclass(frozen=True, slots=True)
class Found:
    """A case as it was seen, the ETag of this picture, and the case clock it rests on."""

    view: CaseView
    etag: str
    clock: str


_CASE = f"""
SELECT {", ".join(f"c.{name}" for name in QueueEntry.model_fields)}, c.queue, c.technicians,
    a.state::text AS state, a.watermarks, ciclo_picture(a) AS etag
FROM cases AS c JOIN aggregates AS a ON a.id = c.case_id WHERE c.case_id = $1
"""  # noqa: S608 - names of our own columns

_PROMISES = f"""
SELECT {", ".join(Promised.model_fields)} FROM promises WHERE case_id = $1 ORDER BY promise_no
"""  # noqa: S608 - names of our own columns

_LINKED = "SELECT case_id, case_no, stage FROM cases WHERE survivor = $1 ORDER BY case_id LIMIT $2"


async def case(pool: asyncpg.Pool, case_id: UUID) -> Found | None:
    """A case as it stands at one moment; None while routing has not heard of it."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        row = await connection.fetchrow(_CASE, case_id)
        promises = await connection.fetch(_PROMISES, case_id)
        linked = await connection.fetch(_LINKED, case_id, MAX_LINKED)
    if row is None:
        return None
    listed = {name: row[name] for name in (*QueueEntry.model_fields, "queue", "technicians")}
    told = _of_state(CaseState.model_validate_json(row["state"]))
    view = CaseView(
        **listed,
        **told,
        promises=[Promised.model_validate(dict(one)) for one in promises],
        linked=[LinkedCase.model_validate(dict(one)) for one in linked],
    )
    clock = {source: mark[0] for source, mark in json.loads(row["watermarks"]).items()}
    return Found(view, row["etag"], write_clock(clock))


def _of_state(state: CaseState) -> dict[str, Any]:
    """What the state tells beyond the row."""
    same = (
        "customer_ref",
        "playbook",
        "proposals",
        "denials",
        "handoffs",
        "handed_off",
        "reopenings",
        "facts",
        "asked_for",
        "asked",
        "texts",
        "attachments",
        "unknowns",
        "unknown",
    )
    finding = state.finding
    return {
        **{name: getattr(state, name) for name in same},
        "steps": [StepTried(step=one.step, helped=one.helped) for one in state.steps],
        "reasons": finding.reasons if finding else (),
        "classified_by": finding.classified_by if finding else None,
        **_under_way(state),
        "assessments": [
            AssessmentView(
                assessment_no=one.no, window=one.window, remedies_allowed=list(one.remedies_allowed)
            )
            for one in state.assessments
        ],
        "complaints": [
            ComplaintView(
                complaint_no=one.no, owner=one.owner.id, answer_due=one.answer_due, outcome=one.outcome
            )
            for one in state.complaints
        ],
        "compensations": [
            CompensationView(cause=one.cause, cause_no=one.cause_no, decided=one.decided)
            for one in state.compensations
        ],
    }


def _under_way(state: CaseState) -> dict[str, Any]:
    """What the case waits for, and the remedy and the quote it is about."""
    wait, remedy, quote = state.wait, state.remedy, state.quote
    return {
        "wait": wait
        and WaitView(
            wait=wait.name,
            purpose=wait.purpose,
            owner_kind=wait.owner.kind,
            owner=wait.owner.id,
            since=wait.since,
            deadline=wait.deadline,
            reminded=wait.reminded,
        ),
        "remedy": remedy
        and RemedyView(remedy_no=remedy.no, kind=remedy.kind, service_point=remedy.service_point),
        "quote": quote
        and QuoteView(quote_no=quote.no, revision=quote.revision, valid_until=quote.valid_until),
    }
