"""Warranty's doors for staff and other systems. Every door needs an API key with a scope.

Whoever decides about a case does it as himself: the person is the holder of the key. The answers' ETag, sent
back as If-Match, keeps a decision from resting on a stale picture.
"""

from fastapi import APIRouter, Depends, Response

from services.warranty.routes import by_hand, cases, containments, registers
from services.warranty.routes.registers import unit_id

__all__ = ["router", "unit_id"]


def _kept_by_no_cache(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/v1", tags=["warranty"], dependencies=[Depends(_kept_by_no_cache)])
for _part in (registers, cases, by_hand, containments):
    router.include_router(_part.router)
