"""The four services, running once for all tests of their doors."""

from collections.abc import AsyncIterator

import pytest

from deploy.embedded import Servers
from tests.support.four import Four, all_four


@pytest.fixture(scope="module")
async def four(servers: Servers) -> AsyncIterator[Four]:
    """All four services, each with its own database and topics."""
    async with all_four(servers) as running:
        yield running
