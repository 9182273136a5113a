"""A worker of the comparison does not outlive the run that started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drills.peers.systems import TIED

PARENT = """
import os, subprocess, sys
tied, program = sys.argv[1:]
child = subprocess.Popen([sys.executable, "-I", tied, str(os.getpid()), sys.executable, "-c", program])
print(child.pid, flush=True)
child.wait()
"""
PROGRAM = "import time; time.sleep(60)"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties them")
def test_a_worker_ends_when_the_run_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, TIED, PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        while b"time.sleep" not in _command(worker) or b"tied.py" in _command(worker):
            time.sleep(0.01)
        parent.kill()
    until = time.monotonic() + 20
    while _command(worker) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _command(worker)


def test_a_worker_does_not_begin_without_its_run() -> None:
    command = [sys.executable, "-I", str(TIED), str(os.getpid() + 1), "echo", "hello"]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")


def _command(process: int) -> bytes:
    """What a process runs; nothing once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
