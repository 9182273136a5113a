"""Fixtures for every tier: real servers, fresh databases, names of topics that no other test uses."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.embedded import Servers, running
from tests.support.containers import containers
from tests.support.databases import fresh_database

NEEDS_SERVERS = {"integration", "browser", "journeys", "drills", "benchmarks"}
NewDatabase = Callable[[str], Awaitable[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real PostgreSQL or Kafka, and what one worker does: a file, or all about one play."""
    tests = Path(__file__).parent
    for item in items:
        of_play = "played" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("played" if of_play else str(item.path)))
        if item.path.is_relative_to(tests) and item.path.relative_to(tests).parts[0] in NEEDS_SERVERS:
            item.add_marker("integration")


@contextmanager
def embedded() -> Iterator[Servers]:
    """Servers of this process alone: tests may run in several, and beside a demo that is kept."""
    with (
        TemporaryDirectory(prefix="ciclo-tests-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as started,
    ):
        yield started


RUNTIMES = {"embedded": embedded, "containers": containers}


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL: those of CICLO_KAFKA and CICLO_POSTGRES, or embedded ones.

    With CICLO_RUNTIME=containers both come from containers.
    """
    runtime = os.environ.get("CICLO_RUNTIME", "embedded")
    if runtime not in RUNTIMES:
        pytest.exit(f"CICLO_RUNTIME is {' or '.join(RUNTIMES)}, not {runtime!r}", returncode=2)
    with RUNTIMES[runtime]() as started:
        yield started


@pytest.fixture(scope="module")
async def database(servers: Servers) -> AsyncIterator[NewDatabase]:
    """`url = await database("warranty")`: a fresh database with these migrations, dropped after the module.

    `"chassis"` has the engine's tables alone.
    """
    async with AsyncExitStack() as made:

        async def new(service: str) -> str:
            return await made.enter_async_context(fresh_database(servers.postgres, service))

        yield new


@pytest.fixture
def kafka_prefix() -> str:
    """A prefix for topics and groups that no other test uses."""
    return f"test-{secrets.token_hex(6)}."
