"""The story of a case as a page, for staff and operators: opened by a signed link, changed by nothing."""

from fastapi import APIRouter, Request, Response

from services.chassis.clock import utc_now
from services.chassis.http import PoolDep
from services.chassis.visitors import recognise
from services.intake import views
from services.intake.routes.door import DoorDep
from services.intake.routes.links import STORIES, Stale
from services.intake.routes.page.render import reader_language
from services.intake.routes.page.route import CannotShow, PageRoute, PagesDep
from services.intake.routes.story.showing import shown

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(STORIES.path + "{token}")
async def read_story(token: str, request: Request, pages: PagesDep, pool: PoolDep, door: DoorDep) -> Response:
    """Legs, waits, promises. Raises CannotShow 410 for an expired link, 404 for one that opens nothing."""
    case_id = door.story_links.read(token, utc_now())
    if isinstance(case_id, Stale):
        expired = case_id is Stale.EXPIRED
        raise CannotShow("story_expired" if expired else "story_invalid", 410 if expired else 404)
    recognise(request, f"story/{case_id}")
    view = await views.case_with_timeline(pool, case_id)
    if view is None:
        raise CannotShow("story_invalid", 404)
    language = reader_language(request)
    values = {"here": f"{STORIES.path}{token}"} | shown(view, utc_now(), request.state.trace_url, language)
    return pages.page("story", language, values)
