"""Around every request: its trace, limits of size, time and number, and an answer whatever happens."""

import asyncio
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis import counting
from services.chassis.database import is_transient
from services.chassis.problems import FRAMEWORK, Problem, problem, unavailable
from services.chassis.route_names import template_of
from services.chassis.telemetry.context import trace_of
from services.chassis.telemetry.exporting import OFF, Tracing
from services.chassis.telemetry.requests import Served, serving
from services.chassis.visitors import Visitors

MAX_BODY_BYTES = 64 * 1024
TIME_LIMIT_S = 15.0
LARGE_TAKES = 8
"""How many times as long a large body may take: two minutes, for a photo over a slow telephone line."""
MAX_AT_ONCE = 1000
MAX_LARGE_AT_ONCE = 20

log = structlog.get_logger()


class Guard:
    """ASGI middleware of the public API.

    413 for a body of more than `max_body` bytes, counted as it streams; 503 after `time_limit` seconds, at
    more than `at_once` requests, and when the database is away; 429 for an address that asks too often; 500
    without details for anything else.
    `body_limits` allows larger bodies, and more time, at paths that end so, to 20 requests at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body: int = MAX_BODY_BYTES,
        time_limit: float = TIME_LIMIT_S,
        at_once: int = MAX_AT_ONCE,
        body_limits: Mapping[str, int] | None = None,
        visitors: Visitors | None = None,
        tracing: Tracing = OFF,
    ) -> None:
        self._app = app
        self._tracing = tracing
        self._max_body = max_body
        self._time_limit = time_limit
        self._at_once = at_once
        self._running = 0
        self._large = dict(body_limits or {})
        self._running_large = 0
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        large = next((size for end, size in self._large.items() if scope["path"].endswith(end)), 0)
        with (
            serving(self._tracing, scope) as served,
            counting.answering(scope, served, is_told=self._tracing.records(served.traceparent)),
        ):
            exchange = _Exchange(receive, send, large or self._max_body, served)
            with structlog.contextvars.bound_contextvars(**trace_of(served.traceparent)):
                why_not = await self._answer(scope, exchange, large=bool(large))
            if why_not is not None:
                await why_not.response()(scope, receive, exchange.send)

    async def _answer(self, scope: Scope, exchange: "_Exchange", *, large: bool) -> Problem | None:
        """Run the request; what went wrong is returned as long as it can still be answered."""
        if self._running >= self._at_once or (large and self._running_large >= MAX_LARGE_AT_ONCE):
            return unavailable("too_busy", "too many requests are running")
        if self._visitors is not None and (refused := self._visitors.admit(scope)) is not None:
            return refused
        self._running += 1
        self._running_large += large
        limit = asyncio.timeout(self._time_limit * (LARGE_TAKES if large else 1))
        try:
            if exchange.announces_too_much(scope):
                return problem(413, *FRAMEWORK[413])
            async with limit:
                await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if exchange.answering:
                raise
            # Only the server cancels a request: when it stops, at the end of its patience.
            return unavailable("not_accepting", "the service is stopping; please repeat the request")
        except Exception as error:
            if exchange.answering:
                raise
            return self._explain(scope, error, late=limit.expired())
        finally:
            self._running -= 1
            self._running_large -= large
        return None

    def _explain(self, scope: Scope, error: Exception, *, late: bool) -> Problem:
        if isinstance(error, Problem):
            return error
        where = {"method": scope["method"], "route": template_of(scope) or ""}
        if late:
            log.warning("request took too long", **where)
            return unavailable("not_in_time", "the request took too long; please repeat it")
        if is_transient(error):
            log.warning("request failed: database", error=type(error).__name__, **where)
            return unavailable("database_unavailable", "the service cannot reach its database")
        log.error("request failed", exc_info=error, **where)
        return problem(500, "internal", "the request failed; the failure was recorded")


class _Exchange:
    """One request's messages, its body counted and the beginning of its answer noticed."""

    def __init__(self, receive: Receive, send: Send, max_body: int, served: Served) -> None:
        self._served = served
        self._receive = receive
        self._send = send
        self._left = max_body
        self.answering = False

    def announces_too_much(self, scope: Scope) -> bool:
        announced = Headers(scope=scope).get("content-length", "")
        return announced.isdecimal() and int(announced) > self._left

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                # FastAPI would turn any other exception, met while it reads a body, into a 400.
                raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        self.answering = True
        if message["type"] == "http.response.start":
            self._served.status = message["status"]
        await self._send(message)
