"""`deadletters`: what operators do with dead letters on the command line of every service."""

import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from services.chassis.dead_letter_files import BadFile, bring_in, export
from services.chassis.dead_letters import DeadLetters, NoSuchLetter, Selection, Trial, Who
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.inputs import Fate
from services.chassis.operator_engine import operator_engine
from services.chassis.printing import say, table
from services.chassis.transforming import BadPatch, Transformed, restore, transform

OK, FAILED, USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Desk:
    """What an action works with."""

    letters: DeadLetters
    pool: asyncpg.Pool
    engine: Engine
    service: str
    arguments: Any

    @property
    def chosen(self) -> Selection:
        """The selection of the command line."""
        given = self.arguments
        return Selection(tuple(getattr(given, "id", ())), given.case, given.error, given.type, given.since)

    @property
    def who(self) -> Who:
        """The operator."""
        return Who(self.arguments.by, self.arguments.reason)


async def dead_letters(definition: Definition, database_url: str, arguments: Any) -> int:
    """Carry out an action on dead letters; the exit code."""
    if getattr(arguments, "reveal", False) and not arguments.reason:
        return _wrong("--reveal needs a --reason")
    try:
        async with operator_engine(definition, database_url) as (pool, engine):
            desk = Desk(DeadLetters(pool, engine), pool, engine, definition.name, arguments)
            return await _ACTIONS[arguments.action](desk)
    except NoSuchLetter as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    except (BadPatch, BadFile) as error:
        return _wrong(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return _wrong(f"{error.filename}: {error.strerror}")


async def _ls(desk: Desk) -> int:
    by, limit = desk.arguments.group_by, desk.arguments.limit
    if by is not None:
        groups = await desk.letters.groups(by, desk.chosen, limit)
        rows = [
            [g["name"], g["letters"], g["aggregates"], _short(g["since"]), _short(g["latest"])]
            + ([g["error"], g["message"]] if by == "error" else [])
            for g in groups
        ]
        titles = ["cause" if by == "error" else by, "letters", "cases", "since", "latest"]
        table(titles + (["error", "message"] if by == "error" else []), rows, empty=_none(desk))
        return OK
    found = await desk.letters.ls(desk.chosen, limit)
    rows = [
        [
            row["id"],
            row["aggregate"],
            row["type"] or "-",
            f"{row['source'] or '-'}:{row['sequence'] or '-'}",
            row["error"] + (" (transformed)" if row["transformed"] else ""),
            _short(row["first_failed_at"]),
            row["attempts"],
            row["behind"],
            row["fingerprint"],
        ]
        for row in found
    ]
    titles = ["id", "case", "type", "source", "error", "since", "attempts", "behind", "cause"]
    table(titles, rows, empty=_none(desk))
    if len(found) == limit:
        say(f"(the first {limit}; --limit shows more)")
    return OK


async def _show(desk: Desk) -> int:
    reveal = desk.who if desk.arguments.reveal else None
    shown = await desk.letters.show(desk.arguments.id, reveal=reveal)
    say(json.dumps(shown, indent=2, ensure_ascii=False))
    return OK


async def _test(desk: Desk) -> int:
    would_fail = tested = 0
    async for trial in desk.letters.test(desk.chosen, desk.who):
        tested += len(trial.letters)
        for line, failed in _told(trial):
            say(line)
            would_fail += failed
    if not tested:
        say(_none(desk))
        return OK
    say(f"{tested} tested, {would_fail} would fail again; nothing was changed")
    return FAILED if would_fail else OK


def _told(trial: Trial) -> list[tuple[str, bool]]:
    """What to say of each letter of a trial, and whether it would fail again."""
    if trial.rehearsal is None:
        return [(f"{number}: cannot be stored: {trial.failure}", True) for number in trial.letters]
    writes = trial.rehearsal.writes
    told = [
        (
            f"{number}: {outcome.fate}" + (f" ({outcome.reason})" if outcome.reason else ""),
            _fails(outcome.fate),
        )
        for number, outcome in zip(trial.letters, trial.rehearsal.outcomes, strict=True)
    ]
    would = [
        *(f"publish {event.type} {event.sequence}" for event in writes.events),
        *(f"owe {effect.kind}" for effect in writes.effects),
        *(f"set or cancel the timer {kind} {key}".rstrip() for _, kind, key in writes.timers),
        *(f"begin a fan-out {type(one.fan_out.data).__name__}" for one in writes.fan_outs),
        *(f"write {count} of {name}" for name, count in trial.rehearsal.rows.items()),
        *([f"let {len(writes.unparked)} go on that wait"] if writes.unparked else []),
    ]
    return told + [(f"    would {what}", False) for what in would]


async def _transform(desk: Desk) -> int:
    given = desk.arguments
    if given.restore:
        done = await restore(desk.pool, desk.engine, given.id, desk.who)
    else:
        done = await transform(desk.pool, desk.engine, given.id, _text(given.patch), desk.who)
    return _changed(given.id, done, reveal=given.reveal)


def _text(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


def _changed(letter: int, done: Transformed, *, reveal: bool) -> int:
    lines = list(done.changes(reveal=reveal))
    for line in lines or ["nothing changes"]:
        say(line)
    if done.unreadable is not None:
        say(f"{letter}: changed, but today's code cannot read it: {done.unreadable}")
        return FAILED
    say(f"{letter}: changed; `deadletters test {letter}` shows what it would do, `redrive` does it")
    return OK


async def _redrive(desk: Desk) -> int:
    fates: Counter[Fate] = Counter()
    per_second = desk.arguments.rate
    async for one in desk.letters.redrive(desk.chosen, desk.who, per_second=per_second):
        fates[one.fate] += 1
        say(f"{one.id}: {one.fate}" + (f" ({one.reason})" if one.reason else ""))
    if not fates:
        say(_none(desk))
        return OK
    failed = sum(count for fate, count in fates.items() if _fails(fate))
    say(f"{fates.total() - failed} redriven, {failed} failed again")
    return FAILED if failed else OK


async def _discard(desk: Desk) -> int:
    await desk.letters.discard(desk.arguments.id, desk.who)
    say(f"{desk.arguments.id}: discarded")
    return OK


async def _export(desk: Desk) -> int:
    given, count = desk.arguments, -1
    with given.file.open("x", encoding="utf-8") as file:
        given.file.chmod(0o600)
        lines = export(desk.pool, desk.letters, desk.service, desk.chosen, desk.who, reveal=given.reveal)
        async for line in lines:
            file.write(f"{line}\n")
            count += 1
    say(f"{count} written to {given.file}, {'with all values' if given.reveal else 'masked'}")
    return OK


async def _import(desk: Desk) -> int:
    with desk.arguments.file.open(encoding="utf-8") as lines:
        new, known = await bring_in(desk.pool, desk.engine, desk.service, lines, desk.who)
    say(f"{new} imported, {known} known already")
    return OK


_ACTIONS: dict[str, Callable[[Desk], Awaitable[int]]] = {
    "ls": _ls,
    "show": _show,
    "test": _test,
    "transform": _transform,
    "redrive": _redrive,
    "discard": _discard,
    "export": _export,
    "import": _import,
}


def _fails(fate: Fate) -> bool:
    return fate in (Fate.DEAD, Fate.PARKED)


def _none(desk: Desk) -> str:
    return "there are no dead letters" if desk.chosen == Selection() else "no dead letters fit"


def _short(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _wrong(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return USAGE
