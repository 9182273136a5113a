"""One running intake for each module of tests."""

from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from tests.conftest import NewDatabase
from tests.integration.intake.service import Intake


@pytest.fixture(scope="module")
async def intake(servers: Servers, database: NewDatabase) -> AsyncIterator[Intake]:
    """Intake with a fresh database and topics that no other test uses."""
    async with Intake(await database("intake"), servers.kafka) as running:
        yield running
