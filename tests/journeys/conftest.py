"""The journeys' own servers, because the topics of Ciclo have fixed names; and the stories, played once."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import demo.play
from demo.report import Ending
from demo.stories import STORIES, first_line
from demo.stories.story import Stage
from deploy.embedded import Servers, running
from deploy.embedded.runtime import KAFKA_SETTING, POSTGRES_SETTING
from tests.journeys.evidence import Evidence, gather
from tests.journeys.house import open_house


@pytest.fixture(scope="session")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Embedded Kafka and PostgreSQL without any data, whatever servers the other tests use."""
    with empty_servers(tmp_path_factory.mktemp("journeys")) as servers:
        yield servers


@contextmanager
def empty_servers(folder: Path) -> Iterator[Servers]:
    """Servers without any data; theirs is deleted afterwards, logs stay in `folder`."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.delenv(KAFKA_SETTING, raising=False)
            environment.delenv(POSTGRES_SETTING, raising=False)
            servers = stack.enter_context(running(folder))
        yield servers
    for server in ("kafka", "postgres"):
        shutil.rmtree(folder / server / "data")


@dataclass(frozen=True)
class Played:
    """The stories of the demo, and one more that does not even begin."""

    evidence: Evidence
    never: Ending
    exit_codes: dict[str, int | None]
    """Of the services, asked to end."""


@pytest.fixture(scope="session")
async def played(own_servers: Servers) -> Played:
    """Everything about the stories, played in a fresh world."""
    async with open_house(own_servers, own_servers.directory / "stories") as house:
        evidence = await gather(own_servers, house, await house.play(STORIES))
        with pytest.MonkeyPatch.context() as patience:
            patience.setattr(demo.play, "STORY_SECONDS", 1)
            (never,) = await house.play([replace(first_line.STORY, title="never ends", play=_wait_for_ever)])
        processes = {name: service.process for name, service in house.services.each.items()}
    codes = {name: process.returncode for name, process in processes.items() if process}
    return Played(evidence, never, codes)


async def _wait_for_ever(_stage: Stage) -> None:
    await asyncio.Event().wait()
