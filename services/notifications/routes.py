"""The HTTP door of notifications, for staff tools: what a customer was told."""

from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.chassis.http import PoolDep
from services.chassis.keys import needs
from services.notifications import views


class Scope(StrEnum):
    """What an API key can open here."""

    READ = "messages:read"


router = APIRouter(prefix="/v1", tags=["notifications"])


class Messages(BaseModel):
    """The messages of one case, oldest first; empty for a case that nobody was told about."""

    messages: list[views.MessageOfCase]


@router.get(
    "/cases/{case_id}/messages",
    summary="What the customer of a case was told",
    dependencies=[Depends(needs(Scope.READ))],
)
async def messages_of_case(case_id: UUID, pool: PoolDep) -> Messages:
    """Every message with the event it tells about and what became of it; no words, no address."""
    return Messages(messages=await views.messages_of_case(pool, case_id))
