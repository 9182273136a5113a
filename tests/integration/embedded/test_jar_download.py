"""Fetching Kafka's jars from a Maven repository (a small one on this machine)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.embedded import CannotStart, jars

pytestmark = pytest.mark.integration

CONTENT = b"the jar as it was locked"
JAR = jars.Jar("org.example", "tool", "1.0", hashlib.sha256(CONTENT).hexdigest())


class Repository(ThreadingHTTPServer):
    """Answers every request with one status and one content, and remembers the paths asked for."""

    status = HTTPStatus.OK
    content = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        repository = self.server
        assert isinstance(repository, Repository)
        repository.asked.append(self.path)
        checksum = self.path.endswith(".sha1")
        body = hashlib.sha1(CONTENT).hexdigest().encode() if checksum else repository.content  # noqa: S324
        self.send_response(repository.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    with Repository() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("CICLO_MAVEN_MIRROR", f"http://127.0.0.1:{server.server_port}/maven/")
        yield server
        server.shutdown()
        thread.join()


def test_a_missing_jar_is_fetched_once_with_progress(repository: Repository, tmp_path: Path) -> None:
    said: list[str] = []
    (path,) = jars.fetch(said.append, jars=[JAR], cache=tmp_path)
    assert path.read_bytes() == CONTENT
    assert repository.asked[0] == "/maven/org/example/tool/1.0/tool-1.0.jar"
    assert said[-1] == "Kafka: 1 of 1 jars are here (tool-1.0.jar)"

    asked = len(repository.asked)
    jars.fetch(said.append, jars=[JAR], cache=tmp_path)
    assert len(repository.asked) == asked


@pytest.mark.usefixtures("repository")
def test_a_jar_that_was_broken_off_is_fetched_again(tmp_path: Path) -> None:
    JAR.path(tmp_path).parent.mkdir(parents=True)
    JAR.path(tmp_path).write_bytes(CONTENT[:7])
    (path,) = jars.fetch(print, jars=[JAR], cache=tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_jar_that_was_changed_on_its_way_is_refused(repository: Repository, tmp_path: Path) -> None:
    repository.content = CONTENT + b" and something else"
    with pytest.raises(CannotStart, match=r"tool-1\.0\.jar is not the file that was locked"):
        jars.fetch(print, jars=[JAR], cache=tmp_path)
    assert not JAR.path(tmp_path).exists()


def test_a_refused_download_says_which_jar_and_what_to_do(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "RETRY_AFTER_S", 0.0)
    repository.status = HTTPStatus.FORBIDDEN
    with pytest.raises(CannotStart, match=r"tool-1\.0\.jar could not be fetched.*\n.*CICLO_MAVEN_MIRROR"):
        jars.fetch(print, jars=[JAR], cache=tmp_path)
    assert len(repository.asked) == jars.ATTEMPTS


def test_a_network_that_cannot_be_reached_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "RETRY_AFTER_S", 0.0)
    monkeypatch.setenv("CICLO_MAVEN_MIRROR", "http://127.0.0.1:1/maven")
    with pytest.raises(CannotStart, match=r"could not be fetched \(ConnectionError"):
        jars.fetch(print, jars=[JAR], cache=tmp_path)
