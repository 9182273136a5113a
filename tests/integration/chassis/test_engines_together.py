"""Two engines at work on one database: neither stops the other, and nothing scarce is given twice."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from ciclo_schemas.cases import CaseInformationReceived
from services.chassis.decider import Decider, Decision, Given, Lookup, Origin, Timer
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Claim, Fate, Input
from tests.conftest import NewDatabase
from tests.support.engine_world import TABLES, Slot, World, event, information_of
from tests.support.engine_world import definition as world_definition
from tests.support.replica import (
    DEFINITION,
    Heard,
    Ring,
    intake_says,
    of,
)


def _take(state: Heard | None, given: Given, word: str, slot: str, *timers: Timer) -> Decision[Heard]:
    words = (*(state.words if state else ()), word)
    taken = given.facts.one(Slot, name=slot)
    assert taken is not None
    return Decision(Heard(words=words), rows=(Slot(slot, taken.taken + 1, given.subject),), timers=timers)


def _slots_of(number: int) -> tuple[str, str]:
    """The slot that the input takes, and the one that its timer takes."""
    return f"slot-{number % 4}", f"slot-{(number * 3 + 1) % 4}"


def _informed(state: Heard | None, event: CaseInformationReceived, given: Given) -> Decision[Heard]:
    number = int((event.facts.purchase_ref or "").removeprefix("intake-"))
    timer = Timer(given.now, Ring(number=number), key=str(number))
    return _take(state, given, f"intake-{number}", _slots_of(number)[0], timer)


def _rang(state: Heard | None, ring: Ring, given: Given) -> Decision[Heard]:
    return _take(state, given, f"ring-{ring.number}", _slots_of(ring.number)[1])


def _needs(_state: Heard | None, data: Any) -> list[Lookup]:
    if isinstance(data, Ring):
        return [Lookup.of(Slot, name=_slots_of(data.number)[1])]
    number = int((data.facts.purchase_ref or "").removeprefix("intake-"))
    return [Lookup.of(Slot, name=_slots_of(number)[0])]


RINGING = replace(
    DEFINITION,
    deciders=(Decider("heard", Heard, {CaseInformationReceived: _informed, Ring: _rang}, needs=_needs),),
    tables=TABLES,
)
DUE = """
SELECT aggregate, kind, key FROM timers WHERE due_at <= ciclo_now() ORDER BY random() LIMIT 20
"""


async def ring_what_is_due(engine: Engine, pool: asyncpg.Pool, hearing: list[asyncio.Task[None]]) -> None:
    """What the timer loop does, until nothing is heard any more and nothing is due."""
    while True:
        over = all(task.done() for task in hearing)
        rows = await pool.fetch(DUE)
        due = [
            Input(
                subject=row["aggregate"],
                origin=Origin.TIMER,
                type=row["kind"],
                id=new_id(),
                data=None,
                raw="",
                claim=Claim("timers", (row["aggregate"], row["kind"], row["key"])),
            )
            for row in rows
        ]
        if due:
            await engine.apply(
                [replace(one, data=Ring(number=int(row["key"]))) for one, row in zip(due, rows, strict=True)]
            )
        elif over:
            return
        await asyncio.sleep(0)


@pytest.mark.timeout(60)
async def test_timers_and_events_of_the_same_aggregates_never_deadlock(database: NewDatabase) -> None:
    """Two engines at full speed; an error of the database, deadlocks included, would fail a task."""
    world = await World.create(await database("chassis"), RINGING)
    other = Engine(world.pool, RINGING)
    await world.pool.execute("UPDATE clock_shift SET frozen = NULL")
    await world.pool.execute("INSERT INTO slots SELECT 'slot-' || n, 0, NULL FROM generate_series(0, 3) AS n")
    rng = random.Random(3)  # noqa: S311 - a test's dice
    rounds, aggregates = 60, 12

    async def hear(engine: Engine, mine: range) -> None:
        for number in range(1, rounds + 1):
            batch = [event(n, "intake", number, intake_says(number)) for n in mine]
            rng.shuffle(batch)
            assert {outcome.fate for outcome in await engine.apply(batch)} == {Fate.APPLIED}

    try:
        hearing = [
            asyncio.create_task(hear(world.engine, range(0, aggregates, 2))),
            asyncio.create_task(hear(other, range(1, aggregates, 2))),
        ]
        ringing = [
            asyncio.create_task(ring_what_is_due(engine, world.pool, hearing))
            for engine in (world.engine, other, other)
        ]
        await asyncio.gather(*hearing, *ringing)
        rows = await world.pool.fetch("SELECT state FROM aggregates")
        assert len(rows) == aggregates
        for row in rows:
            words = Heard.model_validate_json(row["state"]).words
            assert of(words, "intake") == [f"intake-{n}" for n in range(1, rounds + 1)]
            assert sorted(of(words, "ring")) == sorted(f"ring-{n}" for n in range(1, rounds + 1))
        taken = await world.pool.fetchval("SELECT sum(taken) FROM slots")
        assert taken == 2 * rounds * aggregates, "nobody took a slot from under another"
        assert await world.count("timers") == await world.count("dead_letters") == 0
    finally:
        await world.pool.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("symptom", [None, "learned_late"])
async def test_what_two_replicas_miss_at_the_same_time_is_made_by_one_and_seen_by_the_other(
    database: NewDatabase, symptom: str | None
) -> None:
    """A slot that is not there yet is as scarce as one that is; facts learned on the way are tried again."""
    world = await World.create(await database("chassis"))
    other = Engine(world.pool, world_definition())
    try:
        for number in range(1, 31):
            data = information_of(f"slot-{number}", symptom)
            await asyncio.gather(
                world.engine.apply([event(1, "intake", number, data)]),
                other.apply([event(2, "intake", number, data)]),
            )
            for row in await world.pool.fetch("SELECT * FROM parked"):
                sweep = replace(other.codec.parked_input(row), claim=Claim("parked", (row["id"],)))
                assert (await other.apply([sweep]))[0].fate is Fate.APPLIED
        assert await world.pool.fetchval("SELECT array_agg(DISTINCT taken) FROM slots") == [2]
        assert await world.count("slots") == 30
    finally:
        await world.pool.close()
