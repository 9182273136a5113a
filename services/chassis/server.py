"""uvicorn as a part of the app: in its loop, on a socket of ours, without signal handlers of its own."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 2048
KEEP_ALIVE_S = 15


class HttpServer:
    """Serves an ASGI app on `host`:`port`; port 0 takes a free one, which `port` says after the start.

    `trusted_proxies` may say, by X-Forwarded-For, for whom they ask.
    """

    def __init__(
        self, name: str, app: ASGIApp, host: str, port: int, *, trusted_proxies: str = "127.0.0.1"
    ) -> None:
        self.name = name
        self.port = port
        self._host = host
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            forwarded_allow_ips=trusted_proxies,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Raises OSError if the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.create_server((self._host, self.port), family=family, backlog=BACKLOG)
        self.port = listening.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve([listening]), name=self.name)
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)

    async def stop(self, grace: float) -> None:
        """Accept nothing more and let requests finish. Raises TimeoutError if some had to be cut."""
        if self._task is None:
            return
        self._server.should_exit = True
        _, unfinished = await asyncio.wait([self._task], timeout=grace)
        if unfinished:
            cut = list(self._server.server_state.tasks)
            for request in cut:
                request.cancel()
            await asyncio.wait([self._task])
            raise TimeoutError(f"{len(cut)} requests were cut")

    def problem(self) -> str | None:
        """Why it serves nothing now."""
        return None if self._server.started and not self._server.should_exit else "does not listen"

    def died(self) -> BaseException | None:
        """What ended it, although nobody stopped it."""
        if self._task is None or not self._task.done() or self._server.should_exit:
            return None
        return self._task.exception() or RuntimeError("the server ended")


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to the app."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
