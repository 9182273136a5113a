"""The spans of what a service decides, over the real engine and PostgreSQL."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from ciclo_schemas.inbound import WorkshopReportKind
from services.chassis.dead_letters import ALL, DeadLetters, Who
from services.chassis.engine import Engine
from services.chassis.inputs import Fate
from services.chassis.telemetry import semconv, statements
from services.chassis.telemetry.context import trace_id
from services.chassis.telemetry.spans import Span
from services.chassis.timers import Timers
from tests.integration.chassis.test_reports import report
from tests.support.engine_world import (
    COUNTS,
    NOW,
    Count,
    World,
    command,
    definition,
    event,
    fates,
    human_of,
    information_of,
    promise_of,
    subject,
)
from tests.support.logged import logged
from tests.support.replicas import later, only_replica
from tests.support.told import Told, about, links, parent, traceparent

CREATED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Where the events of the test world come from."""
HOUR = timedelta(hours=1)
ANA = Who("ana", "a test")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """A service that tells of no statement because it is slow: machines are, now and then."""
    monkeypatch.setattr(statements, "SLOW_S", math.inf)
    return Told()


@pytest.fixture
async def traced(shared: World, told: Told) -> AsyncIterator[World]:
    """The world, empty, with an engine that tells what it does."""
    await shared.forget()
    await later(shared, timedelta())
    engine = Engine(shared.pool, definition(), told.tracing)
    await engine.start()
    yield World(shared.pool, engine)
    await later(shared, timedelta())
    await told.tracing.stop(1)


async def last_context(world: World, number: int = 1) -> str | None:
    """What the next leg of an aggregate will be linked to."""
    found: str | None = await world.pool.fetchval(
        "SELECT traceparent FROM aggregates WHERE id = $1", subject(number)
    )
    return found


async def test_an_event_is_processed_in_its_leg_and_what_it_causes_carries_its_context(
    traced: World, told: Told
) -> None:
    heard = event(1, "intake", 1, information_of("slot"))
    await traced.engine.apply([heard])
    [process] = await told.work()
    assert (process.name, process.kind) == ("process ciclo.cases.v1", SpanKind.CONSUMER)
    assert (parent(process), links(process)) == (CREATED, {"message": CREATED})
    assert about(process)[semconv.CASE_ID] == about(process)[semconv.CONVERSATION] == str(subject(1))
    assert about(process)[semconv.MESSAGE_ID] == str(heard.id)
    [row] = await traced.pool.fetch("SELECT id, type, traceparent FROM events")
    assert row["traceparent"] == traceparent(process)
    assert about(process)[semconv.CREATED_IDS] == (str(row["id"]),)
    assert about(process)[semconv.CREATED_TYPES] == (row["type"],)


async def test_what_one_decision_said_is_processed_in_one_span(traced: World, told: Told) -> None:
    """They come together, other cases' events and such as nothing is decided on between them."""
    first, ignored, second = (
        event(1, "intake", number, what)
        for number, what in ((1, information_of("slot")), (2, None), (3, information_of("other")))
    )
    await traced.engine.apply([first, event(2, "intake", 1, information_of()), ignored, second])
    shared, other = await told.work()
    assert about(shared)[semconv.BATCH_COUNT] == 2
    assert parent(shared) == CREATED
    assert [(link.attributes or {})[semconv.MESSAGE_ID] for link in shared.links] == [
        str(first.id),
        str(second.id),
    ]
    assert {link.context.span_id for link in shared.links} == {int(CREATED[36:52], 16)}
    assert about(other)[semconv.CASE_ID] == str(subject(2))
    rows = await traced.pool.fetch("SELECT id, traceparent FROM events ORDER BY sequence")
    assert {row["traceparent"] for row in rows} == {traceparent(shared)}
    assert about(shared)[semconv.CREATED_IDS] == tuple(str(row["id"]) for row in rows)


async def test_what_another_decision_said_or_what_fails_has_a_span_of_its_own(
    traced: World, told: Told
) -> None:
    elsewhere = f"{CREATED[:36]}{'1' * 16}-01"
    await traced.engine.apply(
        [
            event(1, "intake", 1, information_of()),
            replace(event(1, "intake", 2, information_of()), traceparent=elsewhere),
            event(2, "intake", 1, information_of()),
            event(2, "intake", 2, information_of("slot", "boom")),
        ]
    )
    one, other, applied, failed = await told.work()
    assert [parent(span) for span in (one, other, applied, failed)] == [CREATED, elsewhere, CREATED, CREATED]
    assert [about(span)[semconv.OUTCOME] for span in (applied, failed)] == ["applied", "dead"]
    assert (applied.status.status_code, failed.status.status_code) == (StatusCode.UNSET, StatusCode.ERROR)
    assert not any(semconv.BATCH_COUNT in about(span) for span in (one, other, applied, failed))


async def test_a_request_tells_itself_what_was_decided_for_it(traced: World, told: Told) -> None:
    await traced.engine.apply([event(1, "intake", 1, information_of())])
    [process] = await told.work()
    await told.forget()
    request = Span("POST /words", SpanKind.SERVER, CREATED.replace("0af7", "1af7"), None, 1, 0)
    await traced.engine.apply([replace(command(1, "back"), traceparent=request.traceparent, span=request)])
    assert request.attributes == {semconv.CASE_ID: str(subject(1)), semconv.OUTCOME: "applied"}
    assert [context for context, _ in request.links] == [traceparent(process)]
    assert await last_context(traced) == request.traceparent
    assert await told.work() == []


async def test_what_is_decided_after_the_sender_gave_up_hangs_under_his_request(
    traced: World, told: Told
) -> None:
    request = Span("POST /words", SpanKind.SERVER, CREATED, None, 1, 2)
    sent = replace(command(1, "back"), traceparent=CREATED, span=request)
    told.tracing.emit([request])
    await told.forget()
    await traced.engine.apply([sent])
    [decide] = await told.work()
    assert (decide.name, parent(decide)) == ("decide Add", CREATED)
    assert about(decide)[semconv.CASE_ID] == str(subject(1))
    assert request.attributes == {}


async def test_a_customer_who_comes_back_later_begins_a_leg_that_is_linked_to_the_one_before(
    traced: World, told: Told
) -> None:
    await traced.engine.apply([event(1, "intake", 1, information_of())])
    [process] = await told.work()
    await told.forget()
    await traced.engine.apply([command(1, "back")])
    [decide] = await told.work()
    assert (decide.name, decide.kind, parent(decide)) == ("decide Add", SpanKind.INTERNAL, None)
    assert links(decide) == {"previous_leg": traceparent(process)}
    assert about(decide) == {semconv.CASE_ID: str(subject(1)), semconv.OUTCOME: "applied"}
    assert await last_context(traced) == traceparent(decide)


async def test_what_nothing_is_decided_on_leaves_no_span_yet_the_next_leg_is_linked_to_it(
    traced: World, told: Told
) -> None:
    await traced.engine.apply([event(1, "intake", 1, None)])
    assert await told.work() == []
    await traced.engine.apply([command(1, "back")])
    [decide] = await told.work()
    assert links(decide) == {"previous_leg": CREATED}


async def test_a_repeated_event_leaves_no_second_span(traced: World, told: Told) -> None:
    once = event(1, "intake", 1, information_of())
    assert fates(await traced.engine.apply([once, once])) == [Fate.APPLIED, Fate.DUPLICATE]
    assert fates(await traced.engine.apply([once])) == [Fate.DUPLICATE]
    assert [span.name for span in await told.work()] == ["process ciclo.cases.v1"]


async def test_attempts_that_were_rolled_back_are_not_told(traced: World, told: Told) -> None:
    """Two cases want what only one can have: PostgreSQL refuses the batch, then one of them alone."""
    both = [event(number, "intake", 1, information_of("exclusive")) for number in (1, 2)]
    assert fates(await traced.engine.apply(both)) == [Fate.APPLIED, Fate.DEAD]
    processed = [span for span in await told.work() if span.name.startswith("process")]
    assert [about(span)[semconv.OUTCOME] for span in processed] == ["applied", "dead"]
    failed = processed[1]
    assert (failed.status.status_code, about(failed)[semconv.CASE_ID]) == (StatusCode.ERROR, str(subject(2)))
    assert about(failed)[semconv.ERROR_TYPE] == "Unreadable"
    contexts = await traced.pool.fetch("SELECT traceparent FROM events")
    assert {row["traceparent"] for row in contexts} == {
        traceparent(span) for span in processed if semconv.CREATED_IDS in about(span)
    }


async def test_a_transaction_that_fails_tells_of_no_decision(traced: World, told: Told) -> None:
    await traced.pool.execute("ALTER TABLE events RENAME TO lost")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await traced.engine.apply([event(1, "intake", 1, information_of("slot"))])
    finally:
        await traced.pool.execute("ALTER TABLE lost RENAME TO events")
    [batch] = await told.work()
    assert (batch.name, batch.links) == ("apply batch", ())
    assert about(batch) == {semconv.BATCH_SIZE: 1, semconv.ERROR_TYPE: "UndefinedTableError"}


async def test_a_decision_that_fails_is_told_as_failed_and_its_redrive_begins_a_leg(
    traced: World, told: Told
) -> None:
    await traced.engine.apply([event(1, "intake", 1, information_of("slot", "boom"))])
    [failed] = await told.work()
    assert (parent(failed), failed.status.status_code) == (CREATED, StatusCode.ERROR)
    assert about(failed)[semconv.ERROR_TYPE] == "RuntimeError"
    await told.forget()

    def mended(state: Count | None, *_: object) -> object:
        return COUNTS.on[type(promise_of())](state, promise_of(), None)  # type: ignore[arg-type]

    repaired = replace(COUNTS, on={**COUNTS.on, type(information_of()): mended})  # type: ignore[dict-item]
    engine = Engine(traced.pool, definition(repaired), told.tracing)
    [_] = [one async for one in DeadLetters(traced.pool, engine).redrive(ALL, ANA)]
    [process] = await told.work()
    assert (parent(process), links(process)) == (None, {"redrive": CREATED})
    assert about(process)[semconv.OUTCOME] == "applied"


async def test_a_message_that_comes_late_begins_a_leg(traced: World, told: Told) -> None:
    await later(traced, timedelta(minutes=15))
    await traced.engine.apply([event(1, "intake", 1, information_of())])
    [in_time] = await told.work()
    await told.forget()
    await later(traced, timedelta(minutes=15, seconds=1))
    await traced.engine.apply([event(1, "intake", 2, information_of())])
    [late] = await told.work()
    assert (parent(in_time), parent(late)) == (CREATED, None)
    assert links(late) == {"late": CREATED, "previous_leg": traceparent(in_time)}


async def test_an_event_that_was_emitted_once_more_begins_a_leg_even_after_it_waited(
    traced: World, told: Told
) -> None:
    """It comes before its predecessor, so it is parked and read back."""
    again = replace(event(1, "intake", 2, information_of()), replayed=True)
    assert fates(await traced.engine.apply([again])) == [Fate.PARKED]
    assert await told.work() == []
    await traced.engine.apply([event(1, "intake", 1, information_of())])
    first, second = [span for span in await told.work() if span.name.startswith("process")]
    assert (parent(first), parent(second)) == (CREATED, None)
    assert links(second) == {"replay": CREATED, "previous_leg": traceparent(first)}


async def test_what_waited_long_for_its_turn_begins_a_leg_when_it_comes(traced: World, told: Told) -> None:
    await traced.engine.apply([event(1, "intake", 2, information_of())])
    await later(traced, HOUR)
    first = replace(event(1, "intake", 1, information_of()), time=NOW + HOUR)
    await traced.engine.apply([first])
    in_time, waited = [span for span in await told.work() if span.name.startswith("process")]
    assert (parent(in_time), parent(waited)) == (CREATED, None)
    assert links(waited) == {"late": CREATED, "previous_leg": traceparent(in_time)}
    assert await last_context(traced) == traceparent(waited)


async def test_a_timer_begins_a_leg_that_knows_what_set_it(traced: World, told: Told, url: str) -> None:
    await traced.engine.apply([event(1, "intake", 1, human_of())])
    [process] = await told.work()
    await traced.engine.apply([command(1, "in between")])
    [between] = [span for span in await told.work() if span.name == "decide Add"]
    await told.forget()
    await later(traced, HOUR)
    async with only_replica(url) as lanes:
        await Timers(traced.engine, lanes).turn()
    [timer] = await told.work()
    assert (timer.name, parent(timer), timer.kind) == ("timer Ring", None, SpanKind.INTERNAL)
    assert links(timer) == {"timer": traceparent(process), "previous_leg": traceparent(between)}
    [rung] = await traced.pool.fetch("SELECT id, traceparent FROM events ORDER BY sequence DESC LIMIT 1")
    assert rung["traceparent"] == traceparent(timer)
    assert about(timer)[semconv.CREATED_IDS] == (str(rung["id"]),)
    assert about(timer)[semconv.CASE_ID] == str(subject(1))


async def test_inputs_of_one_transaction_stay_in_their_legs_and_the_slow_batch_is_linked_to_them(
    traced: World, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SLOW_S", 0.0)
    await traced.engine.apply([event(number, "intake", 1, information_of("slot")) for number in range(3)])
    [batch, *others] = await told.work()
    processed = [span for span in others if span.name.startswith("process")]
    assert (batch.name, parent(batch), about(batch)) == ("apply batch", None, {semconv.BATCH_SIZE: 3})
    assert [parent(span) for span in processed] == [CREATED] * 3
    linked = [link.context.span_id for link in batch.links]
    assert linked == [span.context.span_id for span in processed if span.context is not None]
    assert processed == others
    slow = told.one("INSERT aggregates")
    assert (parent(slow), semconv.CASE_ID in about(slow)) == (traceparent(batch), False)
    started = [span.start_time or 0 for span in processed]
    assert (batch.start_time or 0) <= started[0] <= started[1] <= started[2] <= (batch.end_time or 0)


async def test_a_refused_request_is_told_with_its_code(traced: World, told: Told) -> None:
    await traced.engine.apply([command(1, "first")])
    await told.forget()
    [outcome] = await traced.engine.apply([command(1, "no")])
    [decide] = await told.work()
    assert about(decide) == {
        semconv.CASE_ID: str(subject(1)),
        semconv.OUTCOME: "refused",
        semconv.REFUSAL: "no",
    }
    assert outcome.fate is Fate.REFUSED
    assert decide.status.status_code is StatusCode.UNSET
    assert list(links(decide)) == ["previous_leg"]


async def test_a_refused_request_about_an_unknown_case_is_not_told_of_as_one_of_a_case(
    traced: World, told: Told
) -> None:
    await traced.engine.apply([command(1, "no")])
    [decide] = await told.work()
    assert about(decide) == {semconv.OUTCOME: "refused", semconv.REFUSAL: "no"}


async def test_a_rejected_report_is_told_with_its_rejection(traced: World, told: Told) -> None:
    await traced.engine.apply([command(1, "open")])
    await told.forget()
    bad = replace(report(1, WorkshopReportKind.FAILED), traceparent=CREATED)
    assert fates(await traced.engine.apply([bad])) == [Fate.REFUSED]
    assert fates(await traced.engine.apply([bad])) == [Fate.DUPLICATE]
    [process] = await told.work()
    assert (process.name, parent(process)) == ("process ciclo.inbound.workshops.v1", CREATED)
    assert about(process)[semconv.REFUSAL] == "not_possible"
    assert about(process)[semconv.CREATED_TYPES] == ("ciclo.input.rejected.v1",)
    assert about(process)[semconv.CASE_ID] == about(process)[semconv.CONVERSATION] == str(subject(1))
    rejection = await traced.pool.fetchval("SELECT traceparent FROM events WHERE topic LIKE '%rejections%'")
    assert rejection == traceparent(process)


async def test_a_report_without_a_trace_begins_a_leg(traced: World, told: Told) -> None:
    await traced.engine.apply([command(1, "open")])
    [decide] = await told.work()
    await told.forget()
    await traced.engine.apply([report(1, WorkshopReportKind.RECEIVED)])
    [process] = await told.work()
    assert (parent(process), links(process)) == (None, {"previous_leg": traceparent(decide)})


async def test_a_slow_statement_is_told_under_the_input_that_waited_for_it(
    traced: World, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SLOW_S", 0.0)
    await traced.engine.apply([event(1, "intake", 1, information_of("slot"))])
    [process] = await told.work()
    slow = [span for span in told.spans() if semconv.DB_SUMMARY in about(span)]
    names = {span.name for span in slow}
    written = "INSERT slots INSERT events INSERT outbox"
    assert {"SELECT aggregates", "INSERT aggregates", written, "COMMIT"} <= names
    for span in slow:
        assert (parent(span), span.kind) == (traceparent(process), SpanKind.CLIENT)
        assert about(span)[semconv.CASE_ID] == str(subject(1))
        assert (process.start_time or 0) <= (span.end_time or 0)


async def test_a_statement_that_fails_is_told_in_a_trace_of_its_own(traced: World, told: Told) -> None:
    """What it belonged to was rolled back, so it is of no case."""
    await traced.engine.apply([event(1, "intake", 1, information_of("exclusive"))])
    await told.forget()
    await traced.engine.apply([event(2, "intake", 1, information_of("exclusive"))])
    await told.work()
    sent = [span for span in told.spans() if "INSERT bookings" in str(about(span).get(semconv.DB_SUMMARY))]
    failed = [span for span in sent if semconv.ERROR_TYPE in about(span)]
    batches = {traceparent(span): span for span in told.named("apply batch")}
    assert failed
    for span in failed:
        assert about(span)[semconv.DB_STATUS] == about(span)[semconv.ERROR_TYPE] == "23505"
        batch = batches[parent(span) or ""]
        assert (parent(batch), batch.status.status_code) == (None, StatusCode.ERROR)
        assert semconv.CASE_ID not in {**about(span), **about(batch)}


async def test_log_lines_of_a_decision_name_its_trace_its_case_and_its_event(
    traced: World, told: Told
) -> None:
    failing = event(1, "intake", 1, information_of("slot", "boom"))
    with logged() as lines:
        await traced.engine.apply([failing])
        await traced.engine.apply([event(2, "intake", 5, information_of())])
    [line] = [line for line in lines.lines if line["event"] == "dead_letter"]
    [process] = await told.work()
    assert (line["trace_id"], line["span_id"]) == (traceparent(process)[3:35], traceparent(process)[36:52])
    assert (line["case_id"], line["event_id"]) == (str(subject(1)), str(failing.id))


async def test_without_a_collector_contexts_flow_all_the_same(world: World) -> None:
    await world.engine.apply([event(1, "intake", 1, information_of("slot"))])
    context = await world.pool.fetchval("SELECT traceparent FROM events")
    assert trace_id(context) == trace_id(CREATED)
    assert context != CREATED
    assert context == await last_context(world)


async def test_a_trace_that_is_not_sampled_goes_on_so(traced: World, told: Told) -> None:
    unsampled = replace(event(1, "intake", 1, information_of("slot")), traceparent=f"{CREATED[:-2]}00")
    await traced.engine.apply([unsampled])
    await asyncio.sleep(0)
    assert told.spans() == []
    assert (await traced.pool.fetchval("SELECT traceparent FROM events"))[-2:] == "00"
