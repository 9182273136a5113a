"""API keys over real sockets and a real PostgreSQL: who comes in, as whom, and until when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends

from services.chassis import keys as keys_module
from services.chassis.clock import seconds
from services.chassis.commands import Commands
from services.chassis.database import create_pool
from services.chassis.engine import Engine
from services.chassis.health import Health
from services.chassis.http import create_http
from services.chassis.key_store import BadKey, create_key, list_keys, parts_of, revoke_key
from services.chassis.keys import Caller, if_shown, needs, person, scopes_of
from services.chassis.server import HttpServer
from services.chassis.visitors import Buckets, Visitors
from tests.conftest import NewDatabase
from tests.support.engine_world import definition
from tests.support.logged import logged

SCOPES = ("cases:read", "cases:work", "customers:write", "cases:open")
FORM = {"authorization": "Bearer ck_0123456789abcdef_" + "x" * 43}

HOLDERS = Buckets(100)
router = APIRouter()


@router.get("/cases")
async def read(caller: Annotated[Caller, Depends(needs("cases:read"))]) -> str:
    return caller.holder


@router.post("/work")
async def work(staff_no: Annotated[str, Depends(person("cases:work"))]) -> str:
    return staff_no


@router.put("/customers/{publisher}")
async def put(publisher: str, caller: Annotated[Caller, Depends(needs("customers:write"))]) -> str:
    caller.need_publisher(publisher)
    return publisher


@router.post("/cases")
async def open_case(caller: Annotated[Caller | None, Depends(if_shown("cases:open"))]) -> str:
    return caller.holder if caller else "anybody"


@dataclass
class House:
    """A service with doors, and its database."""

    http: httpx.AsyncClient
    pool: asyncpg.Pool

    async def key(self, holder: str, *scopes: str, days: int | None = None) -> dict[str, str]:
        key = await create_key(self.pool, holder, scopes, by="ana", known_scopes=SCOPES, days=days)
        return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
async def house(database: NewDatabase) -> AsyncIterator[House]:
    pool = await create_pool(await database("chassis"), "test")
    commands = Commands(Engine(pool, definition()))
    visitors = Visitors(strangers=Buckets(100), holders=HOLDERS)
    server = HttpServer(
        "http",
        create_http("Test", [router], commands=commands, pool=pool, health=Health(list), visitors=visitors),
        "127.0.0.1",
        0,
    )
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as http:
        yield House(http, pool)
    await server.stop(5)
    await pool.close()


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_key_opens_what_its_scopes_say_and_tells_whose_it_is(house: House) -> None:
    agent = await house.key("agent/agent-03", "cases:read", "cases:work")
    assert (await house.http.get("/cases", headers=agent)).json() == "agent/agent-03"
    assert (await house.http.post("/work", headers=agent)).json() == "agent-03"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic Zm9v"},
        {"authorization": "Bearer ck__"},
        {b"authorization": "Bearer ck_ñ_ñ".encode()},
        FORM,
    ],
)
async def test_whoever_shows_no_valid_key_is_refused_and_told_what_to_show(
    house: House, headers: dict[Any, Any]
) -> None:
    answer = await house.http.get("/cases", headers=httpx.Headers(headers))
    assert refused(answer) == (401, "not_authorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_id_of_a_key_with_another_secret_opens_nothing(house: House) -> None:
    shown = (await house.key("agent/agent-03", "cases:read"))["Authorization"]
    forged = shown[:-43] + "A" * 43
    assert refused(await house.http.get("/cases", headers={"Authorization": forged})) == (
        401,
        "not_authorized",
    )
    assert (await house.http.get("/cases", headers={"Authorization": shown})).status_code == 200


async def test_a_missing_scope_is_named_and_the_key_is_not(house: House) -> None:
    reader = await house.key("agent/agent-03", "cases:read")
    answer = await house.http.post("/work", headers=reader)
    assert refused(answer) == (403, "not_allowed")
    assert "cases:work" in answer.json()["detail"]
    assert "ck_" not in answer.text


async def test_a_system_cannot_act_as_a_person(house: House) -> None:
    crm = await house.key("system/crm", "cases:work")
    assert refused(await house.http.post("/work", headers=crm)) == (403, "not_a_person")


async def test_a_system_writes_only_under_its_own_name(house: House) -> None:
    crm = await house.key("system/crm", "customers:write")
    agent = await house.key("agent/crm", "customers:write")
    assert (await house.http.put("/customers/crm", headers=crm)).json() == "crm"
    assert refused(await house.http.put("/customers/erp", headers=crm)) == (403, "not_the_publisher")
    assert refused(await house.http.put("/customers/crm", headers=agent)) == (403, "not_the_publisher")


async def test_a_door_for_everybody_knows_colleagues_and_refuses_a_wrong_key(house: House) -> None:
    shop = await house.key("system/shop", "cases:open")
    reader = await house.key("system/shop", "cases:read")
    assert (await house.http.post("/cases")).json() == "anybody"
    assert (await house.http.post("/cases", headers=shop)).json() == "system/shop"
    assert refused(await house.http.post("/cases", headers=reader)) == (403, "not_allowed")
    assert refused(await house.http.post("/cases", headers=FORM)) == (401, "not_authorized")


async def test_a_revoked_key_opens_nothing_once_it_is_no_longer_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await house.key("agent/agent-03", "cases:read")
    assert (await house.http.get("/cases", headers=shown)).status_code == 200
    number = (parts_of(shown["Authorization"].removeprefix("Bearer ")) or ("", ""))[0]
    assert await revoke_key(house.pool, number, by="ana")
    assert not await revoke_key(house.pool, number, by="ana")
    later = seconds() + keys_module.BELIEVED_S
    monkeypatch.setattr(keys_module, "seconds", lambda: later)
    assert refused(await house.http.get("/cases", headers=shown)) == (401, "not_authorized")


async def test_a_key_ends_with_its_days(house: House) -> None:
    shown = await house.key("agent/agent-03", "cases:read", days=30)
    await house.pool.execute("UPDATE clock_shift SET shift = interval '30 days'")
    try:
        assert refused(await house.http.get("/cases", headers=shown)) == (401, "not_authorized")
    finally:
        await house.pool.execute("UPDATE clock_shift SET shift = interval '0'")
    assert (await house.http.get("/cases", headers=shown)).status_code == 200


async def test_who_asks_too_often_is_refused_and_nobody_else_at_his_address(house: House) -> None:
    busy, other = await house.key("system/busy", "cases:read"), await house.key("system/other", "cases:read")
    for _ in range(50):  # a slow machine gives the bucket time to fill again
        while not HOLDERS.take("system/busy"):
            pass
        refusal = await house.http.get("/cases", headers=busy)
        if refusal.status_code != 200:
            break
    assert refused(refusal) == (429, "too_many_requests")
    assert refusal.headers["Retry-After"] == "1"
    assert (await house.http.get("/cases", headers=other)).status_code == 200


async def test_the_secret_is_kept_nowhere_and_logged_nowhere(house: House) -> None:
    with logged() as lines:
        shown = (await house.key("agent/agent-03", "cases:read"))["Authorization"]
        await house.http.get("/cases", headers={"Authorization": shown})
        await house.http.post("/work", headers={"Authorization": shown})
    secret = shown.rpartition("_")[2]
    rows = await house.pool.fetch("SELECT t::text FROM api_keys AS t")
    kept = await list_keys(house.pool)
    assert secret not in lines.text + str(rows) + str(kept)
    assert str(kept[-1].digest) not in str(kept)


@pytest.mark.parametrize(
    ("holder", "scopes", "why"),
    [
        ("agent-03", ("cases:read",), "expected a holder"),
        ("person/agent-03", ("cases:read",), "expected a holder"),
        ("agent/", ("cases:read",), "expected a holder"),
        ("agent/a\n", ("cases:read",), "expected a holder"),
        ("agent/agent-03", ("cases:burn",), "unknown scope cases:burn; this service has cases:open, "),
        ("agent/agent-03", (), "a key needs a scope"),
    ],
)
async def test_a_key_that_would_open_nothing_is_not_made(
    house: House, holder: str, scopes: tuple[str, ...], why: str
) -> None:
    before = len(await list_keys(house.pool))
    with pytest.raises(BadKey, match=why):
        await create_key(house.pool, holder, scopes, by="ana", known_scopes=SCOPES)
    assert len(await list_keys(house.pool)) == before


async def test_the_api_description_says_which_scope_each_door_needs(house: House) -> None:
    paths = (await house.http.get("/openapi.json")).json()
    assert paths["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert paths["paths"]["/work"]["post"]["security"] == [{"ApiKey": ["cases:work"]}]
    assert {"401", "403"} <= set(paths["paths"]["/work"]["post"]["responses"])
    assert scopes_of([router]) == set(SCOPES)


def test_only_what_is_a_key_is_taken_apart() -> None:
    number, secret = "0123456789abcdef", "_-" + "x" * 41
    assert parts_of(f"ck_{number}_{secret}") == (number, secret)
    assert parts_of(f"ck_{number}_{secret}\n") is None
    assert parts_of(str(UUID(int=0))) is None
