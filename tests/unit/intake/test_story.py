"""The story of a case: legs, the waits between them, who was waited for, and what became of promises."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas import cases, routing
from ciclo_schemas.events import Event
from ciclo_schemas.values import Channel, Party, PartyKind, WaitName
from services.intake.domain.promised import Fate
from services.intake.domain.records import TimelineEntry
from services.intake.domain.story import MAX_PAUSE, Story, tell_story
from services.intake.domain.timeline import Happened, read_back
from services.intake.domain.waiting import Standing, WaitedFor, waited_for
from tests.support.long_case import DAY, HOUR, LEGS, OF_COMPLAINTS, START, held, long_case
from tests.unit.intake.door import NOON, QUEUE

CASE = UUID("01930000-0000-7000-8000-000000000001")
ROWS = list(long_case(CASE))
LATER = START + 30 * DAY
MS = timedelta(milliseconds=1)
EDUCATION = Party(kind=PartyKind.QUEUE, id="education")
AGENT = Party(kind=PartyKind.AGENT, id="agent-03")
WARRANTY = Party(kind=PartyKind.SERVICE, id="warranty")
POINT = Party(kind=PartyKind.SERVICE_POINT, id="SP-MADRID")


def after(*events: Event | None) -> list[WaitedFor]:
    """Who is waited for once these have happened."""
    standing = Standing()
    for event in events:
        standing = standing.after(event)
    return [one.whom for one in waited_for(standing)]


def assigned(owner: Party, queue: str = "first_line") -> routing.CaseAssigned:
    return routing.CaseAssigned(owner=owner, queue=queue, reason="because")


UNKNOWN = routing.CaseUnknownDeclared(owner=AGENT, next_update_at=NOON, reason="abstained", unknown_no=1)
KNOWN = routing.CaseUnknownResolved(unknown_no=1, reason="found_out")
COMPLAINT = routing.ComplaintRegistered(
    complaint_no=1, profile="house.complaints", ack_due=NOON, answer_due=NOON, owner=OF_COMPLAINTS
)
CANCELLING = cases.CaseCancellationRequested(channel=Channel.WEB, reported_at=NOON)
CLOSED = routing.CaseClosed(closed_as=routing.ClosedAs.CONFIRMED, reason="confirmed")
REOPENED = routing.CaseReopened(reason="case.objection_raised", owner=AGENT)
RESUMED = routing.CaseResumed(wait=WaitName.WORKSHOP, reason="repair.completed")
AT_WORKSHOP = held(WaitName.WORKSHOP, POINT, 9)


@pytest.mark.parametrize(
    ("events", "whom"),
    [
        ([], ["services"]),
        ([None], ["services"]),
        ([assigned(WARRANTY)], ["services"]),
        ([assigned(QUEUE)], ["first_line"]),
        ([assigned(AGENT, "education")], ["education"]),
        ([assigned(AGENT, "technicians.SP-MADRID")], ["workshop"]),
        ([assigned(AGENT, "robots")], ["specialist"]),
        ([assigned(POINT, "technicians")], ["workshop"]),
        ([assigned(QUEUE), held(WaitName.CUSTOMER, QUEUE, 9)], ["customer"]),
        ([assigned(QUEUE), held(WaitName.PART, POINT, 9)], ["part"]),
        ([assigned(QUEUE), held(WaitName.EDUCATION, EDUCATION, 9)], ["education"]),
        ([assigned(QUEUE), AT_WORKSHOP, RESUMED], ["first_line"]),
        ([assigned(QUEUE), UNKNOWN], ["finding_out"]),
        ([assigned(QUEUE), UNKNOWN, KNOWN], ["first_line"]),
        ([assigned(QUEUE), UNKNOWN, AT_WORKSHOP], ["workshop", "finding_out"]),
        ([assigned(QUEUE), AT_WORKSHOP, COMPLAINT], ["workshop", "complaints"]),
        ([assigned(OF_COMPLAINTS, "complaints"), COMPLAINT], ["complaints"]),
        ([assigned(QUEUE), CANCELLING], ["services"]),
        ([assigned(QUEUE), AT_WORKSHOP, COMPLAINT, CLOSED], ["nobody"]),
        ([assigned(QUEUE), AT_WORKSHOP, CLOSED, REOPENED], ["first_line"]),
    ],
)
def test_whoever_is_to_do_something_is_waited_for(events: list[Event | None], whom: list[str]) -> None:
    assert after(*events) == whom


def test_a_wait_of_a_newer_release_is_for_something_without_a_name() -> None:
    text = '{"wait":"drone","owner":{"kind":"queue","id":"q"},"deadline":"2026-12-05T12:00:00Z"}'
    assert after(routing.CaseHeld.read(text)) == ["unknown"]


def test_three_weeks_are_told_as_legs_with_named_waits_between_them() -> None:
    story = tell_story(read_back(ROWS), LATER)
    assert [leg.steps[0].happened.type.split(".", 1)[1].removesuffix(".v1") for leg in story.legs] == [
        *("case.opened", "notification.delivered", "customer.reminded", "case.remedy_chosen"),
        *("item.received", "case.human_requested", "repair.rescheduled", "complaint.answered"),
        *("promise.broken", "repair.completed", "case.resolution_confirmed", "case.survey_answered"),
    ]
    assert [[one.whom for one in wait.waited_for] for wait in story.waits] == [
        *(["customer"], ["customer"], ["customer"], ["workshop"], ["workshop"]),
        *(["workshop", "complaints"], ["part", "complaints"], ["part"]),
        *(["first_line"], ["customer"], ["nobody"]),
    ]
    assert story.over
    assert story.end == START + 22 * DAY, "the time after the last word is not of the story"
    assert [(whom.value, round(time / HOUR)) for whom, time in story.waited.items()] == [
        *(("part", 167), ("customer", 146), ("workshop", 140), ("complaints", 115), ("first_line", 54)),
    ]
    assert round(story.open_for / HOUR) == 21 * 24 + 3
    assert timedelta(seconds=2) < story.worked < timedelta(seconds=3)


def test_an_open_case_waits_until_now() -> None:
    story = tell_story(read_back(long_case(CASE, 8)), START + 13 * DAY)
    assert not story.over
    last = story.waits[-1]
    assert (last.end, last.running) == (START + 13 * DAY, True)
    assert [(one.whom, one.owner and one.owner.id, one.deadline) for one in story.now] == [
        ("part", "SP-MADRID", START + 16 * DAY)
    ]


def test_a_step_lasts_from_what_its_service_had_heard_to_what_it_said() -> None:
    first = tell_story(read_back(ROWS), LATER).legs[0]
    lengths = [
        (step.happened.source, (step.since - START) // MS, (step.happened.counted_at - START) // MS)
        for step in first.steps
    ]
    assert lengths[0] == ("intake", 0, 0)
    assert ("warranty", 41, 97) in lengths
    assert lengths[-2:] == [("notifications", 152, 288), ("notifications", 152, 431)]


def test_promises_are_told_with_their_dates_moves_and_ends() -> None:
    story = tell_story(read_back(ROWS), LATER)
    assert [(one.kind, one.fate, one.due - START) for one in story.promises] == [
        ("first_answer", Fate.KEPT, DAY),
        ("repair", Fate.BROKEN, 16 * DAY),
        ("complaint_answer", Fate.KEPT, 27 * DAY),
        ("repair", Fate.KEPT, 20 * DAY),
    ]
    [move] = story.promises[1].moves
    assert (move.was_due, move.due, move.reason) == (START + 11 * DAY, START + 16 * DAY, "waiting_for_part")
    assert story.promises[3].kept_by == "repair.completed"


@pytest.mark.parametrize(("day", "fate"), [(10, Fate.OPEN), (17, Fate.OVERDUE)])
def test_an_open_promise_whose_date_has_passed_is_overdue(day: int, fate: Fate) -> None:
    rows = long_case(CASE, 7)
    assert tell_story(read_back(rows), START + day * DAY).promises[1].fate is fate


def entry(number: int, at: datetime, trace: str | None = "a", source: str = "routing") -> TimelineEntry:
    return replace(
        ROWS[1],
        event_id=UUID(int=number),
        at=at,
        source=source,
        sequence=number,
        clock="",
        traceparent=trace and f"00-{trace * 32}-{number:016x}-01",
    )


def test_a_trace_that_goes_on_after_hours_does_so_in_another_leg() -> None:
    rows = [entry(1, NOON), entry(2, NOON + MAX_PAUSE), entry(3, NOON + 2 * HOUR)]
    story = tell_story(read_back(rows), NOON + 2 * HOUR)
    assert [(len(leg.steps), leg.goes_on) for leg in story.legs] == [(2, None), (1, 1)]
    assert [wait.end - wait.start for wait in story.waits] == [2 * HOUR - MAX_PAUSE]


def test_a_wait_is_for_whoever_the_very_last_event_before_it_names() -> None:
    rows = [
        replace(entry(1, NOON, "a"), type=ROWS[2].type, data=ROWS[2].data),
        replace(entry(2, NOON + HOUR, "b"), type=AT_WORKSHOP.event_type, data=AT_WORKSHOP.model_dump_json()),
        replace(entry(3, NOON + 3 * HOUR, "c"), type=CLOSED.event_type, data=CLOSED.model_dump_json()),
        entry(4, NOON + 5 * HOUR, "d"),
    ]
    story = tell_story(read_back(rows), LATER)
    assert [(wait.waited_for[0].whom, (wait.end - wait.start) / HOUR) for wait in story.waits] == [
        *(("first_line", 1), ("workshop", 2), ("nobody", 2)),
    ]
    assert (story.open_for, story.worked) == (3 * HOUR, timedelta())


def test_events_without_a_trace_are_legs_of_their_own() -> None:
    rows = [entry(1, NOON, None), entry(2, NOON, None), entry(3, NOON)]
    story = tell_story(read_back(rows), NOON)
    assert [leg.trace_id for leg in story.legs] == [None, None, "a" * 32]
    assert {leg.goes_on for leg in story.legs} == {None}


def test_a_case_without_events_has_no_story() -> None:
    with pytest.raises(ValueError, match="begins with an event"):
        tell_story([], NOON)


def test_legs_that_overlap_leave_no_wait_between_them() -> None:
    rows = [
        entry(1, NOON, "a"),
        entry(2, NOON + timedelta(minutes=1), "b"),
        entry(3, NOON + timedelta(minutes=2), "a"),
        entry(4, NOON + timedelta(minutes=5), "b"),
    ]
    story = tell_story(read_back(rows), NOON + timedelta(minutes=5))
    assert [leg.number for leg in story.legs] == [1, 2]
    assert story.waits == []


@st.composite
def timelines(draw: st.DrawFn) -> list[TimelineEntry]:
    """Events of several services and traces in any order, clocks apart by hours, some without a trace."""
    count = draw(st.integers(1, 25))
    sequences: dict[str, int] = {}
    rows = []
    for number in range(count):
        source = draw(st.sampled_from(["intake", "routing", "warranty", "notifications@2"]))
        seen = {other: draw(st.integers(1, top)) for other, top in sequences.items() if other != source}
        sequences[source] = sequences.get(source, 0) + 1
        rows.append(
            replace(
                draw(st.sampled_from(ROWS)),
                event_id=UUID(int=number),
                at=START + timedelta(seconds=draw(st.integers(0, 90_000))),
                source=source,
                sequence=sequences[source],
                clock=",".join(f"{other}:{seen[other]}" for other in sorted(seen)),
                traceparent=draw(st.sampled_from([None, *(f"00-{one * 32}-{'c' * 16}-01" for one in "abc")])),
            )
        )
    return draw(st.permutations(rows))


def happened_in(story: Story) -> list[Happened]:
    return [step.happened for leg in story.legs for step in leg.steps]


def covered(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How much time spans cover, what several cover counted once."""
    total, until = timedelta(), START - 365 * DAY
    for start, end in sorted(spans):
        total += max(end, until) - max(start, until)
        until = max(until, end)
    return total


@given(rows=timelines(), now=st.integers(-10_000, 200_000))
def test_legs_part_the_events_and_with_the_waits_they_cover_all_the_time(
    rows: list[TimelineEntry], now: int
) -> None:
    timeline = read_back(rows)
    story = tell_story(timeline, START + timedelta(seconds=now))
    assert sorted(one.event_id.int for one in happened_in(story)) == list(range(len(rows)))
    for leg in story.legs:
        assert len({step.happened.span and step.happened.span.trace_id for step in leg.steps}) == 1
        moments = [step.happened.counted_at for step in leg.steps]
        assert moments == sorted(moments)
        assert all(leg.start <= step.since <= step.happened.counted_at for step in leg.steps)
    assert all(wait.start < wait.end for wait in story.waits)
    assert all(wait.waited_for for wait in story.waits)
    legs = [(leg.start, leg.end) for leg in story.legs]
    waits = [(wait.start, wait.end) for wait in story.waits]
    assert covered(legs + waits) == story.end - story.start
    assert covered(legs) + covered(waits) == story.end - story.start
    assert covered(legs) == story.worked
    starts = [chapter.start for chapter in story.chapters]
    assert starts == sorted(starts)
    assert story.end >= timeline[-1].counted_at
    assert timedelta() <= story.open_for <= story.end - story.start


def test_there_is_a_leg_for_every_trigger_of_the_sample() -> None:
    assert len(tell_story(read_back(ROWS), LATER).legs) == len(LEGS)
