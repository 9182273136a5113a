"""A server process, seen from the runtime that started it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.ports import choose_port
from deploy.embedded.supervise import Job

SUPERVISOR = Path(__file__).with_name("supervise.py")
START_TIMEOUT_S = 90.0
STOP_GRACE_S = 20.0
SUPERVISOR_MARGIN_S = 10.0  # what a stop may take beyond the server's grace
PORT_ATTEMPTS = 3
FULL_BYTES = 1024**2  # with less than this, a server that does not start has no room


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run one server."""

    name: str
    command: list[str]
    directory: Path  # gets the log and the file with the process id
    stop_signal: signal.Signals
    user: tuple[int, int] | None = None  # uid and gid; None: the same as now

    @property
    def log(self) -> Path:
        """The file with what the server says."""
        return self.directory / "log"


class Child:
    """One server behind its supervisor; stops when asked to, or when this process ends in whatever way."""

    def __init__(self, plan: Plan, lock: int) -> None:
        self.name = plan.name
        self.log = plan.log
        job = Job(
            command=plan.command,
            pid_file=str(plan.directory / "pid"),
            stop_signal=int(plan.stop_signal),
            grace_s=STOP_GRACE_S,
            parent=os.getpid(),
            user=list(plan.user) if plan.user else None,
            lock=lock,
        )
        with plan.log.open("ab") as log:
            self._log_start = log.tell()
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", SUPERVISOR, json.dumps(asdict(job))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Its own session: a Ctrl-C must not reach the servers before those who use them.
                start_new_session=True,
                pass_fds=[lock],
                # PostgreSQL on macOS refuses to start without a valid locale; logs are in English everywhere.
                env={**os.environ, "LC_ALL": "C"},
            )

    def is_running(self) -> bool:
        """Say whether the server still runs."""
        return self._supervisor.poll() is None

    def stop(self) -> None:
        """Ask the server to stop, without waiting for it."""
        if self._supervisor.stdin:
            self._supervisor.stdin.close()

    def wait(self) -> None:
        """Stop the server and wait until it has ended (it is killed after its grace)."""
        self.stop()
        self._supervisor.wait(STOP_GRACE_S + SUPERVISOR_MARGIN_S)

    def new_log(self) -> str:
        """Return what the server has logged since this start, at most the last 20,000 characters."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")[-20_000:]

    def wait_until(self, is_up: Callable[[], bool]) -> None:
        """Wait until the server answers; raises CannotStart when it ends before, or takes too long."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not is_up():
            if not self.is_running():
                raise self._failure(f"{self.name} stopped while it was starting")
            if time.monotonic() > deadline:
                raise self._failure(f"{self.name} did not answer within {START_TIMEOUT_S:.0f} s")
            time.sleep(0.05)

    def _failure(self, what: str) -> CannotStart:
        said = self.new_log()
        if "No space left on device" in said or shutil.disk_usage(self.log.parent).free < FULL_BYTES:
            return CannotStart(f"{what}: the disk is full.", f"free some space where {self.log} lies.")
        lines = [line for line in said.splitlines() if line.strip()][-5:] or ["(nothing)"]
        shown = "".join(f"\n    {line}" for line in lines)
        return CannotStart(
            f"{what}. Its log ends with:{shown}",
            f"read {self.log}; when the data is not needed any more, `make clean` removes it.",
        )


def start(
    port_setting: str,
    plan: Callable[[int], Plan],
    is_up: Callable[[int], bool],
    lock: int,
    children: list[Child],
) -> int:
    """Start a server on a port, wait until it answers, and return the port.

    The process is in `children` while it runs, also during the wait. Raises CannotStart.
    """
    for attempt in range(PORT_ATTEMPTS, 0, -1):
        port, is_fixed = choose_port(port_setting)
        child = Child(plan(port), lock)
        children.append(child)
        try:
            child.wait_until(partial(is_up, port))
        except CannotStart:
            # Another program can take a free port before the server does.
            if is_fixed or attempt == 1 or "Address already in use" not in child.new_log():
                raise
            child.wait()
            children.remove(child)
        else:
            break
    return port
