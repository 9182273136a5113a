"""One running warranty for each module of tests."""

import secrets
from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from tests.conftest import NewDatabase
from tests.integration.warranty.service import Warranty, running_warranty


@pytest.fixture(scope="module")
async def warranty(servers: Servers, database: NewDatabase) -> AsyncIterator[Warranty]:
    """Warranty with a fresh database and topics that no other test uses."""
    prefix = f"test-{secrets.token_hex(6)}."
    async with running_warranty(await database("warranty"), servers.kafka, prefix) as running:
        yield running
