"""A TCP proxy before a server that spoils what passes: cuts, silence, resets, delay, a narrow line."""

import asyncio
import socket
import struct
from collections import deque
from contextlib import suppress
from random import Random
from typing import cast

from deploy.embedded.ports import HOST

FULL = 1024 * 1024
"""Bytes that wait for one end before the other is not read any more."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, 0 seconds; a close sends RST."""


class Proxy:
    """Stands on `port` before `target`. What is wrong is set by its methods, and `heal` ends all of it."""

    def __init__(self, port: int, target: int = 0) -> None:
        self.port = port
        self.target = target
        self._server: asyncio.Server | None = None
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._ends: set[_End] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._delay = 0.0
        self._bytes_per_second = 0.0

    async def start(self) -> None:
        """Accept connections."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, HOST, self.port)

    async def stop(self) -> None:
        """Refuse connections and cut those there are."""
        if self._server is not None:
            self._server.close()
        for task in self._connecting:
            task.cancel()
        self.reset_all()

    async def cut(self) -> None:
        """The network is gone: connections end, new ones are refused."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.reset_all()

    def silence(self) -> None:
        """Connections stay, and new ones are accepted, but nothing passes (half-open)."""
        self._speaking.clear()

    def slow(self, delay: float, bytes_per_second: float = 0) -> None:
        """Everything arrives `delay` seconds late, at no more than so many bytes a second (0: any number)."""
        self._delay, self._bytes_per_second = delay, bytes_per_second

    def reset_all(self) -> None:
        """Every connection ends with RST."""
        for end in list(self._ends):
            end.reset()

    def reset_some(self, rng: Random, share: float) -> int:
        """Some connections end with RST; how many."""
        chosen = [end for end in self._ends if end.is_client and rng.random() < share]
        for end in chosen:
            end.reset()
        return len(chosen)

    async def heal(self) -> None:
        """All is well again. What was held back is delivered, late."""
        self._delay = self._bytes_per_second = 0.0
        self._speaking.set()
        for end in list(self._ends):
            end.flush()
        if self._server is None:
            await self.start()

    @property
    def is_silent(self) -> bool:
        """Whether nothing passes."""
        return not self._speaking.is_set()

    @property
    def is_plain(self) -> bool:
        """Whether bytes pass as they come."""
        return not (self.is_silent or self._delay or self._bytes_per_second)

    def arrival(self, after: float, size: int) -> float:
        """When something that is sent now arrives, at the earliest after what was sent before."""
        now = asyncio.get_running_loop().time()
        line = size / self._bytes_per_second if self._bytes_per_second else 0.0
        return max(after + line, now + self._delay + line)

    def _accept(self) -> asyncio.Protocol:
        end = _End(self, is_client=True)
        task = asyncio.create_task(self._connect(end))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return end

    async def _connect(self, client: "_End") -> None:
        await self._speaking.wait()
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: _End(self, other=client), HOST, self.target
            )
        except OSError:
            client.reset()

    def add(self, end: "_End") -> None:
        """An end is connected."""
        self._ends.add(end)

    def remove(self, end: "_End") -> None:
        """An end is gone."""
        self._ends.discard(end)


class _End(asyncio.Protocol):
    """One end of a connection; `give` sends to whoever is connected here."""

    def __init__(self, proxy: Proxy, *, other: "_End | None" = None, is_client: bool = False) -> None:
        self._proxy = proxy
        self._other = other
        self.is_client = is_client
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._size = 0
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: list[bytes] = []
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._proxy.add(self)
        other = self._other
        if other is None:
            return
        if other._is_lost:
            self.reset()
            return
        other._other = self
        for data in other._unsent:
            self.give(data)
        other._unsent.clear()

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._unsent.append(data)
        else:
            self._other.give(data)
            if self._other._size > FULL and self._transport is not None:
                self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._proxy.remove(self)
        if self._timer is not None:
            self._timer.cancel()
        # In silence the other side does not hear of it.
        if self._other is not None and not self._proxy.is_silent:
            self._other.flush()

    def give(self, data: bytes) -> None:
        if self._proxy.is_plain and not self._waiting and self._transport is not None:
            self._transport.write(data)
            return
        self._last = self._proxy.arrival(self._last, len(data))
        self._waiting.append((self._last, data))
        self._size += len(data)
        self._arm()

    def flush(self) -> None:
        """Deliver what is due; hear that the other end is gone."""
        if self._is_lost or self._transport is None or self._proxy.is_silent:
            return
        now = asyncio.get_running_loop().time()
        while self._waiting and (self._proxy.is_plain or self._waiting[0][0] <= now):
            _, data = self._waiting.popleft()
            self._size -= len(data)
            self._transport.write(data)
        other = self._other
        if other is None:
            return
        if other._is_lost and not self._waiting:
            self._transport.close()
        elif not other._is_lost and other._transport is not None and self._size <= FULL:
            other._transport.resume_reading()
        self._arm()

    def reset(self) -> None:
        if self._transport is not None and not self._is_lost:
            found = self._transport.get_extra_info("socket")
            with suppress(OSError, AttributeError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._transport.abort()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and not self._proxy.is_silent and not self._is_lost:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._waiting[0][0], loop.time() + 0.001), self.flush)
