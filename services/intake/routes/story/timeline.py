"""The story of a case for programs, and the way to its page for people."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from ciclo_schemas.values import Party
from services.chassis.clock import utc_now
from services.chassis.http import PoolDep, problem
from services.chassis.keys import needs
from services.intake import views
from services.intake.domain.promised import PromiseStory
from services.intake.domain.story import Story, Wait, tell_story
from services.intake.domain.timeline import Happened
from services.intake.domain.waiting import Waited
from services.intake.routes.answers import example
from services.intake.routes.door import DoorDep
from services.intake.routes.scopes import Scope

router = APIRouter(tags=["colleagues"])


class EntryAnswer(BaseModel):
    """An event of the timeline, and the span that created it."""

    event_id: UUID
    at: datetime
    source: str
    sequence: int
    type: str
    leg: int = Field(description="The leg it belongs to")
    trace_id: str | None
    span_id: str | None


class WaitedAnswer(BaseModel):
    """Whom a case waits for; `owner` answers for the case meanwhile, until the deadline at the latest."""

    whom: str
    owner: Party | None
    deadline: datetime | None


class WaitAnswer(BaseModel):
    """A time between legs; `running` is the wait of an open case, until now."""

    start: datetime
    end: datetime
    running: bool
    waited_for: list[WaitedAnswer]


class PromiseStoryAnswer(BaseModel):
    """A promise and what became of it; `was_due` are the dates it had before."""

    promise_no: int
    kind: str
    owner: Party
    made_at: datetime
    was_due: list[datetime]
    due: datetime
    fate: str
    settled_at: datetime | None


class TimelineAnswer(BaseModel):
    """A case as operators see it: all that happened, in order; when nothing did, who was waited for."""

    case_id: UUID
    case_no: str
    story_url: str = Field(description="Signed link to the same as a page, good for 8 hours: a secret")
    start: datetime
    end: datetime
    over: bool
    now: list[WaitedAnswer]
    waited_seconds: dict[str, float] = Field(
        description="By who was waited for; a wait for two counts for both"
    )
    entries: list[EntryAnswer]
    waits: list[WaitAnswer]
    promises: list[PromiseStoryAnswer]

    model_config = example(
        case_id="01930000-0000-7000-8000-000000000001",
        case_no="C-7K4M-2Q9D-5",
        story_url="http://127.0.0.1:8001/story/AZMAAAAAcACAAAAAAAAAAWrLz4B0aGlzIGlzIG5vIGxpbms_",
        start="2026-11-21T09:00:00Z",
        end="2026-11-21T11:30:00Z",
        over=False,
        now=[{"whom": "customer", "owner": {"kind": "queue", "id": "first_line"}, "deadline": None}],
        waited_seconds={"customer": 9000.0},
        entries=[
            {
                "event_id": "01930000-0000-7000-8000-00000000000a",
                "at": "2026-11-21T09:00:00Z",
                "source": "intake",
                "sequence": 1,
                "type": "ciclo.case.opened.v1",
                "leg": 1,
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
                "span_id": "b7ad6b7169203331",
            }
        ],
        waits=[
            {
                "start": "2026-11-21T09:00:00Z",
                "end": "2026-11-21T11:30:00Z",
                "running": True,
                "waited_for": [{"whom": "customer", "owner": None, "deadline": None}],
            }
        ],
        promises=[],
    )


@router.get("/v1/cases/{case_id}/timeline", dependencies=[Depends(needs(Scope.READ_CASES))])
async def read_timeline(case_id: UUID, response: Response, pool: PoolDep, door: DoorDep) -> TimelineAnswer:
    """Legs, waits and promises of a case, with the trace and span of every event (línea de tiempo).

    Nothing in it says who the customer is. `story_url` shows the same to people. The header Case-Clock says
    how much of the case this answer knows.
    """
    view = await views.case_with_timeline(pool, case_id)
    if view is None:
        raise problem(404, "unknown_case", "there is no such case")
    response.headers["Case-Clock"] = view.clock
    now = utc_now()
    story = tell_story(view.timeline, now)
    return TimelineAnswer(
        case_id=case_id,
        case_no=view.case.case_no,
        story_url=door.story_links.url(case_id, now),
        start=story.start,
        end=story.end,
        over=story.over,
        now=[_waited(one) for one in story.now],
        waited_seconds={whom.value: time.total_seconds() for whom, time in story.waited.items()},
        entries=_entries(view.timeline, story),
        waits=[_wait(wait) for wait in story.waits],
        promises=[_promise(promise) for promise in story.promises],
    )


def _entries(timeline: Sequence[Happened], story: Story) -> list[EntryAnswer]:
    leg_of = {step.happened.event_id: leg.number for leg in story.legs for step in leg.steps}
    return [
        EntryAnswer(
            event_id=one.event_id,
            at=one.at,
            source=one.source,
            sequence=one.sequence,
            type=one.type,
            leg=leg_of[one.event_id],
            trace_id=None if one.span is None else one.span.trace_id,
            span_id=None if one.span is None else one.span.span_id,
        )
        for one in timeline
    ]


def _waited(one: Waited) -> WaitedAnswer:
    return WaitedAnswer(whom=one.whom.value, owner=one.owner, deadline=one.deadline)


def _wait(wait: Wait) -> WaitAnswer:
    waited = [_waited(one) for one in wait.waited_for]
    return WaitAnswer(start=wait.start, end=wait.end, running=wait.running, waited_for=waited)


def _promise(promise: PromiseStory) -> PromiseStoryAnswer:
    return PromiseStoryAnswer(
        promise_no=promise.promise_no,
        kind=promise.kind.value,
        owner=promise.owner,
        made_at=promise.made_at,
        was_due=[move.was_due for move in promise.moves],
        due=promise.due,
        fate=promise.fate.value,
        settled_at=promise.settled_at,
    )
