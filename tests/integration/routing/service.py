"""Routing as tests run it, with a vault to read from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI, Header, Response
from pydantic import BaseModel

from services.chassis.server import HttpServer
from services.routing.app import definition
from services.routing.routes import router
from services.routing.settings import RoutingSettings
from tests.support.running import STAFF, TOKEN, Running, common


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

    async def post(self, case: UUID, door: str, **body: Any) -> httpx.Response:
        """Something a person does to a case."""
        return await self.http.post(f"/v1/cases/{case}/{door}", json=body)


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
