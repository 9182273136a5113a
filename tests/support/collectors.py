"""Collectors that are not as one would wish: away, refusing, silent, slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.embedded.ports import HOST, free_port
from deploy.traces.otlp import PROTOBUF, read, unpacked

SLOW_SECONDS = 1.0
LIMIT = 2**24
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
KINDS = ("absent", "refusing", "hanging", "slow")


@dataclass
class Collector:
    """What listens, or does not, at `url`; `spans` counts those that it took."""

    kind: str
    url: str = ""
    requests: int = 0
    spans: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, in the manner of its kind."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                body = await reader.readexactly(int(headers[b"content-length"]))
                self.requests += 1
                if self.kind == "hanging":
                    await asyncio.Event().wait()
                if self.kind == "refusing":
                    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
                    continue
                await asyncio.sleep(SLOW_SECONDS)
                packed = headers.get(b"content-encoding") == b"gzip"
                self.spans += len(read(unpacked(body, LIMIT) if packed else body, PROTOBUF)[0])
                writer.write(TAKEN)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def collector(kind: str) -> AsyncIterator[Collector]:
    """A collector of one of KINDS."""
    made = Collector(kind)
    if kind == "absent":
        made.url = f"http://{HOST}:{free_port()}"
        yield made
        return
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(made.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(connected, HOST, 0)
    made.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
