"""How every route of the page behaves: whatever goes wrong, a person reads a page that says what to do."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.chassis.clock import utc_now
from services.chassis.database import is_transient
from services.chassis.http import Problem
from services.chassis.visitors import recognise
from services.intake.routes.door import DoorDep
from services.intake.routes.links import Stale
from services.intake.routes.page.render import Pages

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_KINDS = {400: "malformed", 413: "too_large", 429: "unavailable", 503: "unavailable"}


class CannotShow(Exception):
    """There is no page to show but one that says why: the phrases `problem_<kind>`."""

    def __init__(self, kind: str, status: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status


class PageRoute(APIRoute):
    """A route for browsers."""

    def get_route_handler(self) -> _Handler:
        """The route's handler, its failures answered as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except CannotShow as why:
                return _pages(request).problem(why.kind, why.status, request)
            except RequestValidationError:
                return _pages(request).problem("not_found", 404, request)
            except HTTPException as error:
                return _failed(request, error.status_code)
            except Problem as error:
                return _failed(request, error.details.status)
            except Exception as error:
                if not is_transient(error):
                    raise
                return _failed(request, 503)

        return answer


def _failed(request: Request, status: int) -> Response:
    return _pages(request).problem(_KINDS.get(status, "not_found"), status, request)


def _pages(request: Request) -> Pages:
    pages: Pages = request.state.pages
    return pages


async def _pages_of(request: Request) -> Pages:
    return _pages(request)


PagesDep = Annotated[Pages, Depends(_pages_of)]


async def _opened(token: str, request: Request, door: DoorDep) -> UUID:
    """The case that the link opens. Raises CannotShow 410 for an expired one, 404 for none."""
    case_id = door.links.read(token, utc_now())
    if isinstance(case_id, Stale):
        raise CannotShow(case_id.value, 410 if case_id is Stale.EXPIRED else 404)
    recognise(request, f"case/{case_id}")
    return case_id


OpenedDep = Annotated[UUID, Depends(_opened)]


async def from_here(request: Request, door: DoorDep) -> None:
    """Refuse (CannotShow 403) a form that another site sent: the link in it is not that site's to use.

    Browsers that do not say whence a form comes are let in: the link itself is what opens the case. An origin
    of "null" is our own pages' too, because they keep their address to themselves (Referrer-Policy).
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "null")
    ours = {urlsplit(door.public_url).netloc, request.headers.get("Host")}
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin != "null" and urlsplit(origin).netloc not in ours
    if foreign:
        raise CannotShow("foreign", 403)
