"""Servers end with the runtime, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.embedded import child as child_module
from deploy.embedded import directory
from deploy.embedded.child import Child, Plan

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0

# A runtime with one server that it starts from a thread which then ends (Linux's parent-death signal would
# fire here), and with a forked child that holds every descriptor of its parent open.
RUNTIME = """
import os, signal, sys, threading, time
from pathlib import Path
from deploy.embedded.child import Child, Plan
from deploy.embedded.directory import claimed
folder = Path(sys.argv[1])
with claimed(folder, print) as lock:
    plan = Plan("Sleeper", ["sleep", "600"], folder, signal.SIGTERM)
    started = []
    thread = threading.Thread(target=lambda: started.append(Child(plan, lock)))
    thread.start()
    thread.join()
    if forked := os.fork():
        print(forked, flush=True)
    time.sleep(600)
"""


def test_kill_9_of_the_runtime_ends_its_server_even_when_a_fork_keeps_the_pipe_open(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", RUNTIME, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as runtime:
        assert runtime.stdout is not None
        forked = int(runtime.stdout.readline())
        try:
            server = _pid_of_the_server(tmp_path)
            assert _is_alive(server)
            runtime.kill()
            _wait_until_gone(server)
            assert _is_alive(forked)
        finally:
            os.kill(forked, signal.SIGKILL)


def test_a_server_that_does_not_stop_in_time_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "STOP_GRACE_S", 0.2)
    stubborn = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]
    with directory.claimed(tmp_path, print) as lock:
        child = Child(Plan("Stubborn", stubborn, tmp_path, signal.SIGTERM), lock)
        child.wait_until(lambda: "ready" in child.new_log())
        server = _pid_of_the_server(tmp_path)
        child.wait()
        assert not child.is_running()
    _wait_until_gone(server)


def test_a_server_is_asked_to_stop_with_its_own_signal(tmp_path: Path) -> None:
    polite = ["sh", "-c", "trap 'echo goodbye; exit 0' INT; echo ready; while :; do sleep 0.1; done"]
    with directory.claimed(tmp_path, print) as lock:
        child = Child(Plan("Polite", polite, tmp_path, signal.SIGINT), lock)
        child.wait_until(lambda: "ready" in child.new_log())
        child.wait()
    assert child.new_log().splitlines() == ["ready", "goodbye"]
    assert not (tmp_path / "pid").exists()


def _pid_of_the_server(folder: Path) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while not ((folder / "pid").exists() and (folder / "pid").read_text().endswith("\n")):
        assert time.monotonic() < deadline, "the server never started"
        time.sleep(0.05)
    return int((folder / "pid").read_text())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while _is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still alive"
        time.sleep(0.05)
