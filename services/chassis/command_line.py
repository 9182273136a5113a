"""`python -m services.<name>`: one set of subcommands for every service."""

import asyncio
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import structlog

from services.chassis import dead_letter_commands, key_commands, logs, operator_commands
from services.chassis.app import App
from services.chassis.database import is_transient
from services.chassis.dead_letter_arguments import dead_letter_arguments
from services.chassis.definition import Definition
from services.chassis.heap import spare_the_heap
from services.chassis.migrate import MigrationFailed, migrate
from services.chassis.settings import BadSettings, ServiceSettings, describe, load

S = TypeVar("S", bound=ServiceSettings)

OperatorWork = Callable[[Definition, str, Namespace], Coroutine[Any, Any, int]]

log = structlog.get_logger()

OK, FAILED, USAGE = 0, 1, 2
LAST_CALL_S = 1.0
EXIT_CODES = """exit codes:
  0  done; or, after SIGTERM, ended with nothing left unfinished
  1  failed: the log says why
  2  wrong arguments, or settings that are missing or invalid
  3  ended, but work in flight was cut: it was not finished in time (what was
     committed stays; the rest was rolled back and is tried again)"""


@dataclass(frozen=True, slots=True)
class Invocation(Generic[S]):
    """What a subcommand is called with."""

    service: str
    settings: S
    build_app: Callable[[S], App]
    arguments: Namespace


def _no_arguments(_parser: ArgumentParser) -> None:
    """Most subcommands take none."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A word after the service's name: how it is called, and what it does. `run` returns the exit code."""

    word: str
    help: str
    run: Callable[[Invocation[Any]], int]
    arguments: Callable[[ArgumentParser], None] = _no_arguments


def main(
    service: str,
    settings: type[S],
    build_app: Callable[[S], App],
    arguments: Sequence[str] | None = None,
    *,
    more: tuple[Subcommand, ...] = (),
) -> NoReturn:
    """Do what the command line says (without a subcommand: run the service), then exit the process.

    `more` are subcommands that only this service has.
    """
    subcommands = (*SUBCOMMANDS, *more)
    parser = _parser(service, settings, subcommands)
    parsed = parser.parse_args(arguments)
    word = parsed.subcommand or "run"
    chosen = next(subcommand for subcommand in subcommands if subcommand.word == word)
    try:
        loaded = load(settings)
        # What the other subcommands print is for people and pipes; logs stay apart from it.
        logs.configure(service, loaded.log_level, sys.stdout if word == "run" else sys.stderr)
        sys.exit(chosen.run(Invocation(service, loaded, build_app, parsed)))
    except BadSettings as error:
        sys.stderr.write(f"{service}: {error}\n")
        sys.exit(USAGE)


def run_async(work: Coroutine[Any, Any, int]) -> int:
    """Run a subcommand's coroutine to its exit code, on uvloop where there is one.

    A task that ignores its cancellation, as a library's may, does not keep the process: by then, all that
    counts is committed.
    """
    with asyncio.Runner(loop_factory=_uvloop()) as runner:
        code = runner.run(work)
        left_behind = runner.run(_cancel_others())
        if left_behind:
            log.warning("tasks left behind", tasks=left_behind)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return code


async def _cancel_others() -> list[str]:
    """Cancel what still runs; returns the names of tasks that go on all the same."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if not others:
        return []
    _, running = await asyncio.wait(others, timeout=LAST_CALL_S)
    return sorted(task.get_name() for task in running)


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not to be had everywhere
    except ImportError:
        return None
    return uvloop.new_event_loop


def _run(invocation: Invocation[Any]) -> int:
    app = invocation.build_app(invocation.settings)
    spare_the_heap()
    return run_async(app.run())


def _migrate(invocation: Invocation[Any]) -> int:
    try:
        done = migrate(invocation.service, invocation.settings.database_url.get_secret_value())
    except MigrationFailed as error:
        sys.stderr.write(f"{invocation.service}: the database could not be migrated:\n{error}\n")
        return FAILED
    sys.stdout.write(f"{done}\n")
    return OK


def operator(work: OperatorWork) -> Callable[[Invocation[Any]], int]:
    """Make a subcommand of an operator's work: it needs the service's definition, and runs nothing of it."""

    def run(invocation: Invocation[Any]) -> int:
        definition = invocation.build_app(invocation.settings).definition
        database_url = invocation.settings.database_url.get_secret_value()
        return _with_database(invocation.service, work(definition, database_url, invocation.arguments))

    return run


def _keys(invocation: Invocation[Any]) -> int:
    scopes = invocation.build_app(invocation.settings).scopes()
    database_url = invocation.settings.database_url.get_secret_value()
    return _with_database(invocation.service, key_commands.keys(scopes, database_url, invocation.arguments))


def _with_database(service: str, work: Coroutine[Any, Any, int]) -> int:
    try:
        return run_async(work)
    except Exception as error:
        if not is_transient(error):
            raise
        sys.stderr.write(f"{service}: the database does not answer: {logs.safe_text(error)}\n")
        return FAILED


SUBCOMMANDS: tuple[Subcommand, ...] = (
    Subcommand("run", "run the service until SIGTERM (this is the default)", _run),
    Subcommand("migrate", "create the database if need be, and apply the migrations it lacks", _migrate),
    Subcommand(
        "keys",
        "make, list or revoke the API keys that open this service's doors",
        _keys,
        key_commands.key_arguments,
    ),
    Subcommand(
        "deadletters",
        "list, show, test, mend, redrive, discard, export or import inputs whose decision failed",
        operator(dead_letter_commands.dead_letters),
        dead_letter_arguments,
    ),
    Subcommand(
        "baseline",
        "begin after records of another service that are gone",
        operator(operator_commands.baseline),
        operator_commands.baseline_arguments,
    ),
    Subcommand(
        "epoch",
        "show this service's epoch as a source, or begin a new one after a restore",
        operator(operator_commands.epoch),
        operator_commands.epoch_arguments,
    ),
    Subcommand(
        "reemit",
        "publish events of a case once more, for whoever lacks them",
        operator(operator_commands.reemission),
        operator_commands.reemit_arguments,
    ),
)


def _parser(
    service: str, settings: type[ServiceSettings], subcommands: Sequence[Subcommand]
) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"python -m services.{service}",
        epilog=f"settings (environment variables):\n{describe(settings)}\n\n{EXIT_CODES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(title="subcommands", dest="subcommand", metavar="subcommand")
    for subcommand in subcommands:
        one = subparsers.add_parser(subcommand.word, help=subcommand.help, description=subcommand.help)
        subcommand.arguments(one)
    return parser
