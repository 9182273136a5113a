"""`baseline`, `epoch` and `reemit`: what operators do about sources, on the command line of every service."""

import getpass
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from services.chassis.baselines import take_baseline
from services.chassis.database import create_pool
from services.chassis.definition import Definition
from services.chassis.operator_engine import operator_engine
from services.chassis.printing import say
from services.chassis.reemission import MAX_EVENTS, Stretch, reemit

OK, FAILED = 0, 1


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


def reemit_arguments(parser: ArgumentParser) -> None:
    """Which events go out once more."""
    parser.add_argument("--case", type=UUID, required=True, help="of this case (or other aggregate)")
    parser.add_argument("--from", dest="first", type=int, default=1, help="sequence (default: %(default)s)")
    parser.add_argument("--to", dest="last", type=int, help="sequence (default: the last)")
    parser.add_argument("--epoch", type=int, help="of the source (default: the present one)")
    _audit(parser)


async def baseline(definition: Definition, database_url: str, arguments: Any) -> int:
    """Take a baseline; the exit code."""
    asked = arguments
    async with operator_engine(definition, database_url) as (pool, engine):
        count = await take_baseline(
            pool, engine, asked.source, actor=asked.by, reason=asked.reason, aggregate=asked.aggregate
        )
    say(f"baseline of {arguments.source} taken for {count} aggregates")
    return OK


async def epoch(definition: Definition, database_url: str, arguments: Any) -> int:
    """Show the epoch or begin the next; the exit code."""
    if arguments.next and not arguments.reason:
        say("a new epoch needs a --reason")
        return FAILED
    pool = await create_pool(database_url, f"{definition.name}-operator", size=1)
    try:
        if arguments.next:
            await pool.execute(
                "INSERT INTO source_epoch (epoch, actor, reason)"
                " SELECT max(epoch) + 1, $1, $2 FROM source_epoch",
                arguments.by,
                arguments.reason,
            )
        current = await pool.fetchval("SELECT max(epoch) FROM source_epoch")
    finally:
        await pool.close()
    say(f"epoch {current}" + ("; restart every replica now" if arguments.next else ""))
    return OK


async def reemission(definition: Definition, database_url: str, arguments: Any) -> int:
    """Publish events of a case once more; the exit code."""
    pool = await create_pool(database_url, f"{definition.name}-operator", size=1)
    try:
        number = arguments.epoch or await pool.fetchval("SELECT max(epoch) FROM source_epoch")
        last = arguments.last or arguments.first + MAX_EVENTS - 1
        stretch = Stretch(arguments.case, number, arguments.first, last)
        count = await reemit(pool, definition.name, [stretch], actor=arguments.by, reason=arguments.reason)
    finally:
        await pool.close()
    if not count:
        say("nothing to send: there are no such events, or they wait in the outbox already")
        return FAILED
    say(f"{count} events are sent once more")
    return OK


def _audit(parser: ArgumentParser) -> None:
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")
    parser.add_argument("--reason", required=True, help="why, for the audit")
