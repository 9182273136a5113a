"""However the events of several sources are brought, the engine ends where their order would have led."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.drills.boundary_histories import History, histories
from tests.drills.boundary_world import Boundary
from tests.support.logged import logged


@pytest.fixture(scope="module")
async def boundary(url: str) -> AsyncIterator[Boundary]:
    made = await Boundary.create(url)
    with logged():
        yield made
    await made.close()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
async def test_repeated_permuted_delayed_and_withheld_events_end_where_their_order_leads(
    boundary: Boundary, history: History
) -> None:
    await boundary.live(history)
