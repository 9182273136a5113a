"""The spans of the ways into, through and out of services: HTTP, Kafka, calls to the outside, fan-outs."""

import math
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from deploy.embedded import Servers
from services.chassis.app import App
from services.chassis.decider import Message
from services.chassis.definition import Connection, EffectCall, Retry
from services.chassis.effects import Effects
from services.chassis.engine import Engine
from services.chassis.fan_outs import FanOuts
from services.chassis.http import CommandsDep, PoolDep, problem
from services.chassis.reemission import Stretch, reemit
from services.chassis.telemetry import semconv, statements
from services.chassis.telemetry.outside import outside_call
from tests.conftest import NewDatabase
from tests.support.engine_world import Call, World, command, definition, event, human_of, subject
from tests.support.engine_world import Told as Announced
from tests.support.pair import Pair, Side, Speak, pair
from tests.support.replicas import later, only_replica
from tests.support.told import Told, about, links, parent, traceparent
from tests.support.waiting import until

CREATED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ROUTE = "/v1/cases/{case_id}/words"

router = APIRouter()


@router.post(ROUTE)
async def say(case_id: UUID, commands: CommandsDep) -> str:
    await commands.send(case_id, Speak())
    return "said"


@router.get("/v1/words/{word}")
async def look(word: str) -> str:
    raise problem(404, "unknown_word", f"there is no such word of {len(word)} letters")


@router.get("/v1/count")
async def count(pool: PoolDep) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM aggregates WHERE kind = 'nothing'"))


@router.get("/broken")
async def broken() -> str:
    raise LookupError("told to fail")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement is told of because it is slow: machines are, now and then."""
    monkeypatch.setattr(statements, "SLOW_S", math.inf)


@dataclass
class Both:
    """Two services with Kafka between them, what each of them tells, and a client of the first."""

    pair: Pair
    intake: Told
    warranty: Told
    http: httpx.AsyncClient

    async def work(self) -> list[ReadableSpan]:
        return [*await self.intake.work(), *await self.warranty.work()]

    async def named(self, name: str, count: int = 1) -> list[ReadableSpan]:
        """The spans of this name, once there are so many."""

        def found() -> list[ReadableSpan]:
            return [*self.intake.named(name), *self.warranty.named(name)]

        await until(lambda: len(found()) >= count)
        return found()


@asynccontextmanager
async def running(side: Side, told: Told) -> AsyncIterator[App]:
    app = App(side.definition, side.settings, [router], topic_prefix=side.prefix, tracing=told.tracing)
    try:
        await app.start()
        yield app
    finally:
        await app.stop()


@pytest.fixture(scope="module")
async def two_apps(database: NewDatabase, servers: Servers) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack:
        urls = await database("intake"), await database("warranty")
        two = await stack.enter_async_context(pair(*urls, servers.kafka, f"test-{secrets.token_hex(6)}."))
        tells = Told("intake"), Told("warranty")
        await stack.enter_async_context(running(two.warranty, tells[1]))
        intake = await stack.enter_async_context(running(two.intake, tells[0]))
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{intake.http_port}", timeout=10)
        yield Both(two, *tells, await stack.enter_async_context(client))


@pytest.fixture
async def both(two_apps: Both) -> Both:
    """Both of them, with nothing told yet; each test speaks of cases of its own."""
    await two_apps.intake.forget()
    await two_apps.warranty.forget()
    return two_apps


async def test_a_request_is_one_trace_through_both_services(both: Both) -> None:
    case = subject(1)
    assert (await both.http.post(f"/v1/cases/{case}/words")).status_code == 200
    [process] = await both.named("process ciclo.cases.v1")
    server, send = [(await both.named(name))[0] for name in (f"POST {ROUTE}", "send ciclo.cases.v1")]
    kinds = [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.CONSUMER]
    assert [span.kind for span in (server, send, process)] == kinds
    ancestors = [None, traceparent(server), traceparent(server)]
    assert [parent(span) for span in (server, send, process)] == ancestors
    assert links(send) == links(process) == {"message": traceparent(server)}
    assert about(server)[semconv.CREATED_IDS] == (about(process)[semconv.MESSAGE_ID],)
    assert about(server)[semconv.OUTCOME] == "applied"
    assert {about(span)[semconv.CASE_ID] for span in await both.work()} == {str(case)}
    assert len(await both.work()) == 3
    assert [span.resource.attributes["service.name"] for span in (send, process)] == ["intake", "warranty"]


async def test_a_request_is_told_by_the_template_of_its_route_and_what_was_answered(both: Both) -> None:
    await both.http.get("/v1/words/lucia@example.com?to=maria")
    await both.http.get("/lucia")
    await both.http.get("/readyz")
    await both.http.get("/broken", headers={"traceparent": CREATED})
    unknown, strange, failed = await both.intake.work()
    assert (unknown.name, about(unknown)) == (
        "GET /v1/words/{word}",
        {
            semconv.HTTP_METHOD: "GET",
            semconv.HTTP_ROUTE: "/v1/words/{word}",
            semconv.URL_PATH: "/v1/words/{word}",
            semconv.URL_SCHEME: "http",
            semconv.HTTP_STATUS: 404,
        },
    )
    assert (strange.name, strange.status.status_code) == ("GET", StatusCode.UNSET)
    assert (failed.name, failed.status.status_code, parent(failed)) == (
        "GET /broken",
        StatusCode.ERROR,
        CREATED,
    )
    assert about(failed)[semconv.ERROR_TYPE] == "500"


async def test_a_slow_query_of_a_page_is_told_under_the_request(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SLOW_S", 0.0)
    assert (await both.http.get("/v1/count")).json() == 0
    [server] = both.intake.named("GET /v1/count")
    query = next(span for span in both.intake.named("SELECT aggregates") if parent(span) is not None)
    assert (parent(query), query.kind) == (traceparent(server), SpanKind.CLIENT)


async def test_events_sent_together_share_a_span_that_belongs_to_no_case(both: Both) -> None:
    intake = both.pair.intake
    engine = Engine(intake.pool, intake.definition, both.intake.tracing)
    await engine.start()
    intake.engine = engine
    await both.pair.say(2, 3, 4)  # wakes nobody: the relay looks by itself
    await both.named("process ciclo.cases.v1", 3)
    created = [span for span in await both.intake.work() if semconv.CREATED_IDS in about(span)]
    [send] = await both.named("send ciclo.cases.v1")
    assert parent(send) is None
    assert sorted(link.context.span_id for link in send.links) == sorted(
        span.context.span_id for span in created if span.context is not None
    )
    assert about(send)[semconv.BATCH_COUNT] == 3
    assert semconv.CASE_ID not in about(send)


async def test_an_event_that_was_emitted_once_more_begins_a_leg_where_it_was_lacking(both: Both) -> None:
    await both.http.post(f"/v1/cases/{subject(5)}/words")
    [create] = await both.named(f"POST {ROUTE}")
    await both.named("process ciclo.cases.v1")
    # As after a restore: warranty has lost what it knew.
    await both.pair.warranty.pool.execute("TRUNCATE aggregates")
    stretch = Stretch(subject(5), 1, 1, 1)
    await reemit(both.pair.intake.pool, "intake", [stretch], actor="ana", reason="a test")
    again = (await both.named("process ciclo.cases.v1", 2))[1]
    assert (parent(again), links(again)) == (None, {"replay": traceparent(create)})


class Provider:
    """The outside: refuses the first time, and makes a call of its own."""

    data: type[Message] = Call
    batch = 50
    attempts: int | None = None

    def __init__(self) -> None:
        self.calls: list[EffectCall] = []

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Message | Retry]:
        self.calls.extend(calls)
        for call in calls:
            with outside_call(call.traceparent, {semconv.SERVER_PORT: 25}):
                pass
        return [Retry("busy", after=timedelta(0)) if call.attempts == 0 else call.data for call in calls]

    async def close(self) -> None:
        pass

    def give_up(self, _call: EffectCall, _reason: str) -> Message:
        raise NotImplementedError


@pytest.fixture
async def traced(shared: World, patient: None) -> AsyncIterator[tuple[World, Told]]:
    await shared.forget()
    await later(shared, timedelta())
    told = Told()
    engine = Engine(shared.pool, replace(definition(), targets={Announced: everybody}), told.tracing)
    await engine.start()
    yield World(shared.pool, engine), told
    await later(shared, timedelta())
    await told.tracing.stop(1)


async def everybody(connection: Connection, _data: Any, after: UUID | None, limit: int) -> Sequence[UUID]:
    rows = await connection.fetch(
        "SELECT id FROM aggregates WHERE id > $1 AND id <> $2 ORDER BY id LIMIT $3",
        after or UUID(int=0),
        subject(9),
        limit,
    )
    return [row["id"] for row in rows]


async def test_every_attempt_at_an_outside_call_is_told_and_the_last_tells_what_was_decided_on_the_result(
    traced: tuple[World, Told], url: str
) -> None:
    world, told = traced
    await world.engine.apply([event(1, "intake", 1, human_of())])
    provider = Provider()
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        await effects.turn()
        await effects.turn()
    [process] = [span for span in await told.work() if span.name.startswith("process")]
    first, second = told.named("effect Call")
    assert [parent(span) for span in (first, second)] == [traceparent(process)] * 2
    assert [about(span)[semconv.ATTEMPT] for span in (first, second)] == [1, 2]
    assert (first.status.status_code, about(first)[semconv.ERROR_TYPE]) == (StatusCode.ERROR, "busy")
    assert second.status.status_code is StatusCode.UNSET
    assert [call.traceparent for call in provider.calls] == [traceparent(first), traceparent(second)]
    for span in (first, second):
        assert (span.kind, about(span)[semconv.SERVER_PORT]) == (SpanKind.CLIENT, 25)
        assert about(span)[semconv.CASE_ID] == str(subject(1))
    assert semconv.OUTCOME not in about(first)
    assert about(second)[semconv.OUTCOME] == "applied"
    assert [span.name for span in await told.work()] == [
        "process ciclo.cases.v1",
        "effect Call",
        "effect Call",
    ]
    last = await world.pool.fetchval("SELECT traceparent FROM aggregates WHERE id = $1", subject(1))
    assert last == traceparent(second)


async def test_an_outside_call_that_was_asked_for_long_ago_begins_a_leg(
    traced: tuple[World, Told], url: str
) -> None:
    world, told = traced
    await world.engine.apply([event(1, "intake", 1, human_of())])
    [process] = await told.work()
    await later(world, timedelta(hours=1))
    async with only_replica(url) as lanes:
        await Effects(world.engine, lanes, Provider()).turn()
    effect = next(span for span in await told.work() if span.name == "effect Call")
    assert (parent(effect), links(effect)) == (None, {"effect": traceparent(process)})


async def test_everybody_who_is_told_of_a_change_begins_a_leg_that_knows_the_change(
    traced: tuple[World, Told], url: str
) -> None:
    world, told = traced
    await world.engine.apply([event(number, "intake", 1, human_of()) for number in (1, 2)])
    before = {about(span)[semconv.CASE_ID]: traceparent(span) for span in await told.work() if span.parent}
    await world.engine.apply([command(9, "tell")])
    cause = next(span for span in await told.work() if span.name == "decide Add")
    async with only_replica(url) as lanes:
        await FanOuts(world.engine, lanes, world.pool, {Announced: everybody}).turn()
    decided = [span for span in await told.work() if span.name == "decide Told"]
    assert [parent(span) for span in decided] == [None, None]
    assert [links(span) for span in decided] == [
        {"fan_out": traceparent(cause), "previous_leg": before[str(subject(number))]} for number in (1, 2)
    ]
