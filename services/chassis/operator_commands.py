"""`deadletters`, `baseline` and `epoch`: what operators do on the command line of every service."""

import getpass
import json
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.chassis.database import create_pool
from services.chassis.dead_letters import DeadLetters, NoSuchLetter
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.inputs import Fate

OK, FAILED = 0, 1
Work = Callable[[DeadLetters, asyncpg.Pool], Awaitable[int]]


def dead_letter_arguments(parser: ArgumentParser) -> None:
    """The actions on dead letters."""
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="")
    listing = actions.add_parser("ls", help="list them, oldest first")
    listing.add_argument("--group-by-error", action="store_true", help="one line per cause")
    _selection(listing)
    showing = actions.add_parser("show", help="everything about one")
    showing.add_argument("id", type=int)
    showing.add_argument("--values", action="store_true", help="the payload with its values")
    redriving = actions.add_parser("redrive", help="decide them again with today's code, oldest first")
    redriving.add_argument("id", type=int, nargs="*", help="these; without ids and selection, all")
    _selection(redriving)
    discarding = actions.add_parser("discard", help="give one up; what waited behind it goes on")
    discarding.add_argument("id", type=int)
    _audit(discarding)


def baseline_arguments(parser: ArgumentParser) -> None:
    """Where a group that started late begins."""
    parser.add_argument("--source", required=True, help="the service whose early records are gone")
    parser.add_argument("--aggregate", type=UUID, help="this one only")
    _audit(parser)


def epoch_arguments(parser: ArgumentParser) -> None:
    """A new epoch after a restore from a backup."""
    parser.add_argument("--next", action="store_true", help="begin one; without it the current one is shown")
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")
    parser.add_argument("--reason", default="", help="why, for the audit")


def _selection(parser: ArgumentParser) -> None:
    parser.add_argument("--aggregate", type=UUID, help="only those of this case (or other aggregate)")
    parser.add_argument("--error", metavar="FINGERPRINT", help="only those of this cause (see ls)")


def _audit(parser: ArgumentParser) -> None:
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")
    parser.add_argument("--reason", required=True, help="why, for the audit")


async def dead_letters(definition: Definition, database_url: str, arguments: Any) -> int:
    """Carry out an action on dead letters; the exit code."""

    async def work(letters: DeadLetters, _pool: asyncpg.Pool) -> int:
        return await _ACTIONS[arguments.action](letters, arguments)

    return await _with_engine(definition, database_url, work)


async def baseline(definition: Definition, database_url: str, arguments: Any) -> int:
    """Take a baseline; the exit code."""

    async def work(letters: DeadLetters, _pool: asyncpg.Pool) -> int:
        count = await letters.take_baseline(
            arguments.source, actor=arguments.by, reason=arguments.reason, aggregate=arguments.aggregate
        )
        _say(f"baseline of {arguments.source} taken for {count} aggregates")
        return OK

    return await _with_engine(definition, database_url, work)


async def epoch(definition: Definition, database_url: str, arguments: Any) -> int:
    """Show the epoch or begin the next; the exit code."""

    async def work(_letters: DeadLetters, pool: asyncpg.Pool) -> int:
        if arguments.next:
            if not arguments.reason:
                _say("a new epoch needs a --reason")
                return FAILED
            await pool.execute(
                "INSERT INTO source_epoch (epoch, actor, reason)"
                " SELECT max(epoch) + 1, $1, $2 FROM source_epoch",
                arguments.by,
                arguments.reason,
            )
        current = await pool.fetchval("SELECT max(epoch) FROM source_epoch")
        _say(f"epoch {current}" + ("; restart every replica now" if arguments.next else ""))
        return OK

    return await _with_engine(definition, database_url, work)


async def _with_engine(definition: Definition, database_url: str, work: Work) -> int:
    pool = await create_pool(database_url, f"{definition.name}-operator", size=2)
    try:
        engine = Engine(pool, definition)
        await engine.start()
        return await work(DeadLetters(pool, engine), pool)
    except NoSuchLetter as error:
        _say(str(error))
        return FAILED
    finally:
        await pool.close()


async def _ls(letters: DeadLetters, arguments: Any) -> int:
    if arguments.group_by_error:
        groups = await letters.groups()
        rows = [[g["fingerprint"], g["letters"], g["aggregates"], g["error"], g["message"]] for g in groups]
        table(["cause", "letters", "aggregates", "error", "message"], rows)
        return OK
    found = await letters.ls(aggregate=arguments.aggregate, fingerprint=arguments.error)
    rows = [
        [
            row["id"],
            row["aggregate"],
            row["type"],
            f"{row['source'] or '-'}:{row['sequence'] or '-'}",
            row["error"],
            row["attempts"],
            row["behind"],
            row["fingerprint"],
        ]
        for row in found
    ]
    table(["id", "aggregate", "type", "source", "error", "attempts", "behind", "cause"], rows)
    return OK


async def _show(letters: DeadLetters, arguments: Any) -> int:
    shown = await letters.show(arguments.id, values=arguments.values)
    _say(json.dumps(shown, indent=2, ensure_ascii=False))
    return OK


async def _redrive(letters: DeadLetters, arguments: Any) -> int:
    done = await letters.redrive(
        letters=arguments.id, aggregate=arguments.aggregate, fingerprint=arguments.error
    )
    for one in done:
        _say(f"{one.id}: {one.fate}" + (f" ({one.reason})" if one.reason else ""))
    failed = sum(one.fate is Fate.DEAD for one in done)
    _say(f"{len(done) - failed} redriven, {failed} failed again")
    return FAILED if failed else OK


async def _discard(letters: DeadLetters, arguments: Any) -> int:
    await letters.discard(arguments.id, actor=arguments.by, reason=arguments.reason)
    _say(f"{arguments.id}: discarded")
    return OK


_ACTIONS: dict[str, Callable[[DeadLetters, Any], Awaitable[int]]] = {
    "ls": _ls,
    "show": _show,
    "redrive": _redrive,
    "discard": _discard,
}


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their titles, or `none`."""
    if not rows:
        _say("none")
        return
    texts = [list(titles), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(titles))]
    for row in texts:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
