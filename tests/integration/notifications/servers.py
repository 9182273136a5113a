"""Real servers around notifications: a mail server that can refuse, and the vault's door over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Header, Response

from services.chassis.server import HttpServer
from tests.support.running import TOKEN

LUCIA = "cus_" + "0" * 31 + "1"
SECRET = "AZMAAAAAAcACAAAAA-signed"
"""What nobody but the customer may read: the token of a link."""


@dataclass
class MailServer:
    """Keeps what it takes. `answers` holds refusals: each is given once, to the next message's content."""

    port: int = 0
    inbox: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused_recipients: dict[str, str] = field(default_factory=dict)
    attempted: list[str] = field(default_factory=list)
    connections: int = 0
    goodbyes: int = 0
    hangs: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.goodbyes += 1
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(EmailMessage, policy=default).parsebytes(envelope.content)
        self.attempted.append(mail["Message-ID"])
        if self.hangs:
            await asyncio.sleep(5)
        if self.answers:
            return self.answers.pop(0)
        self.inbox.append(mail)
        self.arrived.set()
        return "250 OK"

    async def holds(self, count: int) -> list[EmailMessage]:
        """Wait until so many mails are there."""
        async with asyncio.timeout(30):
            while len(self.inbox) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.inbox


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server on a free port."""
    handler = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Vault:
    """Intake's door for contact data; `asked` are the calls it had, `broken` makes it answer 503.

    `linked` false: it knows none of the cases, and gives no links.
    """

    url: str = ""
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)
    linked: bool = True
    asked: list[list[str]] = field(default_factory=list)
    broken: bool = False

    def app(self) -> FastAPI:
        """The door."""
        app = FastAPI()

        @app.post("/v1/vault/contacts:read")
        async def read(body: dict[str, list[str]], authorization: str = Header()) -> Response:
            assert authorization == f"Bearer {TOKEN}"
            self.asked.append(body["customer_refs"])
            if self.broken:
                return Response(status_code=503)
            found = {ref: self.contacts[ref] for ref in body["customer_refs"] if ref in self.contacts}
            links = {case: f"https://care.example/c/{SECRET}" for case in body["cases"] if self.linked}
            gone = [ref for ref in body["customer_refs"] if ref in self.erased]
            answer = {"contacts": found, "links": links, "erased": gone, "missing": []}
            return Response(json.dumps(answer), media_type="application/json")

        return app


@asynccontextmanager
async def vault() -> AsyncIterator[Vault]:
    """The vault's door on a free port; it knows Lucía."""
    door = Vault()
    door.contacts[LUCIA] = {"name": "Lucía Fernández", "email": "lucia@example.com", "language": "es"}
    server = HttpServer("vault", door.app(), "127.0.0.1", 0)
    await server.start()
    try:
        door.url = f"http://127.0.0.1:{server.port}"
        yield door
    finally:
        await server.stop(5)
