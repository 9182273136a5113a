"""PostgreSQL and Apache Kafka from containers instead of the embedded ones, where a Docker engine answers.

Chosen by CICLO_RUNTIME=containers; the tests that use them are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.embedded import Servers

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"
START_SECONDS = 120

OUTSIDE, BROKERS, CONTROLLERS = 9092, 9094, 9093
START_FILE = "/tmp/start-kafka.sh"  # noqa: S108 - inside the container

# One KAFKA_ variable drops every default of the image, so the whole set is given. The listener for the broker
# itself is apart from the mapped one: group coordination from inside would hang on the mapped port.
KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{CONTROLLERS}",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
    "KAFKA_LISTENERS": f"OUTSIDE://:{OUTSIDE},BROKER://:{BROKERS},CONTROLLER://:{CONTROLLERS}",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTSIDE:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}


class KafkaContainer(DockerContainer):
    """Apache Kafka's own image; its clients are told the port that Docker chose, known only once it runs."""

    def __init__(self) -> None:
        super().__init__(KAFKA_IMAGE)
        self.with_exposed_ports(OUTSIDE)
        for name, value in KAFKA_SETTINGS.items():
            self.with_env(name, value)
        self.with_command(f"sh -c 'until [ -f {START_FILE} ]; do sleep 0.1; done; exec sh {START_FILE}'")

    def start(self) -> Self:
        """Start the container, say which port it got, and wait until Kafka serves."""
        super().start()
        advertised = f"OUTSIDE://{self.address},BROKER://localhost:{BROKERS}"
        script = f"export KAFKA_ADVERTISED_LISTENERS={advertised}\nexec /etc/kafka/docker/run\n"
        self.copy_into_container(script.encode(), START_FILE)
        LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_SECONDS).wait_until_ready(
            self
        )
        return self

    @property
    def address(self) -> str:
        """Where clients outside reach it."""
        return f"{self.get_container_host_ip()}:{self.get_exposed_port(OUTSIDE)}"


@contextmanager
def containers() -> Iterator[Servers]:
    """Both servers in containers, removed when the block ends."""
    with PostgresContainer(POSTGRES_IMAGE, driver=None) as postgres, KafkaContainer() as kafka:
        yield Servers(kafka.address, postgres.get_connection_url(), Path.cwd() / ".ciclo")
