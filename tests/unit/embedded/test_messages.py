"""What somebody reads who cannot start the embedded runtime."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from deploy.embedded import CannotStart, directory, java, postgres, runtime
from deploy.embedded.child import Child, Plan


def _java_that_says(version: str, folder: Path) -> Path:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2030-01-01' >&2\n", encoding="ascii")
    program.chmod(0o755)
    return program


def test_a_java_of_the_machine_is_used_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _java_that_says("17.0.9", tmp_path)
    monkeypatch.setenv("CICLO_JAVA", str(program))
    assert java.find_java() == program


def test_an_old_java_is_refused_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_JAVA", str(_java_that_says("11.0.2", tmp_path)))
    with pytest.raises(CannotStart, match="is Java 11; Kafka needs 17 or newer"):
        java.find_java()


def test_a_java_home_without_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_JAVA", str(tmp_path))
    with pytest.raises(CannotStart, match="is no Java runtime"):
        java.find_java()


def test_a_platform_without_a_java_wheel_is_told_to_install_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CICLO_JAVA", raising=False)
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(CannotStart, match="install a Java runtime >= 17 and set CICLO_JAVA"):
        java.find_java()


def test_a_platform_without_a_postgresql_wheel_is_told_to_use_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda _: None)
    with pytest.raises(CannotStart, match="set CICLO_POSTGRES to the admin URL"):
        postgres.start(tmp_path, lock=0, children=[], say=print)


def test_a_second_runtime_in_the_same_directory_is_refused_with_the_process_of_the_first(
    tmp_path: Path,
) -> None:
    with (
        directory.claimed(tmp_path, print),
        pytest.raises(CannotStart, match=r"is in use by another embedded runtime \(process \d+\)"),
        directory.claimed(tmp_path, print),
    ):
        pass
    with directory.claimed(tmp_path, print):
        pass  # free again


def test_servers_that_outlive_their_runtime_keep_the_next_one_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "WAIT_FOR_LEFTOVERS_S", 0.0)
    said: list[str] = []
    with directory.claimed(tmp_path, print) as lock:
        child = Child(Plan("Sleeper", ["sleep", "600"], tmp_path, signal.SIGTERM), lock)
        child.wait_until((tmp_path / "pid").exists)
    child._supervisor.kill()
    child.wait()
    try:
        with (
            pytest.raises(CannotStart, match="end the processes that"),
            directory.claimed(tmp_path, said.append),
        ):
            pass
        assert said == ["waiting for the servers of an earlier run to stop"]
    finally:
        os.kill(int((tmp_path / "pid").read_text(encoding="ascii")), signal.SIGKILL)
    monkeypatch.setattr(directory, "WAIT_FOR_LEFTOVERS_S", 30.0)
    with directory.claimed(tmp_path, print):
        pass  # free when the server has ended


def test_a_nearly_full_disk_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "NEEDED_MB", 10**12)
    with (
        pytest.raises(CannotStart, match=r"the disk is nearly full: \d+ MB are free"),
        directory.claimed(tmp_path, print),
    ):
        pass


def test_a_disk_that_fills_up_during_the_start_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="the disk is full"), runtime._disk_explained(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_server_that_stops_at_its_start_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"Server stopped while it was starting.*\n +FATAL: bad setting"):
        _start_and_wait("echo 'FATAL: bad setting'; exit 3", tmp_path)


def test_a_server_that_stops_because_the_disk_is_full_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="the disk is full"):
        _start_and_wait("echo 'write failed: No space left on device' >&2; exit 1", tmp_path)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with directory.claimed(tmp_path, print) as lock:
        child = Child(Plan("Server", ["/no/such/program"], tmp_path, signal.SIGTERM), lock)
        with pytest.raises(CannotStart, match="/no/such/program"):
            child.wait_until(lambda: False)
        child.wait()


def _start_and_wait(script: str, folder: Path) -> None:
    with directory.claimed(folder, print) as lock:
        child = Child(Plan("Server", ["sh", "-c", script], folder, signal.SIGTERM), lock)
        try:
            child.wait_until(lambda: False)
        finally:
            child.wait()
