"""Kafka's topics as files: who writes and reads them, how they are created. Needs the extra `topics`.

    python -m ciclo_schemas.topics create --kafka HOST:PORT [--partitions N] [--replication N]
    python -m ciclo_schemas.topics check --kafka HOST:PORT [--partitions N]

Services never create topics; this is the explicit step that does.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

BROKER_SECONDS = 15
"""How long a broker may take to answer, and new topics to find their leaders."""


class TopicsError(Exception):
    """Topics cannot be read, created or checked; the message says which and why."""


class Topic(BaseModel):
    """One topic file. `external` stands for other systems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str = Field(pattern=r"^ciclo(\.[a-z]+){1,3}\.v[1-9]$")
    description: str = Field(min_length=20)
    owner: str
    producers: tuple[str, ...] = Field(min_length=1)
    consumers: tuple[str, ...] = Field(min_length=1)
    key: str
    partitions: int = Field(ge=1, le=1_000)
    retention_days: int = Field(ge=1, le=365)
    personal_data: Literal["none", "customers"]
    """`customers`: words, names and addresses; then one service alone reads it, and it is soon forgotten."""
    events: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keeps_personal_data_short(self) -> Self:
        if self.personal_data != "none" and (len(self.consumers) > 1 or self.retention_days > 3):
            raise ValueError("personal data have one consumer and are kept for 3 days at most")
        return self

    @property
    def retention_ms(self) -> int:
        """How long Kafka keeps a record, in milliseconds."""
        return timedelta(days=self.retention_days) // timedelta(milliseconds=1)


def topic_files() -> Path:
    """The folder of the topic files, in a source checkout or in an installed wheel."""
    here = Path(__file__).parent
    installed = here / "topic_files"
    return installed if installed.is_dir() else here.parent / "topics"


def load_topics(folder: Path | None = None) -> dict[str, Topic]:
    """Every topic by its name. Raises TopicsError naming the file and the field at fault."""
    found: dict[str, Topic] = {}
    for file in sorted((folder or topic_files()).glob("*.yaml")):
        try:
            topic = Topic.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise TopicsError(f"{file.name}: {faults}") from error
        except yaml.YAMLError as error:
            raise TopicsError(f"{file.name} is not YAML: {error}") from error
        if topic.topic in found:
            raise TopicsError(f"{file.name}: {topic.topic} has a file already")
        found[topic.topic] = topic
    if not found:
        raise TopicsError("no topic files found")
    return found


async def create_topics(
    bootstrap: str, *, partitions: int | None = None, replication: int = 1, prefix: str = ""
) -> list[str]:
    """Create the topics that are missing, and wait until every topic has leaders; names of the new ones.

    `partitions` overrides the files; `prefix` goes before every name. Topics that exist stay as they are.
    Raises TopicsError.
    """
    topics = {prefix + name: topic for name, topic in load_topics().items()}
    async with _admin(bootstrap) as admin:
        missing = set(topics) - set(await admin.list_topics())
        new = [_new_topic(name, topics[name], partitions, replication) for name in sorted(missing)]
        created = await _create(admin, new) if new else []
        await _wait_for_leaders(admin, list(topics))
    return created


async def check_topics(bootstrap: str, *, partitions: int | None = None, prefix: str = "") -> list[str]:
    """How the broker's topics differ from the files, one sentence each. Raises TopicsError."""
    topics = {prefix + name: topic for name, topic in load_topics().items()}
    async with _admin(bootstrap) as admin:
        present = sorted(set(topics) & set(await admin.list_topics()))
        differences = [f"{name} is missing" for name in sorted(set(topics) - set(present))]
        described = await admin.describe_topics(present) if present else []
        retention = await _retention(admin, present)
    count = {each["topic"]: len(each["partitions"]) for each in described}
    for name in present:
        wanted, kept = partitions or topics[name].partitions, topics[name].retention_ms
        if count[name] != wanted:
            differences.append(f"{name} has {count[name]} partitions, not {wanted}")
        if retention.get(name) != str(kept):
            differences.append(f"{name} keeps records {retention.get(name)} ms, not {kept}")
    return differences


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when all is as the files say."""
    parser = argparse.ArgumentParser(
        prog="python -m ciclo_schemas.topics", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("command", choices=["create", "check"])
    parser.add_argument("--kafka", required=True, metavar="HOST:PORT", help="bootstrap server")
    parser.add_argument("--partitions", type=int, help="instead of what the topic files say")
    parser.add_argument("--replication", type=int, default=1, help="copies of each partition (create only)")
    given = parser.parse_args(arguments)
    try:
        if given.command == "create":
            return _say_created(given.kafka, given.partitions, given.replication)
        differences = asyncio.run(check_topics(given.kafka, partitions=given.partitions))
    except TopicsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in differences) or "all topics are as their files say\n")
    return 1 if differences else 0


def _say_created(kafka: str, partitions: int | None, replication: int) -> int:
    created = asyncio.run(create_topics(kafka, partitions=partitions, replication=replication))
    sys.stdout.write("".join(f"created {name}\n" for name in created) or "all topics exist\n")
    return 0


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=BROKER_SECONDS * 1000)
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError, ValueError) as error:
        raise TopicsError(
            f"Kafka at {bootstrap} (HOST:PORT) does not answer as it should: {error}"
        ) from error
    finally:
        await admin.close()


def _new_topic(name: str, topic: Topic, partitions: int | None, replication: int) -> NewTopic:
    # Acknowledged means held by all copies but one, so that one broker may be lost or restarted.
    configs = {"retention.ms": str(topic.retention_ms), "min.insync.replicas": str(max(1, replication - 1))}
    return NewTopic(name, partitions or topic.partitions, replication, topic_configs=configs)


async def _create(admin: Any, new: list[NewTopic]) -> list[str]:
    answer = await admin.create_topics(new, timeout_ms=BROKER_SECONDS * 1000)
    created = []
    for name, code, message in answer.topic_errors:
        kind = for_code(code)
        if kind is NoError:
            created.append(name)
        elif kind is not TopicAlreadyExistsError:  # somebody else was faster
            raise TopicsError(f"{name} was not created: {message or kind.__name__}")
    return created


async def _wait_for_leaders(admin: Any, names: list[str]) -> None:
    waited = 0.0
    while True:
        described = await admin.describe_topics(names)
        waiting = [each["topic"] for each in described if not _has_leaders(each)]
        if not waiting:
            return
        if waited >= BROKER_SECONDS:
            raise TopicsError(f"no leaders after {BROKER_SECONDS} s: {', '.join(sorted(waiting))}")
        await asyncio.sleep(0.1)
        waited += 0.1


def _has_leaders(described: dict[str, Any]) -> bool:
    parts = described["partitions"]
    return described["error_code"] == 0 and bool(parts) and all(part["leader"] >= 0 for part in parts)


async def _retention(admin: Any, names: list[str]) -> dict[str, str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": None}) for name in names]
    answers = await admin.describe_configs(asked) if asked else []
    found = [resource for answer in answers for resource in answer.to_object()["resources"]]
    return {each["resource_name"]: each["config_entries"][0]["config_value"] for each in found}


if __name__ == "__main__":
    sys.exit(main())
