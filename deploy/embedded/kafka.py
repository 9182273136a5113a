"""Apache Kafka as one KRaft node with a durable log directory."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.embedded import child
from deploy.embedded.child import Child, Plan
from deploy.embedded.errors import CannotStart
from deploy.embedded.ports import HOST, free_port, is_open

PORT_SETTING = "CICLO_EMBEDDED_KAFKA_PORT"
FORMAT_TIMEOUT_S = 90.0
BRIEFLY = "-XX:TieredStopAtLevel=1"
"""For a JVM that ends soon: what it would compile thoroughly never pays."""

# What does not depend on the start. One node: every internal topic has one replica.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "2",
    # Groups form at once, and tests may use short session timeouts.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker killed with -9 is back in about 6 s instead of 12.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # The compaction buffer comes out of a heap of 512 MB; by default it takes 128 MB of it.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024**2),
}
LOGGING = {
    "defaultLogLevel": "warn",
    "showDateTime": "true",
    "dateTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    "showThreadName": "false",
}


@dataclass(frozen=True, slots=True)
class Behind:
    """Kafka behind a proxy: clients are sent to `proxy`; those who come by `direct` stay there."""

    proxy: int
    direct: int


def start(java: Path, jars: list[Path], directory: Path, lock: int, children: list[Child]) -> str:
    """Start Kafka with its data in `directory`, wait until it answers, and return its bootstrap servers.

    `lock` is the descriptor that the process inherits; it is in `children` while it runs. Raises CannotStart.
    """
    port = child.start(PORT_SETTING, prepared(java, jars, directory), is_up, lock, children)
    return f"{HOST}:{port}"


def prepared(
    java: Path, jars: list[Path], directory: Path, behind: Behind | None = None
) -> Callable[[int], Plan]:
    """Prepare the storage in `directory`, unless it is; returns how to run Kafka on a port.

    Raises CannotStart.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "data" / "meta.properties").exists():
        settings = _write_settings(directory, free_port(), behind)
        _format([*_jvm(java, jars, directory), BRIEFLY, "kafka.tools.StorageTool"], settings)

    def plan(port: int) -> Plan:
        settings = _write_settings(directory, port, behind)
        command = [*_jvm(java, jars, directory), "kafka.Kafka", str(settings)]
        return Plan("Kafka", command, directory, signal.SIGTERM)

    return plan


def answers(bootstrap: str) -> bool:
    """Say whether a Kafka client can connect and gets metadata with at least one broker."""
    return asyncio.run(_answers(bootstrap))


async def _answers(bootstrap: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(5):
            await client.bootstrap()
            return bool(client.cluster.brokers())
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()


def is_up(port: int) -> bool:
    """Say whether Kafka answers on this port."""
    # The client logs every refused connection as an error; ask it when there is somebody to ask.
    return is_open(port) and answers(f"{HOST}:{port}")


def _jvm(java: Path, jars: list[Path], directory: Path) -> list[str]:
    scratch = directory / "tmp"  # unpacked native libraries, which a kill -9 leaves behind
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    return [
        *(str(java), "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData"),
        *(f"-Djava.io.tmpdir={scratch}", "-Djava.awt.headless=true"),
        *(f"-Dorg.slf4j.simpleLogger.{name}={value}" for name, value in LOGGING.items()),
        *("-cp", os.pathsep.join(str(jar) for jar in jars)),
    ]


def _write_settings(directory: Path, port: int, behind: Behind | None) -> Path:
    controller = f"{HOST}:{free_port()}"
    settings = SETTINGS | {
        "log.dirs": str(directory / "data"),
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{controller}",
    }
    if behind is not None:
        direct = f"DIRECT://{HOST}:{behind.direct}"
        protocols = f"{settings['listener.security.protocol.map']},DIRECT:PLAINTEXT"
        settings |= {
            "listeners": f"{settings['listeners']},{direct}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{behind.proxy},{direct}",
            "listener.security.protocol.map": protocols,
            "inter.broker.listener.name": "DIRECT",
        }
    path = directory / "server.properties"
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    return path


def _format(tool: list[str], settings: Path) -> None:
    # 16 random bytes in URL-safe base64; the first is fixed, as an id must not look like an option.
    cluster = base64.urlsafe_b64encode(b"C" + os.urandom(15)).decode().rstrip("=")
    command = [*tool, "format", "--ignore-formatted", f"--cluster-id={cluster}", f"--config={settings}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, check=False)
    if done.returncode:
        raise CannotStart(
            f"Kafka's storage could not be prepared: {(done.stderr or done.stdout).strip()[-500:]}",
            f"check that {settings.parent} can be written and that the disk has room.",
        )
