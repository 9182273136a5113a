"""Routing's doors for the people of the house and their tools.

Every door needs an API key with a scope. Whoever does something does it as himself: the person is the holder
of the key. Commands answer with the case as it then stands, its ETag and its Case-Clock; sent back as
If-Match and If-Case-Clock, they keep a decision from resting on a stale picture.
"""

from fastapi import APIRouter, Depends, Response

from services.routing.routes import cases, first_line, queues, specialists


def _kept_by_no_cache(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/v1", tags=["routing"], dependencies=[Depends(_kept_by_no_cache)])
for _part in (queues, cases, first_line, specialists):
    router.include_router(_part.router)
