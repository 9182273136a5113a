"""Routing as tests run it, with a vault to read from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI, Header, Response
from pydantic import BaseModel

from ciclo_schemas.values import Facts
from services.chassis.ids import new_id
from services.chassis.server import HttpServer
from services.routing.app import definition
from services.routing.routes import router
from services.routing.routes.scopes import Scope
from services.routing.settings import RoutingSettings
from tests.support.running import STAFF, TOKEN, Running, common
from tests.unit.routing import world as on


class Refs(BaseModel):
    """The body of the vault's door."""

    refs: list[str]


@dataclass
class Vault:
    """Intake's door for words. `asked`: how many references each call named; `down` makes it answer 503."""

    url: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    down: bool = False

    def app(self) -> FastAPI:
        """The door."""
        app = FastAPI()

        @app.post("/v1/vault/texts:read")
        async def read(body: Refs, response: Response, authorization: str = Header()) -> dict[str, Any]:
            assert authorization == f"Bearer {TOKEN}"
            assert len(body.refs) <= 100
            self.asked.append(len(body.refs))
            if self.down:
                response.status_code = 503
                return {}
            return {"texts": {ref: self.texts[ref] for ref in body.refs if ref in self.texts}}

        return app


class Routing(Running):
    """A running routing and the vault that it reads from."""

    def __init__(self, settings: RoutingSettings, vault: Vault) -> None:
        super().__init__(definition(settings), settings, [router], headers=STAFF)
        self.vault = vault
        self._keys: dict[str, dict[str, str]] = {}

    async def post(
        self, case: UUID, door: str, *, by: str = "agent-03", seen: str | None = None, **body: Any
    ) -> httpx.Response:
        """Something a person does to a case, with a key of his own; `seen` is the ETag he goes by."""
        headers = await self.shown_by(by) | ({"If-Match": seen} if seen else {})
        return await self.http.post(f"/v1/cases/{case}/{door}", json=body or None, headers=headers)

    async def shown_by(self, staff_no: str) -> dict[str, str]:
        """The key of a person who may do everything here."""
        if staff_no not in self._keys:
            self._keys[staff_no] = await self.key(f"agent/{staff_no}", *(scope.value for scope in Scope))
        return self._keys[staff_no]

    async def view(self, case: UUID) -> dict[str, Any]:
        """A case as it is shown; empty while routing has not heard of it."""
        answer = await self.http.get(f"/v1/cases/{case}")
        view: dict[str, Any] = answer.json() if answer.is_success else {}
        return view

    async def until(self, case: UUID, **fields: Any) -> dict[str, Any]:
        """Wait until a case is shown with these fields."""
        async with asyncio.timeout(20):
            while True:
                view = await self.view(case)
                if fields.items() <= view.items():
                    return view
                await asyncio.sleep(0.05)

    async def opens(self, words: str, facts: Facts | None = None, *, safety: bool = False) -> UUID:
        """A case whose customer wrote these words."""
        case = new_id()
        reference = f"txt_{case.hex}"
        self.vault.texts[reference] = words
        event = on.opened(facts, safety=safety).model_copy(
            update={"text_ref": reference, "case_no": case.hex[:12], "customer_ref": f"cus_{case.hex}"}
        )
        await self.tell(case, "intake", event)
        return case


@asynccontextmanager
async def running_routing(database_url: str, kafka: str) -> AsyncIterator[Routing]:
    """Run routing on this database, with topics of its own on this broker."""
    async with _vault() as vault:
        settings = RoutingSettings(**common(database_url, kafka), intake_url=vault.url)
        async with Routing(settings, vault) as running:
            yield running


@asynccontextmanager
async def _vault() -> AsyncIterator[Vault]:
    vault = Vault()
    server = HttpServer("vault", vault.app(), "127.0.0.1", 0)
    await server.start()
    vault.url = f"http://127.0.0.1:{server.port}"
    try:
        yield vault
    finally:
        await server.stop(5)
