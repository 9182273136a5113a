"""The smallest service: counts. Tests of the chassis start it as a process of its own."""

import asyncio
import os
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from pydantic_settings import SettingsConfigDict

from services.chassis.app import App
from services.chassis.command_line import main
from services.chassis.commands import Commands
from services.chassis.decider import Decider, Decision, Given, Message, State
from services.chassis.definition import Definition
from services.chassis.http import CommandsDep
from services.chassis.keys import Caller, needs
from services.chassis.settings import ServiceSettings

log = structlog.get_logger()
router = APIRouter()


class ProbeSettings(ServiceSettings):
    """The settings of the probe."""

    model_config = SettingsConfigDict(env_prefix="CHASSIS_")


class Count(Message):
    """One more."""


class Counter(State):
    """How many there were."""

    count: int = 0


class Counted(BaseModel):
    """The answer to Count."""

    count: int


def count(state: Counter | None, _more: Count, _given: Given) -> Decision[Counter]:
    """Count one more."""
    new = Counter(count=1 + (state.count if state else 0))
    return Decision(new, reply=Counted(count=new.count))


@router.post("/counters/{counter}")
async def more(counter: UUID, commands: CommandsDep) -> Counted:
    """Count one more."""
    outcome = await commands.send(counter, Count())
    return Counted.model_validate_json(outcome.reply or "")


@router.get("/staff")
async def staff(caller: Annotated[Caller, Depends(needs("counters:read"))]) -> str:
    """Say who is there."""
    return caller.holder


@router.get("/slow")
async def slow(seconds: float) -> str:
    """Take some time."""
    log.info("slow request began")
    await asyncio.sleep(seconds)
    return "done"


def build_app(settings: ProbeSettings) -> App:
    """Build the probe."""
    definition = Definition(
        name="chassis",
        deciders=(Decider("counter", Counter, {Count: count}),),
        reads=tuple(os.environ.get("PROBE_READS", "").split()),
    )
    return App(definition, settings, [router], title="Probe")


async def _die(self: Commands) -> None:
    await asyncio.sleep(0.5)
    raise KeyError("a bug")


if __name__ == "__main__":
    if os.environ.get("PROBE_DIES"):
        Commands._work = _die  # type: ignore[method-assign]
    main("chassis", ProbeSettings, build_app)
