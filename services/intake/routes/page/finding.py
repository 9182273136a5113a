"""The way in for a customer who has his case number and tracking key, but no link at hand."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.chassis.clock import utc_now
from services.chassis.http import PoolDep
from services.intake import views
from services.intake.domain.reference import read_case_no
from services.intake.routes.door import DoorDep
from services.intake.routes.page.forms import typed
from services.intake.routes.page.render import HEADERS, Pages, chosen_language, reader_language
from services.intake.routes.page.route import CannotShow, PageRoute, PagesDep, from_here
from services.intake.routes.page.showing import Typed
from services.intake.routes.uploads import form_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_A_YEAR = "public, max-age=31536000, immutable"


@router.get("/")
async def ask(request: Request, pages: PagesDep) -> Response:
    """The form."""
    return _form(pages, request, Typed())


@router.post("/", dependencies=[Depends(from_here)])
async def find(request: Request, pages: PagesDep, pool: PoolDep, door: DoorDep) -> Response:
    """Case number and tracking key against a link; nobody learns which of the two was wrong."""
    async with form_of(request) as form:
        values = typed(form)
    case_no = read_case_no(values.get("case_no", ""))
    if case_no is None:
        return _form(pages, request, Typed("find", values, {"case_no": "error_case_no"}))
    case_id = await views.case_id_of(pool, case_no)
    if case_id is None or not door.opens(case_id, values.get("tracking_key", "").strip()):
        return _form(pages, request, Typed("find", values, {"tracking_key": "error_tracking_key"}))
    language = chosen_language(request)
    address = f"/c/{door.links.token(case_id, utc_now())}" + (f"?lang={language}" if language else "")
    return RedirectResponse(address, 303, headers=HEADERS)


@router.get("/{name}.css")
async def style(name: str, pages: PagesDep) -> Response:
    """How pages look; its address changes with it."""
    content = pages.styles.get(f"{name}.css")
    if content is None:
        raise CannotShow("not_found", 404)
    return Response(content, media_type="text/css", headers=HEADERS | {"Cache-Control": _A_YEAR})


@router.get("/icon.svg")
async def icon(pages: PagesDep) -> Response:
    """The mark in the browser's tab."""
    return Response(pages.icon, media_type="image/svg+xml", headers=HEADERS | {"Cache-Control": _A_YEAR})


def _form(pages: Pages, request: Request, sent: Typed) -> Response:
    chosen = chosen_language(request)
    values = {"here": "/", "query": f"?lang={chosen}" if chosen else "", "sent": sent}
    return pages.page("find", reader_language(request), values, status=422 if sent.errors else 200)
