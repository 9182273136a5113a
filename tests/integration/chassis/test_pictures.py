"""A decision does not rest on a stale picture: who acts on what has changed is told what happened since."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Response

from services.chassis.commands import Commands
from services.chassis.health import Health
from services.chassis.http import CommandsDep, IfMatch, PoolDep, create_http, etag
from services.chassis.server import HttpServer
from services.chassis.visitors import Buckets, Visitors
from tests.support.engine_world import Add, World, event, human_of, information_of, subject

router = APIRouter()


@router.get("/cases/{case_id}")
async def read(case_id: UUID, pool: PoolDep, response: Response) -> str | None:
    row = await pool.fetchrow(
        "SELECT state, ciclo_picture(a) AS seen FROM aggregates AS a WHERE id = $1", case_id
    )
    etag(response, "" if row is None else row["seen"])
    return None if row is None else str(row["state"])


@router.post("/cases/{case_id}/words/{word}")
async def say(
    case_id: UUID, word: str, commands: CommandsDep, response: Response, seen: IfMatch = None
) -> str | None:
    outcome = await commands.send(case_id, Add(word=word), if_match=seen)
    etag(response, outcome.etag)
    return outcome.reply


class Desk:
    """A person who reads case 1, and acts on what he read."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def reads(self) -> str:
        return (await self.http.get(f"/cases/{subject(1)}")).headers["ETag"]

    async def says(self, word: str, seen: str | None) -> httpx.Response:
        headers = {} if seen is None else {"If-Match": seen}
        return await self.http.post(f"/cases/{subject(1)}/words/{word}", headers=headers)


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    commands = Commands(world.engine)
    await commands.start()
    visitors = Visitors(strangers=Buckets(1000), holders=Buckets(1000))
    app = create_http(
        "Test", [router], commands=commands, pool=world.pool, health=Health(list), visitors=visitors
    )
    server = HttpServer("http", app, "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as http:
        yield Desk(http)
    await server.stop(5)
    await commands.stop(5)


def stale(answer: httpx.Response) -> list[dict[str, Any]]:
    """What the caller is told that he had not seen."""
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_picture")
    changes: list[dict[str, Any]] = answer.json()["changes"]
    return changes


async def test_who_has_seen_everything_acts_and_gets_the_next_picture(desk: Desk) -> None:
    first = await desk.says("first", None)
    second = await desk.says("second", first.headers["ETag"])
    assert second.status_code == 200
    assert second.headers["ETag"] == await desk.reads() != first.headers["ETag"]


async def test_what_happened_since_is_told_and_nothing_is_done(desk: Desk, world: World) -> None:
    await desk.says("first", None)
    seen = await desk.reads()
    await world.engine.apply([event(1, "intake", 1, information_of("A")), event(1, "intake", 2, human_of())])
    await world.engine.apply([event(1, "intake", 3, information_of("B"))])
    before = await world.state(1)
    answer = await desk.says("too late", seen)
    assert [change["type"] for change in stale(answer)] == ["ciclo.item.received.v1"] * 2
    assert {change["time"] for change in stale(answer)} == {"2026-11-21T09:00:00Z"}
    assert await world.state(1) == before
    again = await desk.says("now", answer.headers["ETag"])
    assert again.status_code == 200, "the refusal names what there is now"


async def test_a_change_that_was_not_published_counts_too(desk: Desk, world: World) -> None:
    await desk.says("first", None)
    seen = await desk.reads()
    await world.engine.apply([event(1, "intake", 1, human_of())])
    assert stale(await desk.says("too late", seen)) == []


async def test_what_changes_nothing_makes_no_picture_stale(desk: Desk, world: World) -> None:
    await desk.says("first", None)
    seen = await desk.reads()
    await world.engine.apply([event(1, "intake", 1, None)])
    assert (await desk.says("no", None)).json()["code"] == "no"
    assert (await desk.says("still good", seen)).status_code == 200


async def test_of_many_changes_the_newest_twenty_are_told_oldest_first(desk: Desk, world: World) -> None:
    await desk.says("first", None)
    seen = await desk.reads()
    await world.engine.apply([event(1, "intake", n, information_of(f"s-{n}")) for n in range(1, 26)])
    assert len(stale(await desk.says("too late", seen))) == 20


async def test_of_two_people_with_the_same_picture_one_acts(desk: Desk, world: World) -> None:
    await desk.says("first", None)
    seen = await desk.reads()
    answers = await asyncio.gather(*(desk.says(f"word-{n}", seen) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert len(await world.state(1)) == 2


async def test_a_picture_from_before_a_restore_is_stale_even_with_the_same_numbers(
    desk: Desk, world: World
) -> None:
    await world.engine.apply([event(1, "intake", 1, information_of("A"))])
    version, epoch, sequence = (await desk.reads()).strip('"').split(".")
    answer = await desk.says("too late", f'"{version}.{int(epoch) + 1}.{sequence}"')
    assert len(stale(answer)) == 1, "nothing of another count can be left out"


async def test_what_was_never_an_etag_is_refused_and_not_repeated(desk: Desk) -> None:
    answer = await desk.says("first", '"ana@example.com"')
    assert (answer.status_code, answer.json()["code"]) == (409, "malformed_etag")
    assert answer.json()["errors"] == [{"location": "header.If-Match", "code": "malformed_etag"}]
    assert "ana@" not in answer.text


async def test_a_case_that_is_not_known_yet_is_not_called_stale(desk: Desk) -> None:
    assert (await desk.says("first", '"3.1.2"')).status_code == 200, "the decider judges what is not there"
