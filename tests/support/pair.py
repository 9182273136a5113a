"""Two services that run in one process, and what can go wrong between them: intake speaks, warranty hears."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from pydantic_settings import SettingsConfigDict

from ciclo_schemas.cases import CaseInformationReceived
from services.chassis.app import App
from services.chassis.database import create_pool
from services.chassis.decider import Decider, Decision, Given, Message, Origin, State
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Input
from services.chassis.key_store import create_key
from services.chassis.settings import ServiceSettings
from tests.support.engine_world import information_of, subject
from tests.support.replica import CASES, OWN, topics

PARTITIONS = {CASES: 2, OWN: 2, "ciclo.rejections.v1": 1}


class PairSettings(ServiceSettings):
    """The settings of both."""

    model_config = SettingsConfigDict(env_prefix="PAIR_")


class Speak(Message):
    """The command to intake."""


class Heard(State):
    """The words, in their order."""

    words: tuple[str, ...] = ()


def speak(state: Heard | None, _command: Speak, _given: Given) -> Decision[Heard]:
    """Say the next word."""
    words = (*(state.words if state else ()), "said")
    return Decision(Heard(words=words), events=(information_of(f"word-{len(words)}"),))


def hear(state: Heard | None, event: CaseInformationReceived, _given: Given) -> Decision[Heard]:
    """Note a word."""
    return Decision(Heard(words=(*(state.words if state else ()), event.facts.purchase_ref or "")))


INTAKE = Definition("intake", (Decider("speaker", Heard, {Speak: speak}),))
WARRANTY = Definition(
    "warranty", (Decider("hearer", Heard, {CaseInformationReceived: hear}),), reads=(CASES,)
)


@dataclass
class Side:
    """One of the two: its database, its engine, and its app while it runs."""

    definition: Definition
    pool: asyncpg.Pool
    engine: Engine
    settings: PairSettings
    prefix: str
    app: App | None = None

    @property
    def admin(self) -> str:
        """Its admin URL."""
        assert self.app is not None
        return f"http://127.0.0.1:{self.app.admin_port}"

    async def start(self) -> None:
        """Run it."""
        self.app = App(self.definition, self.settings, topic_prefix=self.prefix)
        await self.app.start()

    async def stop(self) -> None:
        """End it, if it runs."""
        if self.app is not None:
            await self.app.stop()
        self.app = None

    async def key(self) -> str:
        """A key for asking it for events once more."""
        scope = "operations:reemit"
        return await create_key(self.pool, "service/reconcile", [scope], by="a test", known_scopes=[scope])


class Pair:
    """Both of them, and an operator who loses things."""

    def __init__(self, intake: Side, warranty: Side, prefix: str) -> None:
        self.intake, self.warranty, self.prefix = intake, warranty, prefix

    @property
    def admins(self) -> list[str]:
        """The admin URLs."""
        return [self.intake.admin, self.warranty.admin]

    async def say(self, *numbers: int) -> None:
        """Let intake say one more word about each of these subjects."""
        await self.intake.engine.apply(
            [Input(subject(n), Origin.COMMAND, "Speak", new_id(), Speak(), "{}") for n in numbers]
        )

    async def lose(self, number: int, sequences: Iterable[int]) -> None:
        """Lose events on their way: they leave the outbox, but reach no broker."""
        done = await self.intake.pool.execute(
            "DELETE FROM outbox USING events WHERE outbox.event = events.id AND events.aggregate = $1"
            " AND events.sequence = ANY($2)",
            subject(number),
            list(sequences),
        )
        assert done == f"DELETE {len(list(sequences))}"

    async def heard(self, number: int) -> list[str]:
        """What warranty has heard about a subject."""
        state = await self.warranty.pool.fetchval(
            "SELECT state FROM aggregates WHERE id = $1", subject(number)
        )
        return [] if state is None else list(Heard.model_validate_json(state).words)


@asynccontextmanager
async def pair(intake_url: str, warranty_url: str, kafka: str, prefix: str) -> AsyncIterator[Pair]:
    """Both sides, not running yet; stopped at the end."""
    sides = []
    async with topics(kafka, prefix, PARTITIONS):
        for definition, url in ((INTAKE, intake_url), (WARRANTY, warranty_url)):
            pool = await create_pool(url, "ciclo-test")
            engine = Engine(pool, definition)
            await engine.start()
            settings = PairSettings(database_url=url, kafka=kafka, http_port=0, admin_port=0)
            sides.append(Side(definition, pool, engine, settings, prefix))
        try:
            yield Pair(sides[0], sides[1], prefix)
        finally:
            for side in sides:
                await side.stop()
                await side.pool.close()
