"""A mail server that takes every message, remembers its Message-ID and throws the rest away.

`python -m tests.benchmarks.mail_sink`: prints its port; when its standard input ends, prints what it counted.
Real sockets, real SMTP (RFC 5321, 8BITMIME, SMTPUTF8), nothing kept: an ordinary test server would cost more
CPU than the services it is there for.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from contextlib import suppress

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"
MAX_MESSAGE = 1024 * 1024


class Counted:
    """How often each Message-ID arrived; kept short, as there may be hundreds of thousands."""

    def __init__(self) -> None:
        self.ids: Counter[bytes] = Counter()
        self.without_id = 0

    def take(self, message: bytes) -> None:
        """Count one message."""
        found = _MESSAGE_ID.search(message)
        if found is None:
            self.without_id += 1
        else:
            self.ids[found.group(1)] += 1

    def summary(self) -> str:
        """The counts as JSON."""
        mails = self.ids.total() + self.without_id
        return json.dumps({"mails": mails, "message_ids": len(self.ids), "without_id": self.without_id})


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Counted) -> None:
    """Serve one connection until the client leaves."""
    writer.write(b"220 sink ESMTP\r\n")
    # Cancelled when the sink ends: clients keep their connections open.
    with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        while True:
            verb = (await reader.readuntil(b"\r\n"))[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                counted.take(await reader.readuntil(_END))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 OK\r\n")
    writer.close()


async def serve() -> None:
    """Serve on a free port until standard input ends."""
    counted = Counted()
    server = await asyncio.start_server(
        lambda reader, writer: talk(reader, writer, counted), "127.0.0.1", 0, limit=MAX_MESSAGE
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how its parent learns the port
    await asyncio.to_thread(sys.stdin.read)
    with suppress(BrokenPipeError):  # whoever wanted to know is gone
        print(counted.summary(), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(serve())
