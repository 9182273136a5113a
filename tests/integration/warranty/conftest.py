"""One running warranty for each module of tests."""

from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from services.warranty.app import definition
from services.warranty.routes import router
from services.warranty.settings import WarrantySettings
from tests.conftest import NewDatabase
from tests.support.running import STAFF, Running, common


@pytest.fixture(scope="module")
async def warranty(servers: Servers, database: NewDatabase) -> AsyncIterator[Running]:
    """Warranty with a fresh database and topics that no other test uses."""
    settings = WarrantySettings(**common(await database("warranty"), servers.kafka))
    async with Running(definition(settings), settings, [router], headers=STAFF) as running:
        yield running
