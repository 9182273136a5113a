"""The doors to hold a model or lot back, to set it free again, and to see what is held back."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response, status

from ciclo_schemas.values import Code, Identifier
from services.chassis.decider import Message
from services.chassis.http import CommandsDep, PoolDep
from services.chassis.ids import derived_id
from services.chassis.keys import needs
from services.warranty import views
from services.warranty.domain.containment import ContainmentDetails, LiftContainment, StartContainment
from services.warranty.domain.records import Containment
from services.warranty.routes.scopes import Scope

router = APIRouter(prefix="/containments")
EXAMPLE = {"model": "brisa-fryer-4", "lot": "L-2026-07", "cause": "overheats", "advice": "stop_using"}


class Lifting(Message):
    """Why the model or lot is free again."""

    reason: Code


@router.put("/{containment}", dependencies=[Depends(needs(Scope.WRITE_CONTAINMENTS))])
async def start_containment(
    containment: Identifier,
    details: Annotated[ContainmentDetails, Body(examples=[EXAMPLE])],
    commands: CommandsDep,
) -> StartContainment:
    """Hold a model or lot back: every open case about it is told, and every one that comes up later.

    Idempotent. 409 `already_started` with another content, `already_lifted`.
    """
    command = StartContainment(id=containment, **details.model_dump())
    await commands.send(derived_id("containment", containment), command)
    return command


@router.post(
    "/{containment}/lifting",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(needs(Scope.WRITE_CONTAINMENTS))],
)
async def lift_containment(
    containment: Identifier,
    lifting: Annotated[Lifting, Body(examples=[{"reason": "checked_safe"}])],
    commands: CommandsDep,
) -> Response:
    """Set the model or lot free; the same again is no error.

    404 `unknown_containment`; 409 `already_lifted` for another reason.
    """
    command = LiftContainment(id=containment, reason=lifting.reason)
    await commands.send(derived_id("containment", containment), command)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("", dependencies=[Depends(needs(Scope.READ_CASES))])
async def list_containments(pool: PoolDep) -> list[Containment]:
    """What is held back, and what was: the newest 200, those in force first."""
    return await views.containments(pool)
