"""The story of a case: legs of work, the waits between them, and how long it waited for whom.

A leg (tramo) is what one trigger caused: the events of one trace. Legs last milliseconds, waits last days.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.intake.domain.promised import PromiseStory, promise_stories
from services.intake.domain.timeline import Happened
from services.intake.domain.waiting import Standing, Waited, WaitedFor, waited_for

MAX_PAUSE = timedelta(minutes=15)
"""A trace that goes on after a longer pause (a mail that could not be sent) does so in another leg."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a leg; its writer had what led to it at `since`, as far as that is of the same leg."""

    happened: Happened
    since: datetime


@dataclass(frozen=True, slots=True)
class Leg:
    """What one trigger caused, in order; never empty. `goes_on` is the earlier leg of the same trace."""

    number: int
    steps: tuple[Step, ...]
    goes_on: int | None = None

    @property
    def trace_id(self) -> str | None:
        """Its trace; None for an event that came without one."""
        span = self.steps[0].happened.span
        return None if span is None else span.trace_id

    @property
    def start(self) -> datetime:
        """When the first of its events happened."""
        return self.steps[0].happened.counted_at

    @property
    def end(self) -> datetime:
        """When the last of its events happened."""
        return self.steps[-1].happened.counted_at


@dataclass(frozen=True, slots=True)
class Wait:
    """Between legs somebody is waited for. `running` is the wait of an open case, until now."""

    start: datetime
    end: datetime
    waited_for: tuple[Waited, ...]
    running: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A case from its first event to its last, or until now while it is open.

    `chapters` are its legs and waits by their beginnings. Legs may overlap one another, waits do not;
    together they cover all the time from `start` to `end`.
    """

    start: datetime
    end: datetime
    chapters: tuple[Leg | Wait, ...]
    promises: tuple[PromiseStory, ...]
    now: tuple[Waited, ...]
    """Who is waited for at the end of the story."""

    @property
    def legs(self) -> list[Leg]:
        """The legs."""
        return [chapter for chapter in self.chapters if isinstance(chapter, Leg)]

    @property
    def waits(self) -> list[Wait]:
        """The waits."""
        return [chapter for chapter in self.chapters if isinstance(chapter, Wait)]

    @property
    def over(self) -> bool:
        """Whether the case has ended."""
        return self.now[0].whom is WaitedFor.NOBODY

    @property
    def waited(self) -> dict[WaitedFor, timedelta]:
        """How long each was waited for, the longest first; a wait for two counts for both.

        The time in which the case was over is nobody's.
        """
        total: dict[WaitedFor, timedelta] = {}
        for wait in self.waits:
            for one in wait.waited_for:
                total[one.whom] = total.get(one.whom, timedelta()) + (wait.end - wait.start)
        total.pop(WaitedFor.NOBODY, None)
        return dict(sorted(total.items(), key=lambda one: -one[1]))

    @property
    def open_for(self) -> timedelta:
        """How long the case was open: all its time but that in which it was over."""
        idle = [wait for wait in self.waits if wait.waited_for[0].whom is WaitedFor.NOBODY]
        return self.end - self.start - sum((wait.end - wait.start for wait in idle), timedelta())

    @property
    def worked(self) -> timedelta:
        """How long legs were under way."""
        waits = sum((wait.end - wait.start for wait in self.waits), timedelta())
        return self.end - self.start - waits


def tell_story(timeline: Sequence[Happened], now: datetime) -> Story:
    """The story of a timeline as `read_back` orders it. Raises ValueError for an empty one."""
    if not timeline:
        raise ValueError("a case begins with an event")
    legs = _legs(timeline)
    standings = list(_standings(timeline))
    _, at_last = standings[-1]
    last = timeline[-1].counted_at
    end = last if at_last.over else max(now, last)
    chapters: list[Leg | Wait] = [*legs, *_waits(legs, standings, end)]
    return Story(
        start=timeline[0].counted_at,
        end=end,
        chapters=tuple(sorted(chapters, key=lambda chapter: chapter.start)),
        promises=tuple(promise_stories(timeline, end)),
        now=waited_for(at_last),
    )


def _standings(timeline: Sequence[Happened]) -> Iterator[tuple[datetime, Standing]]:
    """How the case stood after each event."""
    standing = Standing()
    for happened in timeline:
        standing = standing.after(happened.event)
        yield happened.counted_at, standing


def _legs(timeline: Sequence[Happened]) -> list[Leg]:
    """The events of each trace, cut at long pauses. An event without a trace is alone."""
    runs: list[list[Happened]] = []
    run_of: dict[str, list[Happened]] = {}
    for happened in timeline:
        trace = "" if happened.span is None else happened.span.trace_id
        run = run_of.get(trace)
        if not trace or run is None or happened.counted_at - run[-1].counted_at > MAX_PAUSE:
            run = run_of[trace] = []
            runs.append(run)
        run.append(happened)
    when = {(one.source, one.sequence): one.counted_at for one in timeline}
    legs: list[Leg] = []
    for run in runs:
        steps = tuple(Step(one, _since(one, run[0].counted_at, when)) for one in run)
        leg = Leg(len(legs) + 1, steps)
        earlier = [other.number for other in legs if leg.trace_id and other.trace_id == leg.trace_id]
        legs.append(replace(leg, goes_on=earlier[-1] if earlier else None))
    return legs


def _since(one: Happened, start: datetime, when: dict[tuple[str, int], datetime]) -> datetime:
    """When the last of what others had told the writer of this event happened, within its leg."""
    others = [when[seen] for seen in one.seen.items() if seen in when and seen[0] != one.source]
    return max([start, *others]) if others else one.counted_at


def _waits(legs: Sequence[Leg], standings: Sequence[tuple[datetime, Standing]], end: datetime) -> list[Wait]:
    """The time that no leg covers, and who was waited for in it."""
    moments = [moment for moment, _ in standings]

    def waited_from(moment: datetime) -> tuple[Waited, ...]:
        _, standing = standings[bisect_right(moments, moment) - 1]
        return waited_for(standing)

    waits = []
    covered = legs[0].end
    for leg in legs[1:]:
        if leg.start > covered:
            waits.append(Wait(covered, leg.start, waited_from(covered)))
        covered = max(covered, leg.end)
    if end > covered:
        waits.append(Wait(covered, end, waited_from(covered), running=True))
    return waits
