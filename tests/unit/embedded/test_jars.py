"""What the lock of Kafka's jars promises."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.embedded import CannotStart, jars

LOCK = jars.LOCK_FILE.read_text(encoding="utf-8")


def test_a_jar_that_differs_from_its_locked_sum_is_named_and_removed(tmp_path: Path) -> None:
    jar = jars.Jar("org.example", "tool", "1.0", hashlib.sha256(b"as locked").hexdigest())
    jar.path(tmp_path).parent.mkdir(parents=True)
    jar.path(tmp_path).write_bytes(b"as locked")
    jars.verify(jar, tmp_path)

    jar.path(tmp_path).write_bytes(b"as locked, and a little more")
    with pytest.raises(CannotStart, match=r"tool-1\.0\.jar is not the file that was locked") as raised:
        jars.verify(jar, tmp_path)
    assert jar.sha256 in str(raised.value)
    assert not jar.path(tmp_path).exists()


def test_jars_that_are_here_and_intact_are_not_fetched_again(tmp_path: Path) -> None:
    """The unit tier has no network, so a fetch would fail."""
    jar = jars.Jar("org.example", "tool", "1.0", hashlib.sha256(b"as locked").hexdigest())
    jar.path(tmp_path).parent.mkdir(parents=True)
    jar.path(tmp_path).write_bytes(b"as locked")
    said: list[str] = []
    assert jars.fetch(said.append, jars=[jar], cache=tmp_path) == [jar.path(tmp_path)]
    assert said == []


def test_the_lock_holds_one_version_of_kafka_and_a_sum_for_every_jar() -> None:
    locked = jars.locked()
    versions = {jar.version for jar in locked if jar.group == "org.apache.kafka"}
    assert versions == {"4.3.1"}
    assert {"kafka_2.13", "kafka-clients", "slf4j-simple"} <= {jar.name for jar in locked}
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in locked)
    assert len({replace(jar, version="", sha256="") for jar in locked}) == len(locked)


def test_the_lock_was_written_from_the_dependencies_that_are_asked_for() -> None:
    spec = (jars.HERE / "jgo.toml").read_bytes()
    assert tomllib.loads(LOCK)["metadata"]["spec_hash"] == hashlib.sha256(spec).hexdigest()[:16]


def test_the_lock_names_no_address_to_download_from() -> None:
    assert "://" not in LOCK
    assert not re.search(r"\brepo\d*\.|\bmaven2\b|\.(com|io|net)/", LOCK)
