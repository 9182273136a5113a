"""Start Kafka and PostgreSQL together, and stop them together."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import jars, kafka, postgres
from deploy.embedded.child import Child
from deploy.embedded.directory import claimed
from deploy.embedded.errors import CannotStart
from deploy.embedded.java import find_java

KAFKA_SETTING = "CICLO_KAFKA"
POSTGRES_SETTING = "CICLO_POSTGRES"
DEFAULT_DIRECTORY = Path(__file__).parents[2] / ".ciclo"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are."""

    kafka: str  # bootstrap servers, "127.0.0.1:PORT"
    postgres: str  # admin URL: postgresql://user:password@127.0.0.1:PORT/postgres
    directory: Path  # where data and logs are


@contextmanager
def running(directory: Path | None = None, *, say: Say = print) -> Iterator[Servers]:
    """Start both servers, and stop them when the block ends; their data stays for the next start.

    A server that CICLO_KAFKA or CICLO_POSTGRES names is used instead of starting that one, and left running.
    The servers also stop when this process is killed. Raises CannotStart, which says what to do.
    """
    with watched(directory, say=say) as (servers, _):
        yield servers


@contextmanager
def watched(directory: Path | None = None, *, say: Say = print) -> Iterator[tuple[Servers, list[Child]]]:
    """Do as `running`, and yield the server processes, too."""
    directory = (directory or DEFAULT_DIRECTORY).absolute()
    given_kafka = _given(KAFKA_SETTING, kafka.answers)
    given_postgres = _given(POSTGRES_SETTING, postgres.answers)
    if given_kafka and given_postgres:
        yield Servers(given_kafka, given_postgres, directory), []
        return
    children: list[Child] = []
    with ExitStack() as held:
        held.callback(_stop, children)
        with _disk_explained(directory):
            lock = held.enter_context(claimed(directory, say))
            servers = _start(directory, given_kafka, given_postgres, lock, children, say)
        yield servers, children


def _given(setting: str, answers: Callable[[str], bool]) -> str | None:
    address = os.environ.get(setting, "").strip()
    if address and not answers(address):
        raise CannotStart(
            f"the server that {setting} names does not answer.",
            f"start it, correct {setting}, or unset it to use the embedded server.",
        )
    return address or None


def _start(
    directory: Path,
    given_kafka: str | None,
    given_postgres: str | None,
    lock: int,
    children: list[Child],
    say: Say,
) -> Servers:
    with ThreadPoolExecutor(2) as pool:
        try:
            database = _started(given_postgres) or pool.submit(
                postgres.start, directory / "postgres", lock, children, say
            )
            log = _started(given_kafka) or pool.submit(_start_kafka, directory / "kafka", lock, children, say)
            return Servers(log.result(), database.result(), directory)
        except BaseException:
            # The other start ends as soon as its server does.
            _stop(children)
            raise


def _started(address: str | None) -> Future[str] | None:
    if address is None:
        return None
    done: Future[str] = Future()
    done.set_result(address)
    return done


def _start_kafka(directory: Path, lock: int, children: list[Child], say: Say) -> str:
    java = find_java()
    return kafka.start(java, jars.fetch(say), directory, lock, children)


def _stop(children: list[Child]) -> None:
    for child in children:
        child.stop()
    for child in children:
        child.wait()


@contextmanager
def _disk_explained(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CannotStart("the disk is full.", f"free some space where {directory} lies.") from error
        if isinstance(error, PermissionError):
            raise CannotStart(
                f"{error.filename or directory} cannot be used: {error.strerror}.",
                "another account may have made it: remove it as that one (`make clean`), or choose another "
                "directory.",
            ) from error
        raise
