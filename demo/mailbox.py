"""The demo's mail server: every message becomes a file that any mail program opens."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

NO_MAILBOX = "noa.belver@example.com"


class Mailbox:
    """Writes `NNN-subject.eml`, in the order of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.messages: dict[str, int] = {}
        """How often each Message-ID arrived; more than once after a crash between sending and recording."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.eml"):
            old.unlink()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse the one address that does not exist (aiosmtpd calls this)."""
        if address == NO_MAILBOX:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message (aiosmtpd calls this)."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        headers = BytesHeaderParser(policy=default).parsebytes(content)
        name = str(headers["Message-ID"])
        self.messages[name] = self.messages.get(name, 0) + 1
        subject = re.sub(r"\W+", "-", str(headers["Subject"])).strip("-")[:60]
        number = sum(self.messages.values())
        await asyncio.to_thread((self.folder / f"{number:03}-{subject}.eml").write_bytes, content)
        return "250 OK"


@asynccontextmanager
async def mailbox(folder: Path) -> AsyncIterator[Mailbox]:
    """A mail server on a free port of this machine."""
    box = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="localhost", loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
