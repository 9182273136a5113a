"""Reports of other systems: each counts once, waits for what it is about, and is refused with a reason."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.decider import Origin
from services.chassis.inputs import BusinessKey, Claim, Fate, Input
from tests.support.engine_world import (
    NAMES,
    NOW,
    World,
    command,
    fates,
    subject,
)


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
