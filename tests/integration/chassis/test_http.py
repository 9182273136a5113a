"""The public edge over real sockets: every refusal is a problem document that repeats nothing it was sent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, Field

from services.chassis.commands import Commands
from services.chassis.database import create_pool
from services.chassis.decider import Message, Refusal
from services.chassis.guard import Guard
from services.chassis.health import Health
from services.chassis.http import (
    CommandsDep,
    IfCaseClock,
    PoolDep,
    case_clock,
    create_http,
    problem,
)
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.server import HttpServer
from services.chassis.telemetry.context import current_traceparent
from services.chassis.visitors import Buckets, Visitors
from tests.support.logged import logged

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Say(Message):
    word: str


class Customer(BaseModel):
    email: str = Field(max_length=20)


class Body(BaseModel):
    customer: Customer
    facts: dict[str, int] = {}


class Engine:
    async def apply(self, inputs: Sequence[Input]) -> list[Outcome]:
        return [self._answer(one) for one in inputs]

    def _answer(self, one: Input) -> Outcome:
        if one.clock:
            return Outcome(Fate.REFUSED, refusal=Refusal("clock_behind", "behind"), clock="intake:1")
        return Outcome(Fate.APPLIED, clock="intake:1,routing:2")


def plenty() -> Visitors:
    return Visitors(strangers=Buckets(1000), holders=Buckets(1000))


router = APIRouter()
begun = asyncio.Event()


@router.post("/cases/{case_id}/words")
async def say(
    case_id: UUID, body: Body, commands: CommandsDep, response: Response, clock: IfCaseClock = None
) -> str:
    outcome = await commands.send(case_id, Say(word=body.customer.email), if_clock=clock)
    case_clock(response, outcome)
    return "said"


@router.get("/rows")
async def rows(pool: PoolDep) -> int:
    return int(await pool.fetchval("SELECT 1"))


@router.get("/trace")
async def trace() -> str | None:
    return current_traceparent()


@router.get("/refused")
async def refused() -> None:
    raise problem(404, "unknown_case", "there is no such case")


@router.get("/broken")
async def broken() -> None:
    raise ValueError("Ana García, ana@example.com")


@router.get("/slow")
async def slow() -> str:
    begun.set()
    await asyncio.sleep(1)
    return "done"


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    commands = Commands(Engine())
    await commands.start()
    # Nothing listens on port 1: the database is away.
    pool = await create_pool("postgresql://nobody:x@127.0.0.1:1/none", "test")
    app = create_http("Test", [router], commands=commands, pool=pool, health=Health(list), visitors=plenty())
    server = HttpServer("http", app, "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as opened:
        yield opened
    await server.stop(5)
    await commands.stop(1)
    await pool.close()


@asynccontextmanager
async def serving(app: Guard) -> AsyncIterator[httpx.AsyncClient]:
    server = HttpServer("http", app, "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        yield client
    await server.stop(5)


def told(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    assert document["type"] == f"urn:ciclo:problem:{document['code']}"
    return document


async def test_a_command_answers_with_the_case_clock(client: httpx.AsyncClient) -> None:
    response = await client.post(f"/cases/{new_id()}/words", json={"customer": {"email": "a@b.example"}})
    assert (response.status_code, response.json()) == (200, "said")
    assert response.headers["Case-Clock"] == "intake:1,routing:2"


async def test_a_service_behind_the_callers_clock_says_come_again(client: httpx.AsyncClient) -> None:
    response = await client.post(
        f"/cases/{new_id()}/words",
        json={"customer": {"email": "a@b.example"}},
        headers={"If-Case-Clock": "routing:9"},
    )
    assert told(response)["code"] == "clock_behind"
    assert (response.status_code, response.headers["Retry-After"]) == (409, "1")


async def test_an_invalid_field_is_named_and_what_it_held_is_not_repeated(client: httpx.AsyncClient) -> None:
    body = {"customer": {"email": "ana.garcia@somewhere.example"}, "facts": {"Ana García": "words"}}
    response = await client.post(f"/cases/{new_id()}/words", json=body)
    document = told(response)
    assert response.status_code == 422
    assert document["errors"] == [
        {"location": "body.customer.email", "code": "string_too_long"},
        {"location": "body.facts.?", "code": "int_parsing"},
    ]
    assert "garc" not in response.text.lower()


@pytest.mark.parametrize("body", [b'{"customer": ', b"\xff\xfe", b""])
async def test_a_body_that_is_no_json_is_a_422_not_a_500(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(
        f"/cases/{new_id()}/words", content=body, headers={"content-type": "application/json"}
    )
    assert told(response)["status"] in {400, 422}


async def test_unknown_addresses_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert told(await client.get("/nowhere"))["status"] == 404
    wrong_method = await client.delete("/trace")
    assert told(wrong_method)["status"] == 405
    assert wrong_method.headers["allow"] == "GET"
    assert told(await client.get("/refused"))["code"] == "unknown_case"


async def test_a_body_over_64_kib_is_refused_whether_it_says_so_or_not(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 1024

    announced = await client.post(f"/cases/{new_id()}/words", content=b" " * 65 * 1024)
    streamed = await client.post(
        f"/cases/{new_id()}/words", content=chunks(), headers={"content-type": "application/json"}
    )
    assert [told(response)["code"] for response in (announced, streamed)] == ["too_large", "too_large"]
    assert [response.status_code for response in (announced, streamed)] == [413, 413]


async def test_a_body_of_64_kib_is_accepted(client: httpx.AsyncClient) -> None:
    body = b'{"customer": {"email": "a@b.example"}}'
    response = await client.post(
        f"/cases/{new_id()}/words",
        content=body + b" " * (64 * 1024 - len(body)),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 200


async def test_a_door_for_files_takes_more_and_no_other_does() -> None:
    app = FastAPI()

    @app.post("/cases/{case_id}/files")
    @app.post("/cases/{case_id}/words")
    async def measured(request: Request) -> int:
        return len(await request.body())

    guard = Guard(app, body_limits={"/files": 200_000})
    async with serving(guard) as client:
        answers = [
            await client.post(f"/cases/1/{door}", content=b"x" * size)
            for door, size in (("files", 200_000), ("files", 200_001), ("words", 64 * 1024 + 1))
        ]
    assert [answer.status_code for answer in answers] == [200, 413, 413]


async def test_an_address_that_asks_too_often_is_told_when_to_come_again() -> None:
    app = FastAPI()

    @app.get("/")
    async def welcome() -> str:
        return "welcome"

    visitors = Visitors(strangers=Buckets(0.2), holders=Buckets(1))
    async with serving(Guard(app, visitors=visitors)) as client:
        first, second, third = [await client.get("/") for _ in range(3)]
        elsewhere = await client.get("/", headers={"X-Forwarded-For": "203.0.113.7"})
    assert [first.status_code, second.status_code, elsewhere.status_code] == [200, 200, 200]
    assert told(third)["code"] == "too_many_requests"
    assert (third.status_code, third.headers["Retry-After"]) == (429, "5")


async def test_the_database_away_is_a_503_that_says_when_to_come_again(client: httpx.AsyncClient) -> None:
    response = await client.get("/rows")
    assert told(response)["code"] == "database_unavailable"
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


async def test_an_unexpected_failure_tells_nothing_and_is_logged_without_the_customers_words(
    client: httpx.AsyncClient,
) -> None:
    with logged() as lines:
        response = await client.get("/broken", headers={"traceparent": TRACE})
    assert told(response)["code"] == "internal"
    (line,) = lines.lines
    assert (line["event"], line["route"], line["trace_id"]) == ("request failed", "/broken", TRACE[3:35])
    assert "in broken" in line["exception"]
    assert "García" not in response.text + lines.text


async def test_the_callers_trace_goes_on_and_a_malformed_one_is_replaced(client: httpx.AsyncClient) -> None:
    goes_on = (await client.get("/trace", headers={"traceparent": TRACE})).json()
    assert (goes_on[:36], goes_on == TRACE) == (TRACE[:36], False)
    replaced = (await client.get("/trace", headers={"traceparent": "00-nonsense"})).json()
    assert len(replaced) == 55


async def test_the_api_description_documents_the_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    answers = document["paths"]["/cases/{case_id}/words"]["post"]["responses"]
    schema = answers["422"]["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ProblemDetails"}
    assert set(document["components"]["schemas"]["ProblemDetails"]["properties"]) >= {
        "type",
        "title",
        "status",
    }
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_a_request_that_takes_too_long_or_one_too_many_is_a_503() -> None:
    app = FastAPI()
    app.include_router(router)
    server = HttpServer("http", Guard(app, time_limit=0.3, at_once=1), "127.0.0.1", 0)
    await server.start()
    begun.clear()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        late = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        assert told(await client.get("/trace"))["code"] == "too_busy"
        assert told(await late)["code"] == "not_in_time"
        assert (await client.get("/trace")).status_code == 200
    await server.stop(5)


async def test_stopping_lets_a_running_request_finish() -> None:
    app = create_http(
        "Test",
        [router],
        commands=Commands(Engine()),
        pool=await create_pool("postgresql://nobody:x@127.0.0.1:1/none", "test"),
        health=Health(list),
        visitors=plenty(),
    )
    server = HttpServer("http", app, "127.0.0.1", 0)
    await server.start()
    begun.clear()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        running = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        await server.stop(10)
        assert (await running).json() == "done"
        with pytest.raises(httpx.ConnectError):
            await client.get("/trace")
    assert server.died() is None
