"""Releases that run at the same time: neither loses what the other has stored."""

from dataclasses import replace
from typing import Any

from ciclo_schemas.cases import CaseHumanRequested as Asked
from services.chassis.decider import Decider, Decision, State
from services.chassis.engine import Engine
from services.chassis.inputs import Claim, Fate
from tests.support.engine_world import (
    COUNTS,
    Count,
    World,
    command,
    definition,
    event,
    human_of,
    information_of,
)


class NewerCount(Count):
    """The state as the next release knows it."""

    mood: str = "calm"


async def test_an_older_release_keeps_fields_that_it_does_not_know(world: World) -> None:
    def add(state: NewerCount | None, _command: Any, _given: Any) -> Any:
        return Decision((state or NewerCount()).model_copy(update={"mood": "glad"}))

    newer: Decider[NewerCount] = Decider("count", NewerCount, {type(command(1, "x").data): add})  # type: ignore[dict-item]
    await Engine(world.pool, definition(newer)).apply([command(1, "x")])
    await world.engine.apply([command(1, "older release")])
    text = await world.pool.fetchval("SELECT state FROM aggregates")
    assert NewerCount.model_validate_json(text).mood == "glad"
    assert await world.state(1) == ["older release"]


async def test_a_state_that_needs_a_newer_reader_waits_for_a_replica_that_can_read_it(world: World) -> None:
    def upcast(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "seen": [*document["seen"], "upcast"]}

    newer = replace(COUNTS, state_version=2, upcasters={0: lambda d: d, 1: upcast})
    new_engine = Engine(world.pool, definition(newer))
    await world.engine.apply([command(1, "written by the old release")])
    await new_engine.apply([command(1, "written by the new release")])
    late = event(1, "intake", 1, human_of())
    assert (await world.engine.apply([late]))[0].reason == "newer_reader"
    assert (await world.engine.apply([command(1, "x")]))[0].fate is Fate.LATER
    row = await world.pool.fetchrow("SELECT * FROM parked")
    assert row is not None
    await new_engine.apply([replace(new_engine.codec.parked_input(row), claim=Claim("parked", (row["id"],)))])
    assert await world.state(1) == [
        "written by the old release",
        "upcast",
        "written by the new release",
        "human",
    ]
    assert await world.count("parked") == 0


async def test_what_an_older_release_passed_over_is_not_heard_after_the_upgrade(world: World) -> None:
    """So readers are rolled out before writers (docs/guarantees.md)."""
    older = replace(COUNTS, on={kind: handler for kind, handler in COUNTS.on.items() if kind is not Asked})
    asked = event(1, "intake", 1, human_of())
    assert (await Engine(world.pool, definition(older)).apply([asked]))[0].fate is Fate.APPLIED
    assert (await world.engine.apply([asked]))[0].fate is Fate.DUPLICATE
    await world.engine.apply([event(1, "intake", 2, information_of())])
    assert "human" not in await world.state(1)


def test_state_is_a_record_that_keeps_what_it_does_not_know() -> None:
    assert State.model_validate({"new": 1}).model_dump() == {"new": 1}
