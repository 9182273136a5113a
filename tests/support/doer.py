"""A service that does everything a service can do, started as a process by tests of crash points.

Each subject that is told to go (by a command or an event of intake) sets a timer, owes an effect, begins a
fan-out to itself, and publishes; each of these comes back and is noted once.
"""

import asyncio
import os
from collections.abc import Sequence
from uuid import UUID

from pydantic_settings import SettingsConfigDict

from ciclo_schemas.cases import CaseHumanRequested
from ciclo_schemas.warranty import ItemReceived, Place
from services.chassis import consumer as consumer_module
from services.chassis.app import App
from services.chassis.decider import Decider, Decision, Effect, FanOut, Given, Message, State, Timer
from services.chassis.definition import Connection, Definition, EffectCall
from services.chassis.logs import configure
from services.chassis.settings import ServiceSettings


class DoerSettings(ServiceSettings):
    """The settings of the doer."""

    model_config = SettingsConfigDict(env_prefix="DOER_")


class Go(Message):
    """The command."""


class Ring(Message):
    """A timer."""


class Call(Message):
    """An effect."""


class Called(Message):
    """Its result."""


class Tell(Message):
    """A fan-out."""

    subject: UUID


class Noted(State):
    """What came back, in its order."""

    words: tuple[str, ...] = ()


def _noted(state: Noted | None, word: str, given: Given) -> tuple[Noted, tuple[ItemReceived, ...]]:
    words = (*(state.words if state else ()), word)
    event = ItemReceived(remedy_no=len(words), at=Place.WORKSHOP, received_at=given.now)
    return Noted(words=words), (event,)


def go(state: Noted | None, _data: Go | CaseHumanRequested, given: Given) -> Decision[Noted]:
    """Begin everything."""
    new, events = _noted(state, "go", given)
    return Decision(
        new,
        events=events,
        effects=(Effect(Call()),),
        timers=(Timer(given.now, Ring()),),
        fan_outs=(FanOut(Tell(subject=given.subject)),),
    )


def note(state: Noted | None, data: Message, given: Given) -> Decision[Noted]:
    """Note what came back."""
    new, events = _noted(state, type(data).__name__, given)
    return Decision(new, events=events)


class Caller:
    """Makes the calls."""

    data: type[Message] = Call
    batch = 10
    attempts: int | None = None

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Message]:
        """Answer at once."""
        return [Called() for _ in calls]

    async def close(self) -> None:
        """Nothing is kept."""

    def give_up(self, call: EffectCall, reason: str) -> Message:
        """Never happens: there is no limit."""
        raise NotImplementedError(call.key, reason)


async def itself(_connection: Connection, data: Tell, after: UUID | None, _limit: int) -> list[UUID]:
    """The subject that began the fan-out."""
    return [] if after is not None else [data.subject]


DEFINITION = Definition(
    name="chassis",
    deciders=(
        Decider("doer", Noted, {Go: go, CaseHumanRequested: go, Ring: note, Called: note, Tell: note}),
    ),
    reads=("ciclo.cases.v1",),
    runners=(Caller(),),
    targets={Tell: itself},
)


async def run() -> int:
    """Run until SIGTERM, or until the crash point."""
    settings = DoerSettings()
    app = App(DEFINITION, settings, topic_prefix=os.environ["DOER_PREFIX"])
    return await app.run()


if __name__ == "__main__":
    configure("doer", "INFO")
    consumer_module.SESSION_MILLISECONDS = 2_000
    raise SystemExit(asyncio.run(run()))
