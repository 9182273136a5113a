"""A small process between the runtime and one server: it stops the server when the runtime is gone.

Run as a script, by path and with the standard library only. It holds the reading end of a pipe whose writing
end only the runtime has; end of file means "stop the server": the runtime asked for it, or it was killed. A
child that the runtime forked could keep the pipe open, so it also watches its parent process id. Both work on
Linux and macOS, and neither depends on the thread that started the server.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """One server to run: what the runtime tells the supervisor, as JSON on the command line."""

    command: list[str]
    pid_file: str  # where the server's process id stands while it runs
    stop_signal: int
    grace_s: float  # how long the server may take after stop_signal before SIGKILL
    parent: int  # process id of the runtime
    user: list[int] | None  # uid and gid to run as; None: the same
    lock: int  # descriptor that the server inherits: its claim on the data directory


def main() -> int:
    """Run the job given as the first argument; return the server's exit code (128 + n after signal n)."""
    job = Job(**json.loads(sys.argv[1]))
    asked_to_stop = _pipe_that_signals(signal.SIGTERM, signal.SIGINT)
    try:
        server = _start(job)
    except OSError as error:
        print(f"{job.command[0]}: {error}", file=sys.stderr)
        return 1
    try:
        Path(job.pid_file).write_text(f"{server.pid}\n", encoding="ascii")
        while server.poll() is None and os.getppid() == job.parent:
            if select.select([0, asked_to_stop], [], [], LOOK_EVERY_S)[0]:
                break
    except OSError as error:
        print(f"{job.pid_file}: {error}", file=sys.stderr)
    finally:
        code = _stop(server, job)
        Path(job.pid_file).unlink(missing_ok=True)
    return code if code >= 0 else 128 - code


def _start(job: Job) -> subprocess.Popen[bytes]:
    uid, gid = job.user or (None, None)
    # Its output goes where ours goes: into its log.
    return subprocess.Popen(
        job.command,
        stdin=subprocess.DEVNULL,
        pass_fds=[job.lock],
        user=uid,
        group=gid,
        extra_groups=[] if job.user else None,
    )


def _stop(server: subprocess.Popen[bytes], job: Job) -> int:
    if server.poll() is None:
        server.send_signal(job.stop_signal)
    try:
        return server.wait(job.grace_s)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def _pipe_that_signals(*numbers: signal.Signals) -> int:
    """Return a descriptor that becomes readable when this process gets one of the signals."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return reading


if __name__ == "__main__":
    sys.exit(main())
