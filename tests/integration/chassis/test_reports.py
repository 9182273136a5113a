"""Reports of other systems: each counts once, waits for what it is about, and is refused with a reason."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.dead_letters import DeadLetters, Who
from services.chassis.decider import Origin
from services.chassis.inputs import Claim, Fate, Input, Position, key_of
from tests.support.engine_world import (
    NAMES,
    NOW,
    World,
    command,
    event,
    fates,
    information_of,
    subject,
)


def report(number: int, kind: WorkshopReportKind, offset: int = 0) -> Input:
    data = WorkshopReported(
        publisher="sat-norte", case=subject(number), repair_no=f"R-{number}", kind=kind, happened_at=NOW
    )
    return Input(
        subject=subject(number),
        origin=Origin.INBOUND,
        type=data.event_type,
        id=uuid5(NAMES, f"{number}/{kind}"),
        data=data,
        raw=data.write().decode(),
        business_key=key_of(data),
        position=Position("ciclo.inbound.workshops.v1", 0, offset),
        label=f"report-{number}",
    )


async def test_a_report_sent_twice_counts_once(world: World) -> None:
    await world.engine.apply([command(1, "open")])
    once = report(1, WorkshopReportKind.RECEIVED)
    assert fates(await world.engine.apply([once, once])) == [Fate.APPLIED, Fate.DUPLICATE]
    assert fates(await world.engine.apply([once])) == [Fate.DUPLICATE]
    assert await world.state(1) == ["open", "report:received"]


async def test_a_report_about_something_unknown_waits_and_is_rejected_after_a_day(world: World) -> None:
    early = report(1, WorkshopReportKind.RECEIVED)
    stranger = report(2, WorkshopReportKind.RECEIVED, offset=1)
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
    [rejected] = await world.pool.fetch("SELECT * FROM events WHERE topic = 'ciclo.rejections.v1'")
    assert '"input_id":"report-2"' in rejected["body"]
    assert '"code":"unknown_repair"' in rejected["body"]
    assert rejected["correlation"] is None, "there is no such case"


async def test_a_refused_report_is_rejected_once_with_code_and_field(world: World) -> None:
    bad = report(1, WorkshopReportKind.FAILED)
    await world.engine.apply([command(1, "open"), bad, bad])
    await world.engine.apply([bad])
    [rejected] = await world.pool.fetch("SELECT * FROM events WHERE topic = 'ciclo.rejections.v1'")
    assert '"locations":["kind"]' in rejected["body"]
    assert rejected["correlation"] == str(subject(1))


async def test_a_report_that_was_refused_may_be_sent_again_once_it_is_right(world: World) -> None:
    await world.engine.apply([command(1, "open")])
    wrong = report(1, WorkshopReportKind.FAILED)
    right = replace(report(1, WorkshopReportKind.RECEIVED, offset=1), business_key=wrong.business_key)
    assert fates(await world.engine.apply([wrong, right])) == [Fate.REFUSED, Fate.APPLIED]
    assert fates(await world.engine.apply([wrong, right])) == [Fate.DUPLICATE, Fate.DUPLICATE]
    assert await world.state(1) == ["open", "report:received"]


async def test_a_report_with_a_wrong_number_holds_up_no_correction_while_it_waits(world: World) -> None:
    await world.engine.apply([command(1, "open")])
    wrong = report(2, WorkshopReportKind.RECEIVED)
    right = replace(report(1, WorkshopReportKind.RECEIVED, offset=1), business_key=wrong.business_key)
    await world.engine.apply([wrong])
    assert fates(await world.engine.apply([wrong, right])) == [Fate.DUPLICATE, Fate.APPLIED]
    await world.engine.apply([command(2, "open")])
    assert await world.count("parked") == 0
    assert await world.state(1) == ["open", "report:received"]


async def test_a_report_that_waited_behind_a_dead_letter_is_taken_when_that_is_given_up(world: World) -> None:
    await world.engine.apply([command(1, "open"), event(1, "intake", 1, information_of("slot", "boom"))])
    late = report(1, WorkshopReportKind.RECEIVED)
    assert fates(await world.engine.apply([late])) == [Fate.PARKED]
    (letter,) = await world.pool.fetch("SELECT id FROM dead_letters")
    letters = DeadLetters(world.pool, world.engine)
    await letters.discard(letter["id"], Who("ana", "a test"))
    assert await world.state(1) == ["open", "report:received"]
    assert await world.count("parked") == await world.count("dead_letters") == 0
    assert fates(await world.engine.apply([late])) == [Fate.DUPLICATE]
