"""Fixtures for every tier: real servers, fresh databases, names of topics that no other test uses."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from deploy.embedded import Servers, running
from deploy.embedded.kafka import BRIEFLY
from deploy.embedded.runtime import KAFKA_SETTING, POSTGRES_SETTING
from tests.support.containers import containers
from tests.support.databases import fresh_database

RUNTIME_SETTING = "CICLO_RUNTIME"
NEEDS_SERVERS = {"integration", "browser", "journeys", "drills", "benchmarks"}
JUDGES_OF_THE_STORIES = ("test_stories.py", "test_checks.py", "test_trace_checks.py")
NewDatabase = Callable[[str], Awaitable[str]]

# How long one example takes says something about the machine alone.
settings.register_profile("ciclo", settings.default, deadline=None)
settings.load_profile("ciclo")


@contextmanager
def embedded() -> Iterator[Servers]:
    """Servers of this process alone: tests may run in several, and beside a demo that is kept."""
    with (
        TemporaryDirectory(prefix="ciclo-tests-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as started,
    ):
        yield started


RUNTIMES = {"embedded": embedded, "containers": containers}


@contextmanager
def chosen_servers() -> Iterator[Servers]:
    """Those of CICLO_KAFKA and CICLO_POSTGRES, or embedded ones; or both from containers: CICLO_RUNTIME."""
    runtime = os.environ.get(RUNTIME_SETTING, "embedded")
    if runtime not in RUNTIMES:
        pytest.exit(f"{RUNTIME_SETTING} is {' or '.join(RUNTIMES)}, not {runtime!r}", returncode=2)
    with RUNTIMES[runtime]() as started:
        yield started


def pytest_configure(config: pytest.Config) -> None:
    """Start one pair of servers for all workers, if there are several (`pytest -n 3`)."""
    os.environ.setdefault("JAVA_TOOL_OPTIONS", BRIEFLY)
    if config.getoption("numprocesses", default=None):
        stack = ExitStack()
        config.add_cleanup(stack.close)
        shared = stack.enter_context(chosen_servers())
        given = {KAFKA_SETTING: shared.kafka, POSTGRES_SETTING: shared.postgres, RUNTIME_SETTING: "embedded"}
        os.environ |= given


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """One worker does all the tests of a file, for they share what is started once; or all about one play."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "the stories" if file.endswith(JUDGES_OF_THE_STORIES) else file


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Decide what goes together to a worker."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real PostgreSQL or Kafka."""
    tests = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(tests) and item.path.relative_to(tests).parts[0] in NEEDS_SERVERS:
            item.add_marker("integration")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL, running."""
    with chosen_servers() as started:
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
