"""The embedded runtime starts real Kafka and PostgreSQL, keeps their data, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from deploy.embedded import CannotStart, Servers, running

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
TOPIC = "letters"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_given_servers(monkeypatch)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with pytest.MonkeyPatch.context() as environment:
        _forget_given_servers(environment)
        with running(tmp_path_factory.mktemp("shared")) as started:
            yield started


def test_data_survives_an_orderly_restart_and_a_kill_9_of_both_servers(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        asyncio.run(_create(servers))
        asyncio.run(_add(servers, "first"))
    with running(tmp_path) as servers:
        asyncio.run(_add(servers, "second"))
        for name in ("kafka", "postgres"):
            os.kill(_pid(tmp_path, name), signal.SIGKILL)
    with running(tmp_path) as servers:
        assert asyncio.run(_letters(servers)) == ["first", "second"]
        assert asyncio.run(_rows(servers)) == ["first", "second"]


def test_kill_9_of_the_process_that_started_them_stops_both_servers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.embedded", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as runtime:
        assert runtime.stdout is not None
        exports = [runtime.stdout.readline(), runtime.stdout.readline()]
        pids = [_pid(tmp_path, name) for name in ("kafka", "postgres")]
        runtime.kill()
    assert [line.partition("=")[0] for line in exports] == ["export CICLO_KAFKA", "export CICLO_POSTGRES"]
    deadline = time.monotonic() + PATIENCE_S
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a server outlives the runtime"
        time.sleep(0.1)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What is begun here heeds Ctrl-C, even where the tests themselves run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_terminal_s_ctrl_c_stops_both_and_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.embedded", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as runtime:
        assert runtime.stdout is not None
        runtime.stdout.readline()
        pids = [_pid(tmp_path, name) for name in ("kafka", "postgres")]
        runtime.send_signal(signal.SIGINT)
        assert runtime.wait(PATIENCE_S) == 0
    assert not any(_is_alive(pid) for pid in pids)
    assert "database system is shut down" in (tmp_path / "postgres" / "log").read_text(encoding="utf-8")


async def test_topics_are_never_made_by_a_mistyped_name(servers: Servers) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka, request_timeout_ms=3_000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("mistyped", b"")


async def test_postgresql_is_durable_and_wants_the_password_that_only_its_owner_can_read(
    servers: Servers,
) -> None:
    connection = await asyncpg.connect(servers.postgres)
    try:
        assert [await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")] == [
            "on"
        ] * 2
        assert int(await connection.fetchval("SHOW max_connections")) >= 200
    finally:
        await connection.close()
    password = servers.directory / "postgres" / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(servers.postgres.replace(password.read_text(encoding="ascii"), "guess"))


def test_servers_that_are_given_are_used_and_nothing_is_started(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICLO_KAFKA", servers.kafka)
    monkeypatch.setenv("CICLO_POSTGRES", servers.postgres)
    with running(tmp_path / "unused") as used:
        assert (used.kafka, used.postgres) == (servers.kafka, servers.postgres)
    assert not (tmp_path / "unused").exists()


def test_only_the_server_that_is_not_given_is_started(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICLO_KAFKA", servers.kafka)
    with running(tmp_path) as used:
        assert used.kafka == servers.kafka
        assert used.postgres != servers.postgres
    assert not (tmp_path / "kafka").exists()


def test_a_given_server_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICLO_POSTGRES", "postgresql://ciclo:secret@127.0.0.1:1/postgres")
    with (
        pytest.raises(CannotStart, match="the server that CICLO_POSTGRES names does not answer"),
        running(tmp_path),
    ):
        pass


def test_a_fixed_port_that_is_taken_is_named_and_nothing_stays_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("CICLO_EMBEDDED_KAFKA_PORT", str(port))
        with pytest.raises(CannotStart, match=f"port {port} .*CICLO_EMBEDDED_KAFKA_PORT"), running(tmp_path):
            pass
    assert not (tmp_path / "kafka" / "pid").exists()
    assert not (tmp_path / "postgres" / "pid").exists()


def _forget_given_servers(environment: pytest.MonkeyPatch) -> None:
    for setting in ("CICLO_KAFKA", "CICLO_POSTGRES"):
        environment.delenv(setting, raising=False)


def _pid(directory: Path, name: str) -> int:
    return int((directory / name / "pid").read_text(encoding="ascii"))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _create(servers: Servers) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    connection = await asyncpg.connect(servers.postgres)
    try:
        await connection.execute("CREATE TABLE letters (id int GENERATED ALWAYS AS IDENTITY, words text)")
    finally:
        await connection.close()


async def _add(servers: Servers, words: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka, acks="all") as producer:
        await producer.send_and_wait(TOPIC, words.encode())
    connection = await asyncpg.connect(servers.postgres)
    try:
        await connection.execute("INSERT INTO letters (words) VALUES ($1)", words)
    finally:
        await connection.close()


async def _letters(servers: Servers) -> list[str]:
    partition = TopicPartition(TOPIC, 0)
    async with AIOKafkaConsumer(bootstrap_servers=servers.kafka) as consumer:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        found: list[str] = []
        while await consumer.position(partition) < end:
            record = await asyncio.wait_for(consumer.getone(), PATIENCE_S)
            found.append(record.value.decode())
        return found


async def _rows(servers: Servers) -> list[str]:
    connection = await asyncpg.connect(servers.postgres)
    try:
        return [row["words"] for row in await connection.fetch("SELECT words FROM letters ORDER BY id")]
    finally:
        await connection.close()
