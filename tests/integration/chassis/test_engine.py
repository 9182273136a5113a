"""The engine on real PostgreSQL: nothing lost, nothing doubled, nothing out of order, nobody blocked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ciclo_schemas.events import Event
from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.decider import Decider, Decision, Origin, State
from services.chassis.engine import Engine
from services.chassis.inputs import BusinessKey, Claim, Fate, Input, Operation
from tests.conftest import NewDatabase
from tests.support.engine_world import (
    COUNTS,
    NAMES,
    NOW,
    Count,
    World,
    command,
    definition,
    event,
    human_of,
    information_of,
    promise_of,
    subject,
)


@pytest.fixture(scope="module")
async def shared(database: NewDatabase) -> AsyncIterator[World]:
    world = await World.create(await database("chassis"))
    yield world
    await world.pool.close()


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    return shared


def fates(outcomes: list[Any]) -> list[Fate]:
    return [outcome.fate for outcome in outcomes]


async def test_an_event_is_applied_once_however_often_it_comes(world: World) -> None:
    first = event(1, "intake", 1, information_of("slot-a"))
    assert fates(await world.engine.apply([first, first])) == [Fate.APPLIED, Fate.DUPLICATE]
    assert fates(await world.engine.apply([first])) == [Fate.DUPLICATE]
    assert await world.count("events") == await world.count("outbox") == 1


async def test_ignored_and_unknown_types_keep_the_watermark_contiguous(world: World) -> None:
    unknown = event(1, "intake", 1, None)
    last = event(1, "intake", 2, information_of("slot-a"))
    assert fates(await world.engine.apply([unknown])) == [Fate.APPLIED]
    assert fates(await world.engine.apply([last])) == [Fate.APPLIED]
    assert '"intake": [2,' in await world.marks(1)


async def test_an_early_event_waits_until_the_gap_is_filled(world: World) -> None:
    third, second = event(1, "intake", 3, human_of()), event(1, "intake", 2, information_of())
    outcomes = await world.engine.apply([third, second])
    assert [outcome.reason for outcome in outcomes] == ["gap", "gap"]
    assert await world.count("parked") == 2
    assert fates(await world.engine.apply([third])) == [Fate.DUPLICATE]
    await world.engine.apply([event(1, "intake", 1, information_of("slot-a"))])
    assert await world.count("parked") == 0
    seen = await world.state(1)
    assert seen == ["information:slot-a", "slot was taken 0 times", "information:None", "human"]


async def test_an_event_waits_for_what_its_writer_had_seen(world: World) -> None:
    answer = event(1, "routing", 1, promise_of(), clock={"intake": 1, "notifications": 7, "warranty": 9})
    outcome = (await world.engine.apply([answer]))[0]
    assert outcome.reason == "clock"
    # Notifications is not read here and warranty is this service itself: their entries do not count.
    await world.engine.apply([event(1, "intake", 1, human_of())])
    assert await world.state(1) == ["human", "promise"]


async def test_a_new_epoch_of_a_source_counts_from_one(world: World) -> None:
    inputs = [event(1, "intake", 1, human_of()), event(1, "intake@2", 1, human_of())]
    assert fates(await world.engine.apply(inputs)) == [Fate.APPLIED, Fate.APPLIED]


async def test_a_forked_source_is_noticed_and_stops_until_an_audited_discard(world: World) -> None:
    await world.engine.apply([event(1, "intake", 1, human_of())])
    fork = event(1, "intake", 1, information_of("slot-a"), event_id=uuid5(NAMES, "fork"))
    assert fates(await world.engine.apply([fork])) == [Fate.DEAD]
    assert fates(await world.engine.apply([event(1, "intake", 2, human_of())])) == [Fate.PARKED]
    dead = await world.pool.fetchrow("SELECT id, error FROM dead_letters")
    assert dead is not None
    assert dead["error"] == "ForkedSource"
    await world.engine.operate(
        Operation("ana", "discard", "restored from a backup", subject(1), dead_letter=dead["id"])
    )
    assert await world.state(1) == ["human", "human"]
    assert await world.pool.fetchval("SELECT actor || ': ' || reason FROM operator_actions") == (
        "ana: restored from a backup"
    )


async def test_a_late_group_takes_an_audited_baseline(world: World) -> None:
    await world.engine.apply([event(1, "intake", 7, human_of()), event(1, "intake", 8, information_of())])
    assert await world.state(1) == []
    await world.engine.operate(
        Operation("ana", "baseline", "joined after retention", subject(1), mark=("intake", 6, ""))
    )
    assert await world.state(1) == ["human", "information:None"]
    assert await world.count("parked") == 0
    assert await world.count("operator_actions") == 1


async def test_a_poisoned_input_delays_its_own_aggregate_only(world: World) -> None:
    inputs = [
        event(1, "intake", 1, information_of(symptom="boom")),
        event(1, "intake", 2, human_of()),
        event(2, "intake", 1, human_of()),
        event(1, "routing", 1, promise_of()),
    ]
    assert fates(await world.engine.apply(inputs)) == [Fate.DEAD, Fate.PARKED, Fate.APPLIED, Fate.PARKED]
    # Commands and timers go on.
    assert fates(await world.engine.apply([command(1, "hello")])) == [Fate.APPLIED]
    # What comes again is neither parked nor dead twice.
    assert Fate.APPLIED not in fates(await world.engine.apply(inputs))
    assert (await world.count("dead_letters"), await world.count("parked")) == (1, 2)


async def test_a_redriven_dead_letter_lets_what_waited_go_on_in_order(world: World) -> None:
    inputs = [event(1, "intake", 1, information_of(symptom="boom")), event(1, "intake", 2, human_of())]
    await world.engine.apply(inputs)
    row = await world.pool.fetchrow("SELECT * FROM dead_letters")
    assert row is not None
    redriven = replace(
        world.engine.codec.parked_input(row),
        claim=Claim("dead_letters", (row["id"],)),
        blocked_by_dead=False,
        attempts=row["attempts"],
        first_failed_at=row["first_failed_at"],
    )
    assert fates(await world.engine.apply([redriven])) == [Fate.DEAD]
    assert await world.pool.fetchval("SELECT attempts FROM dead_letters") == 2
    repaired = replace(
        redriven,
        data=information_of("slot-a"),
        claim=Claim("dead_letters", (await world.pool.fetchval("SELECT id FROM dead_letters"),)),
    )
    assert fates(await world.engine.apply([repaired])) == [Fate.APPLIED]
    assert await world.state(1) == ["information:slot-a", "slot was taken 0 times", "human"]
    assert await world.count("dead_letters") == await world.count("parked") == 0


async def test_a_discarded_dead_letter_advances_the_watermark(world: World) -> None:
    bad = event(1, "intake", 1, information_of(symptom="boom"))
    await world.engine.apply([bad, event(1, "intake", 2, human_of())])
    letter = await world.pool.fetchval("SELECT id FROM dead_letters")
    mark = ("intake", 1, str(bad.id))
    await world.engine.operate(Operation("ana", "discard", "test data", subject(1), mark, letter))
    assert await world.state(1) == ["human"]


async def test_a_violated_constraint_takes_only_its_own_aggregate(world: World) -> None:
    """The second booking of an exclusive slot is refused by the database, after all was decided."""
    inputs = [event(n, "intake", 1, information_of("exclusive-1")) for n in (1, 2)]
    inputs += [event(n, "intake", 1, human_of()) for n in (3, 4, 5)]
    outcomes = fates(await world.engine.apply(inputs))
    assert sorted(outcomes[:2]) == [Fate.APPLIED, Fate.DEAD]
    assert outcomes[2:] == [Fate.APPLIED] * 3
    assert await world.count("bookings") == 1
    assert "one_exclusive" in await world.pool.fetchval("SELECT message FROM dead_letters")


async def test_a_text_that_the_database_cannot_hold_is_a_dead_letter_not_a_standstill(world: World) -> None:
    inputs = [command(1, "nul \0 word"), command(2, "fine")]
    assert fates(await world.engine.apply(inputs)) == [Fate.DEAD, Fate.APPLIED]


async def test_a_missing_migration_stops_the_service_and_fills_no_dead_letters(world: World) -> None:
    await world.pool.execute("ALTER TABLE slots RENAME TO slots_of_the_next_release")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await world.engine.apply([event(1, "intake", 1, information_of("slot-a"))])
    finally:
        await world.pool.execute("ALTER TABLE slots_of_the_next_release RENAME TO slots")
    assert await world.count("dead_letters") == 0


async def test_a_timer_that_was_replaced_meanwhile_does_not_ring(world: World) -> None:
    await world.engine.apply([event(1, "intake", 1, human_of())])
    due = Input(
        subject=subject(1),
        origin=Origin.TIMER,
        type="Ring",
        id=uuid5(NAMES, "ring"),
        data=world.engine.codec.message("Ring", '{"number": 0}'),
        raw="",
        claim=Claim("timers", (subject(1), "Ring", "0")),
    )
    assert fates(await world.engine.apply([due])) == [Fate.GONE]
    await world.pool.execute("UPDATE timers SET due_at = $1", NOW - timedelta(seconds=1))
    assert fates(await world.engine.apply([due])) == [Fate.APPLIED]
    assert fates(await world.engine.apply([due])) == [Fate.GONE]
    assert await world.state(1) == ["human", "ring:0"]


def report(number: int, kind: WorkshopReportKind) -> Input:
    data = WorkshopReported(
        publisher="sat-norte", case=subject(number), repair_no=f"R-{number}", kind=kind, happened_at=NOW
    )
    key = BusinessKey(data.event_type, "/".join(data.business_key()), "")
    return Input(
        subject=subject(number),
        origin=Origin.INBOUND,
        type=data.event_type,
        id=uuid5(NAMES, f"{number}/{kind}"),
        data=data,
        raw=data.write().decode(),
        business_key=key,
        label=f"report-{number}",
    )


async def test_a_report_sent_twice_counts_once(world: World) -> None:
    await world.engine.apply([command(1, "open")])
    once = report(1, WorkshopReportKind.RECEIVED)
    assert fates(await world.engine.apply([once, once])) == [Fate.APPLIED, Fate.DUPLICATE]
    assert fates(await world.engine.apply([once])) == [Fate.DUPLICATE]
    assert await world.state(1) == ["open", "report:received"]


async def test_a_report_about_something_unknown_waits_and_is_rejected_after_a_day(world: World) -> None:
    early, stranger = report(1, WorkshopReportKind.RECEIVED), report(2, WorkshopReportKind.RECEIVED)
    assert fates(await world.engine.apply([early, stranger])) == [Fate.PARKED, Fate.PARKED]
    await world.engine.apply([command(1, "open")])
    assert await world.state(1) == ["open", "report:received"]
    await world.pool.execute("UPDATE clock_shift SET frozen = $1", NOW + timedelta(days=1))
    try:
        row = await world.pool.fetchrow("SELECT * FROM parked")
        assert row is not None
        sweep = replace(world.engine.codec.parked_input(row), claim=Claim("parked", (row["id"],)))
        await world.engine.apply([sweep])
    finally:
        await world.pool.execute("UPDATE clock_shift SET frozen = $1", NOW)
    assert await world.count("parked") == 0
    rejected = await world.pool.fetchval("SELECT body FROM events WHERE topic = 'ciclo.rejections.v1'")
    assert '"input_id":"report-2"' in rejected
    assert '"code":"unknown_repair"' in rejected


async def test_a_refused_report_is_rejected_once_with_code_and_field(world: World) -> None:
    bad = report(1, WorkshopReportKind.FAILED)
    await world.engine.apply([command(1, "open"), bad, bad])
    await world.engine.apply([bad])
    bodies = await world.pool.fetch("SELECT body FROM events WHERE topic = 'ciclo.rejections.v1'")
    assert len(bodies) == 1
    assert '"locations":["kind"]' in bodies[0]["body"]


async def test_a_command_repeated_with_its_key_gets_the_same_answer(world: World) -> None:
    keyed = replace(command(1, "open"), business_key=BusinessKey("POST", "k1", "same"))
    first = (await world.engine.apply([keyed]))[0]
    again = (await world.engine.apply([replace(keyed, subject=subject(2))]))[0]
    assert (again.fate, first.reply) == (Fate.DUPLICATE, '{"word":"open"}')
    assert again.reply is not None
    assert again.reply.replace(" ", "") == first.reply
    misuse = replace(keyed, business_key=BusinessKey("POST", "k1", "other"))
    assert (await world.engine.apply([misuse]))[0].refusal is not None
    assert await world.count("aggregates") == 1


async def test_refused_and_failed_commands_leave_no_trace(world: World) -> None:
    outcomes = await world.engine.apply([command(1, "no"), command(2, "boom")])
    assert fates(outcomes) == [Fate.REFUSED, Fate.DEAD]
    assert await world.count("aggregates") == await world.count("dead_letters") == 0


async def test_a_command_that_knows_more_than_this_service_is_asked_to_come_later(world: World) -> None:
    outcome = (await world.engine.apply([command(1, "open", clock={"intake": 1})]))[0]
    assert outcome.refusal is not None
    assert outcome.refusal.code == "clock_behind"


async def test_facts_learned_on_the_way_that_somebody_holds_defer_only_that_aggregate(world: World) -> None:
    await world.pool.execute("INSERT INTO slots VALUES ('held', 5, NULL)")
    inputs = [
        event(1, "intake", 1, information_of("held", "learned_late")),
        event(1, "intake", 2, human_of()),
        event(2, "intake", 1, human_of()),
    ]
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("SELECT * FROM slots FOR UPDATE")
        assert fates(await world.engine.apply(inputs)) == [Fate.PARKED, Fate.PARKED, Fate.APPLIED]
        assert (await world.engine.apply([command(1, "now")]))[0].fate is Fate.LATER
    rows = await world.pool.fetch("SELECT * FROM parked ORDER BY id")
    sweeps = [replace(world.engine.codec.parked_input(r), claim=Claim("parked", (r["id"],))) for r in rows]
    assert fates(await world.engine.apply(sweeps)) == [Fate.APPLIED, Fate.APPLIED]
    assert await world.state(1) == ["information:held", "slot was taken 5 times", "human"]
    assert await world.count("parked") == 0


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


INPUTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["intake", "routing"]),
        st.sampled_from(["free", "slot-a", "slot-b", "late", "human", "unknown", "boom"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def history(steps: list[tuple[int, str, str, bool]]) -> list[Input]:
    """A causally possible history: contiguous sequences, clocks of what had happened before."""
    sequences: dict[tuple[int, str], int] = {}
    inputs = []
    for number, source, what, seen_other in steps:
        sequence = sequences[number, source] = sequences.get((number, source), 0) + 1
        other = "routing" if source == "intake" else "intake"
        clock = {other: sequences[number, other]} if seen_other and (number, other) in sequences else {}
        data: Event | None = {
            "free": information_of(),
            "slot-a": information_of("slot-a"),
            "slot-b": information_of("slot-b"),
            "late": information_of("slot-a", "learned_late"),
            "boom": information_of(symptom="boom"),
            "human": human_of(),
        }.get(what)
        if source == "routing" and what != "unknown":
            data = promise_of()
        inputs.append(event(number, source, sequence, data, clock=clock))
    return inputs


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=INPUTS, data=st.data())
async def test_one_batch_gives_exactly_what_batches_of_one_give(
    shared: World, steps: list[tuple[int, str, str, bool]], data: st.DataObject
) -> None:
    inputs = history(steps)
    delivered = data.draw(st.permutations(inputs)) + data.draw(st.lists(st.sampled_from(inputs), max_size=3))
    await shared.forget()
    together = await shared.engine.apply(delivered)
    in_one = await shared.snapshot()
    await shared.forget()
    apart = [(await shared.engine.apply([one]))[0] for one in delivered]
    assert in_one == await shared.snapshot()
    assert fates(together) == fates(apart)


def test_state_is_a_record_that_keeps_what_it_does_not_know() -> None:
    assert State.model_validate({"new": 1}).model_dump() == {"new": 1}
