"""Who may come in: API keys with scopes, shown as `Authorization: Bearer ck_<id>_<secret>`.

A route says what it needs, and is told who calls: `caller: Annotated[Caller, Depends(needs("units:write"))]`.
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import asyncpg
from fastapi import APIRouter, FastAPI, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.chassis.clock import seconds
from services.chassis.key_store import ApiKey, current_key, digest_of, parts_of
from services.chassis.problems import Problem
from services.chassis.visitors import recognise

SCHEME = "ApiKey"
BELIEVED_S = 5.0
"""How long a key is believed to be valid before the database is asked again: revoking it takes so long."""
MAX_BELIEVED = 10_000

_bearer = HTTPBearer(
    auto_error=False, scheme_name=SCHEME, description="An API key; the scopes named here are those it needs"
)
Credentials = HTTPAuthorizationCredentials | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who showed a valid key: `agent/<staff no>`, `system/<publisher>` or `service/<name>`."""

    holder: str
    scopes: frozenset[str]

    @property
    def person(self) -> str | None:
        """The staff number, if the caller is a person."""
        return self._named("agent")

    @property
    def system(self) -> str | None:
        """The publisher's name, if the caller is a system outside."""
        return self._named("system")

    def need(self, scope: str) -> None:
        """Raise Problem 403 `not_allowed` unless the key has this scope."""
        if scope not in self.scopes:
            raise Problem(403, "not_allowed", f"the key lacks the scope {scope}")

    def need_publisher(self, publisher: str) -> None:
        """Raise Problem 403 `not_the_publisher` unless the caller is this system: each writes as itself."""
        if self.system != publisher:
            raise Problem(403, "not_the_publisher", "a system writes only under its own name")

    def _named(self, kind: str) -> str | None:
        of_kind, _, name = self.holder.partition("/")
        return name if of_kind == kind else None


class KeyRing:
    """Tells whose key was shown. Asks the database, and believes its answer for `BELIEVED_S` seconds."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._believed: dict[str, tuple[float, ApiKey]] = {}

    async def caller(self, shown: str) -> Caller | None:
        """The holder of this key; None if it is malformed, unknown, revoked or expired."""
        parts = parts_of(shown)
        if parts is None:
            return None
        number, secret = parts
        key = await self._current(number)
        # Compared even when there is none, so that an unknown id takes no less than a wrong secret.
        right = hmac.compare_digest(digest_of(secret), bytes(32) if key is None else key.digest)
        return Caller(key.holder, key.scopes) if key is not None and right else None

    async def _current(self, number: str) -> ApiKey | None:
        until, believed = self._believed.get(number, (0.0, None))
        if believed is not None and seconds() < until:
            return believed
        self._believed.pop(number, None)
        key = await current_key(self._pool, number)
        if key is not None:
            if len(self._believed) >= MAX_BELIEVED:
                self._believed.pop(next(iter(self._believed)))
            self._believed[number] = (seconds() + BELIEVED_S, key)
        return key


async def identified(request: Request, credentials: Credentials) -> Caller:
    """The caller by the key shown. Raises Problem 401 `not_authorized`, or 429 as `recognise`."""
    ring: KeyRing = request.app.state.keys
    caller = None if credentials is None else await ring.caller(credentials.credentials)
    if caller is None:
        raise Problem(
            401, "not_authorized", "a valid API key is needed", headers={"WWW-Authenticate": "Bearer"}
        )
    recognise(request, caller.holder)
    return caller


def needs(scope: str) -> Callable[..., Awaitable[Caller]]:
    """Make the dependency that lets only keys with this scope (`cases:work`) pass, and tells whose it is.

    Raises Problem 401 `not_authorized` without a valid key, 403 `not_allowed` when it lacks the scope.
    """

    async def caller(
        request: Request, credentials: Annotated[Credentials, Security(_bearer, scopes=[scope])]
    ) -> Caller:
        found = await identified(request, credentials)
        found.need(scope)
        return found

    return caller


def person(scope: str) -> Callable[..., Awaitable[str]]:
    """Make the dependency of what only a person does, as himself: his staff number.

    Raises as `needs`, and Problem 403 `not_a_person` for the key of a system or service.
    """

    async def staff_no(
        request: Request, credentials: Annotated[Credentials, Security(_bearer, scopes=[scope])]
    ) -> str:
        found = await identified(request, credentials)
        found.need(scope)
        if found.person is None:
            raise Problem(403, "not_a_person", "only a person does this, with a key of his own")
        return found.person

    return staff_no


def if_shown(scope: str) -> Callable[..., Awaitable[Caller | None]]:
    """Make the dependency of a door that is open to everybody, and opens wider to keys with this scope.

    None without a key; raises as `needs` for a key that is invalid or lacks the scope.
    """

    async def caller(
        request: Request, credentials: Annotated[Credentials, Security(_bearer, scopes=[scope])]
    ) -> Caller | None:
        if credentials is None:
            return None
        found = await identified(request, credentials)
        found.need(scope)
        return found

    return caller


def scopes_of(routers: Sequence[APIRouter]) -> frozenset[str]:
    """Every scope that some route needs, as the API's description says."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    return frozenset(
        scope
        for path in app.openapi().get("paths", {}).values()
        for operation in path.values()
        for requirement in operation.get("security", ())
        for scope in requirement.get(SCHEME, ())
    )
