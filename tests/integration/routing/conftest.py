"""One running routing for each module of tests."""

from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from tests.conftest import NewDatabase
from tests.integration.routing.service import Routing, running_routing


@pytest.fixture(scope="module")
async def routing(servers: Servers, database: NewDatabase) -> AsyncIterator[Routing]:
    """Routing with a fresh database and topics that no other test uses."""
    async with running_routing(await database("routing"), servers.kafka) as running:
        yield running
