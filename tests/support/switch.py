"""A line to a server that a test can cut and mend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Line:
    """Forwards bytes while it is open; closing it drops every connection and refuses new ones."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def open(self) -> bool:
        """Whether the server can be reached."""
        return self._open

    @open.setter
    def open(self, value: bool) -> None:
        self._open = value
        if not value:
            for writer in self._writers:
                writer.transport.abort()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends it."""
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._writers -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def switch(url: str) -> AsyncIterator[tuple[str, Line]]:
    """The URL of a line to the server of `url`, and the line."""
    parts = urlsplit(url)
    line = Line(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(line.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    host = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{port}"
    try:
        yield parts._replace(netloc=host).geturl(), line
    finally:
        server.close()
        line.open = False
        await asyncio.sleep(0)
