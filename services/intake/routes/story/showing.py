"""What the page of a story shows: everything the template fills in, in the reader's language."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from ciclo_schemas.envelope import service_of
from ciclo_schemas.values import Language
from services.intake.domain.headline import headline
from services.intake.domain.promised import Fate, PromiseStory
from services.intake.domain.situation import situation
from services.intake.domain.story import Leg, Step, Story, Wait, tell_story
from services.intake.domain.waiting import Waited, WaitedFor
from services.intake.routes.story.drawing import Axis, Bar
from services.intake.routes.story.facts import facts_of
from services.intake.routes.story.words import length_of, moment_of, tick_of
from services.intake.views import CaseView

_PROMISE_MARK = 0.7
_STEP_LEAST = 1.2


def shown(view: CaseView, now: datetime, trace_url: str, language: Language) -> dict[str, Any]:
    """The values of the template; `trace_url` leads to a trace, empty where there is no trace back end."""
    story = tell_story(view.timeline, now)
    still_due = [promise.due for promise in story.promises if promise.fate is Fate.OPEN]
    axis = Axis(story.start, max(story.end, *still_due, story.start))
    return {
        "case_no": view.case.case_no,
        "case_id": str(view.case.case_id),
        "status": headline(situation(view.timeline), language).status,
        "over": story.over,
        "now": [_waited(one, language) for one in story.now],
        "begun": _when(story.start, language),
        "ended": _when(story.end, language),
        "open_for": length_of(story.open_for, language),
        "events": len(view.timeline),
        "legs": len(story.legs),
        "fates": Counter(promise.fate.value for promise in story.promises),
        "ticks": [(tick.x, tick_of(tick.moment, language)) for tick in axis.ticks()],
        "worked": length_of(story.worked, language),
        "work": [axis.bar("services", leg.start, leg.end) for leg in story.legs],
        "waited": _waited_rows(story, axis, language),
        "promises": [_promise(promise, story, axis, language) for promise in story.promises],
        "chapters": [_chapter(chapter, trace_url, language) for chapter in story.chapters],
    }


def _when(moment: datetime, language: Language) -> tuple[str, str]:
    """A moment for programs and for people."""
    return moment.isoformat(timespec="milliseconds"), moment_of(moment, language)


def _waited(one: Waited, language: Language) -> dict[str, Any]:
    return {
        "whom": one.whom.value,
        "owner": "" if one.owner is None else one.owner.id,
        "deadline": "" if one.deadline is None else moment_of(one.deadline, language),
    }


def _waited_rows(story: Story, axis: Axis, language: Language) -> list[dict[str, Any]]:
    """Who was waited for: how long in all, which part of the time the case was open, how often, and when."""
    rows = []
    over = [wait for wait in story.waits if wait.waited_for[0].whom is WaitedFor.NOBODY]
    nobody = {WaitedFor.NOBODY: sum((wait.end - wait.start for wait in over), timedelta())} if over else {}
    for whom, total in (story.waited | nobody).items():
        waits = [wait for wait in story.waits if whom in [one.whom for one in wait.waited_for]]
        share = total / story.open_for if story.open_for else 0.0
        rows.append(
            {
                "whom": whom.value,
                "total": length_of(total, language),
                "share": "" if whom is WaitedFor.NOBODY else f"{share:.0%}",
                "bars": [axis.bar(whom.value, wait.start, wait.end) for wait in waits],
            }
        )
    return rows


def _promise(promise: PromiseStory, story: Story, axis: Axis, language: Language) -> dict[str, Any]:
    until = promise.settled_at or story.end
    dues = [*(move.was_due for move in promise.moves), promise.due]
    bars = [axis.bar(promise.fate.value, promise.made_at, until)]
    if promise.fate is Fate.OPEN:
        bars.insert(0, axis.bar("ahead", until, promise.due))
    bars += [_mark("was-due", due, axis) for due in dues[:-1]] + [_mark("due", dues[-1], axis)]
    return {
        "number": promise.promise_no,
        "kind": promise.kind.value,
        "owner": promise.owner.id,
        "made": _when(promise.made_at, language),
        "due": _when(promise.due, language),
        "moves": [
            (moment_of(move.was_due, language), moment_of(move.due, language), move.reason)
            for move in promise.moves
        ],
        "at_risk": [moment_of(moment, language) for moment in promise.at_risk],
        "fate": promise.fate.value,
        "settled": "" if promise.settled_at is None else moment_of(promise.settled_at, language),
        "kept_by": promise.kept_by or "",
        "spare": length_of(promise.due - until, language) if _kept_early(promise) else "",
        "bars": bars,
    }


def _kept_early(promise: PromiseStory) -> bool:
    settled = promise.settled_at
    return promise.fate is Fate.KEPT and settled is not None and settled < promise.due


def _mark(kind: str, moment: datetime, axis: Axis) -> Bar:
    return axis.bar(kind, moment, moment, least=_PROMISE_MARK)


def _chapter(chapter: Leg | Wait, trace_url: str, language: Language) -> dict[str, Any]:
    return {
        "start": _when(chapter.start, language),
        "lasted": length_of(chapter.end - chapter.start, language),
    } | (_leg(chapter, trace_url, language) if isinstance(chapter, Leg) else _wait(chapter, language))


def _wait(wait: Wait, language: Language) -> dict[str, Any]:
    return {
        "leg": None,
        "running": wait.running,
        "waited_for": [_waited(one, language) for one in wait.waited_for],
    }


def _leg(leg: Leg, trace_url: str, language: Language) -> dict[str, Any]:
    axis = Axis(leg.start, leg.end)
    trace_id = leg.trace_id or ""
    return {
        "leg": leg.number,
        "trigger": _name(leg.steps[0]),
        "begun": moment_of(leg.start, language, "d MMM y, HH:mm:ss.SSS"),
        "trace_id": trace_id,
        "trace_url": trace_url.replace("{trace_id}", trace_id) if trace_id else "",
        "goes_on": leg.goes_on,
        "drawn": leg.start < leg.end,
        "steps": [
            {
                "service": service_of(step.happened.source),
                "name": _name(step),
                "facts": facts_of(step.happened.event, language),
                "after": length_of(step.happened.counted_at - leg.start, language),
                "bar": axis.bar(
                    service_of(step.happened.source), step.since, step.happened.counted_at, _STEP_LEAST
                ),
            }
            for step in leg.steps
        ],
    }


def _name(step: Step) -> str:
    """`case.opened` for `ciclo.case.opened.v1`; types of newer releases, too."""
    return step.happened.type.removeprefix("ciclo.").removesuffix(".v1")
