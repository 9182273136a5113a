"""The services' HTTP doors as outsiders use them: asked again while a service is away or behind."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from demo.processes import Services

AGAIN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
PAUSE_SECONDS = 0.2
THINKING_SECONDS = 0.8
"""How long people and parcels take in the demo, so that one can watch."""


class DoorClosed(Exception):
    """A service refused what an outsider asked; the message says which, and why."""


class Doors:
    """Every request is safe to repeat, and is repeated until there is an answer: stories have time limits."""

    def __init__(self, services: Services, client: httpx.AsyncClient) -> None:
        self._services = services
        self._client = client

    async def key(self, service: str, holder: str, *scopes: str) -> dict[str, str]:
        """What a person of the house or another system shows at the doors of a service."""
        return {"Authorization": f"Bearer {await self._services.key(service, holder, *scopes)}"}

    async def ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        show: Mapping[str, str],
        body: Any = None,
        done: tuple[str, ...] = (),
        not_yet: tuple[str, ...] = (),
    ) -> Any:
        """The answer's JSON. A refusal with a code in `done` says that an earlier attempt arrived: None.

        One with a code in `not_yet` is asked again, as are those with Retry-After. Raises DoorClosed.
        """
        url = self._services[service].url + path
        while True:
            try:
                answer = await self._client.request(method, url, json=body, headers=dict(show))
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            code = _code(answer)
            if code in done:
                return None
            if answer.status_code in AGAIN or "Retry-After" in answer.headers or code in not_yet:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            raise DoorClosed(f"{method} {service}{path}: {answer.status_code} {code}: {answer.text[:300]}")

    async def page(self, address: str) -> str:
        """A page as a browser gets it. Raises DoorClosed."""
        return (await self._browse("GET", address, None)).text

    async def submit(self, address: str, fields: Mapping[str, str]) -> None:
        """Submit a form as a browser does. Raises DoorClosed."""
        await self._browse("POST", address, fields)

    async def _browse(self, method: str, address: str, fields: Mapping[str, str] | None) -> httpx.Response:
        while True:
            try:
                answer = await self._client.request(method, address, data=fields)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.is_success or answer.is_redirect:
                return answer
            if answer.status_code not in AGAIN and "Retry-After" not in answer.headers:
                # The address is a credential: it is not repeated.
                raise DoorClosed(f"{method} the customer's page: {answer.status_code}")
            await asyncio.sleep(PAUSE_SECONDS)


async def seen(
    look: Callable[[], Awaitable[dict[str, Any]]], until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Look again and again until it is as hoped; returns what was seen then."""
    while not until(view := await look()):  # noqa: ASYNC110 - doors do not call their visitors
        await asyncio.sleep(PAUSE_SECONDS)
    return view


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return ""
