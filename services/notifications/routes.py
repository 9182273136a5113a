"""The HTTP doors of notifications: what a customer was told, and what mail providers report about it."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ciclo_schemas.values import Code
from services.chassis.given import GivenMoment
from services.chassis.http import CommandsDep, PoolDep, Problem
from services.chassis.keys import needs
from services.notifications import views
from services.notifications.domain.message import Arrival, ReportDelivery


class Scope(StrEnum):
    """What an API key can open here."""

    READ = "messages:read"
    REPORT = "deliveries:report"


def _left_part(header: str) -> str:
    text = header.strip("<>").partition("@")[0]
    return str(UUID(text))


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


class DeliveryReport(BaseModel):
    """What became of one mail after the mail server took it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "message_id": "<0b1f2d6e-6a9c-5d0e-9f57-0f6f2f1c1b2a@ciclo.example>",
                    "kind": "bounced",
                    "at": "2026-11-24T09:15:00Z",
                    "reason": "mailbox_full",
                }
            ]
        },
    )

    message_id: Annotated[str, AfterValidator(_left_part)] = Field(
        max_length=200,
        description="The mail's Message-ID, as it stands in its header",
        json_schema_extra={"pattern": r"^<?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(@[a-z0-9.-]+)?>?$"},
    )
    kind: Arrival
    at: GivenMoment = Field(description="When it arrived or came back")
    reason: Code | None = Field(None, description="The provider's code for why it came back")


@router.post(
    "/delivery-reports",
    status_code=204,
    summary="A mail provider reports that a mail arrived or came back",
    dependencies=[Depends(needs(Scope.REPORT))],
)
async def report_delivery(report: DeliveryReport, pool: PoolDep, commands: CommandsDep) -> None:
    """Each report counts once; 404 for a mail that is none of ours, 409 when it came too early: repeat it."""
    number = UUID(report.message_id)
    case_id = await views.case_of_message(pool, number)
    if case_id is None:
        raise Problem(404, "unknown_message", "no message has this id")
    told = ReportDelivery(message_id=number, kind=report.kind, at=report.at, reason=report.reason)
    await commands.send(case_id, told)
