"""The engine on real PostgreSQL: nothing lost, nothing doubled, nothing out of order, nobody blocked."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

import asyncpg
import pytest

from services.chassis.breaker import Breaker, BreakerOpen
from services.chassis.decider import Origin
from services.chassis.inputs import BusinessKey, Claim, Fate, Input, Operation
from tests.support.engine_world import (
    NAMES,
    NOW,
    World,
    command,
    event,
    fates,
    human_of,
    information_of,
    promise_of,
    subject,
)


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


@pytest.mark.usefixtures("log")
async def test_a_release_that_fails_everybody_stops_though_most_events_only_wait_behind_others(
    world: World,
) -> None:
    world.engine.breaker = Breaker()
    everybody = [
        event(n, "intake", sequence, information_of(symptom="boom"))
        for n in range(1, 31)
        for sequence in range(1, 6)
    ]
    with pytest.raises(BreakerOpen):
        await world.engine.apply(everybody)
    assert await world.count("dead_letters") == await world.count("parked") == 0


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
