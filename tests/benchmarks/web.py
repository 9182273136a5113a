"""A small HTTP client: keep-alive connections, JSON, asked again while a service is busy or behind.

The driver shares the machine with what it measures. httpx and httpcore cost 2.5 to 3 ms of CPU per request
here, about as much as a service spends on it; this one costs 0.06 ms.
"""

import asyncio
import json
import random
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

REQUEST_SECONDS = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
BUSY = {502, 503, 504}


class Refused(Exception):
    """A service refused what an actor asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: Any

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in BUSY or b"retry-after" in self.headers


class Web:
    """Requests to one service, `connections` at a time. Every request must be safe to repeat."""

    def __init__(self, url: str, *, connections: int) -> None:
        parts = urlsplit(url)
        self._place = (str(parts.hostname), int(parts.port or 80))
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._free = asyncio.Semaphore(connections)
        self.requests = 0
        self.repeats: Counter[str] = Counter()
        """Requests that had to be asked again, by the reason."""

    async def ask(
        self, method: str, path: str, *, show: str = "", key: str = "", body: Any = None, done: str = ""
    ) -> Any:
        """The answer's JSON; None for a refusal with the code `done`: an earlier attempt arrived.

        `show` is the bearer token, `key` the Idempotency-Key. Raises Refused.
        """
        request = self._request(method, path, show, key, body)
        pause = FIRST_PAUSE
        while True:
            try:
                answer = await self._once(request)
            except (OSError, EOFError, TimeoutError) as error:
                reason = type(error).__name__
            else:
                if answer.status < 300:
                    return answer.body
                if done and answer.code == done:
                    return None
                if not answer.is_temporary:
                    raise Refused(f"{method} {path}: {answer.status} {answer.code}")
                reason = f"{answer.status} {answer.code}"
            self.repeats[reason] += 1
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads the repeats
            pause = min(2 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            self._idle.pop()[1].close()

    def _request(self, method: str, path: str, show: str, key: str, body: Any) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._place[0]}:{self._place[1]}"]
        lines += [f"Authorization: Bearer {show}"] * bool(show) + [f"Idempotency-Key: {key}"] * bool(key)
        if content:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*lines, "", ""]).encode() + content

    async def _once(self, request: bytes) -> Answer:
        self.requests += 1
        async with self._free, asyncio.timeout(REQUEST_SECONDS):
            reader, writer = await self._connection()
            try:
                writer.write(request)
                answer = await _read(reader)
            except BaseException:
                writer.close()
                raise
            if answer.headers.get(b"connection", b"").lower() == b"close":
                writer.close()
            else:
                self._idle.append((reader, writer))
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._place)


async def _read(reader: asyncio.StreamReader) -> Answer:
    """Read one answer. Raises EOFError when the connection ended before; Content-Length is always there."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    content = await reader.readexactly(int(headers[b"content-length"]))
    body = None
    with suppress(ValueError):
        body = json.loads(content)
    return Answer(int(status.split(b" ", 2)[1]), headers, body)
