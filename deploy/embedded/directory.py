"""The data directory: one running runtime at a time, and some room on its disk."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deploy.embedded.errors import CannotStart

NEEDED_MB = 1024
# A runtime that was killed leaves its servers a grace to stop; they hold their lock until they have.
WAIT_FOR_LEFTOVERS_S = 45.0


@contextmanager
def claimed(directory: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the directory for one runtime; yields the descriptor of a lock that its servers inherit.

    Two locks: `lock` is this process's, `servers.lock` is free when every server of an earlier runtime has
    ended, too. So two servers never share the data, not even after a kill -9. Raises CannotStart when another
    runtime uses the directory, or when the disk is nearly full.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _check_room(directory)
    with (directory / "lock").open("a+") as own, (directory / "servers.lock").open("a") as inherited:
        _be_the_only_one(own, directory)
        _wait_for_leftovers(inherited, directory, say)
        yield inherited.fileno()


def _check_room(directory: Path) -> None:
    free_mb = shutil.disk_usage(directory).free // 1024**2
    if free_mb < NEEDED_MB:
        raise CannotStart(
            f"the disk is nearly full: {free_mb} MB are free where {directory} lies.",
            f"free some space ({NEEDED_MB} MB at least for both servers), or choose another directory.",
        )


def _be_the_only_one(own: IO[str], directory: Path) -> None:
    if not _is_locked_now(own):
        own.seek(0)
        raise CannotStart(
            f"{directory} is in use by another embedded runtime (process {own.read().strip() or 'unknown'}).",
            "stop that one first, or choose another directory.",
        )
    own.truncate(0)
    own.write(f"{os.getpid()}\n")
    own.flush()


def _wait_for_leftovers(inherited: IO[str], directory: Path, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + WAIT_FOR_LEFTOVERS_S
    if _is_locked_now(inherited):
        return
    say("waiting for the servers of an earlier run to stop")
    while not _is_locked_now(inherited):
        if time.monotonic() > deadline:
            raise CannotStart(
                f"servers of an earlier run still use {directory}.",
                f"end the processes that {directory}/kafka/pid and {directory}/postgres/pid name.",
            )
        time.sleep(0.2)


def _is_locked_now(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
