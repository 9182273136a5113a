"""One running intake for each module of tests."""

import secrets
from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from tests.conftest import NewDatabase
from tests.integration.intake.service import Intake, running_intake


@pytest.fixture(scope="module")
async def intake(servers: Servers, database: NewDatabase) -> AsyncIterator[Intake]:
    """Intake with a fresh database and topics that no other test uses."""
    prefix = f"test-{secrets.token_hex(6)}."
    async with running_intake(await database("intake"), servers.kafka, prefix) as running:
        yield running
