"""Releases side by side, and a source that comes back from a backup."""

import asyncio
import subprocess
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.routing import PromiseKept
from ciclo_schemas.warranty import ItemReceived
from deploy.embedded.postgres import _programs
from services.chassis.consumer import Consumer
from services.chassis.database import create_pool
from services.chassis.dead_letters import DeadLetters, Who
from services.chassis.decider import Decider, Decision, Given, Origin, State
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input
from services.chassis.lanes import Lanes
from services.chassis.operator_commands import epoch
from services.chassis.publisher import Publisher
from services.chassis.relay import Relay
from services.chassis.sweeper import Sweeper
from tests.drills.chassis_ground import chassis_ground, consuming
from tests.drills.contents import Content, Place, Wrong, expect
from tests.drills.report import Result
from tests.support.databases import fresh_database, in_database
from tests.support.engine_world import subject
from tests.support.logged import logged
from tests.support.replica import DEFINITION, OWN, Note, intake_says, record, routing_says, topics

WHO = Who("drill", "restored from a backup")
PATIENCE_S = 60.0


class Old(State):
    """The state as release N-1 knows it."""

    words: tuple[str, ...] = ()


class New(Old):
    """As release N knows it: with a field more, in a new version."""

    moods: int = 0


def _old(state: Old | None, told: CaseInformationReceived, _given: Given) -> Decision[Old]:
    state = state or Old()
    return Decision(state.model_copy(update={"words": (*state.words, told.facts.purchase_ref or "")}))


def _new(state: New | None, told: CaseInformationReceived | PromiseKept, _given: Given) -> Decision[New]:
    """Release N counts moods, and hears promises, of which N-1 knows nothing."""
    state = state or New()
    word = f"routing-{told.promise_no}" if isinstance(told, PromiseKept) else told.facts.purchase_ref or ""
    return Decision(state.model_copy(update={"words": (*state.words, word), "moods": state.moods + 1}))


def _release(decider: Decider[Any]) -> Definition:
    return Definition(name="warranty", deciders=(decider,), reads=("ciclo.cases.v1", "ciclo.routing.v1"))


N_1 = _release(Decider("heard", Old, {CaseInformationReceived: _old}))
N = _release(Decider("heard", New, {CaseInformationReceived: _new, PromiseKept: _new}))
N_2 = _release(
    Decider(
        "heard",
        New,
        {CaseInformationReceived: _new, PromiseKept: _new},
        state_version=2,
        upcasters={0: lambda state: state, 1: lambda state: state},
    )
)


async def mixed_versions(drill: Place, result: Result) -> None:
    """N-1 joins the group of N; once N adds a field, once its states have a version that N-1 cannot read."""
    cases = 40 if drill.quick else 150
    with logged():
        async with chassis_ground(drill) as place:
            pool = place.world.pool
            for new in (N, N_2):
                first = 1 if new is N else 1_001
                numbers = range(first, first + cases)
                told = [record(n, "intake", s, intake_says(s)) for s in range(1, 7) for n in numbers]
                known = 2 * cases
                async with consuming(place, Engine(pool, new), new), AsyncExitStack() as old:
                    await place.send(*told[:known])
                    await place.has_committed_everything()
                    await old.enter_async_context(consuming(place, Engine(pool, N_1), N_1))
                    await place.send(*told[known:])
                    await place.has_committed_everything()
                    result.faults += await place.world.count("parked")
                    await old.aclose()  # N-1 is gone; what waited for a newer reader is swept by N
                    async with _sweeping(place.url, pool, new):
                        await _until_nothing_waits(pool)
                    promises = [record(n, "routing", 1, routing_says(1), {"intake": 6}) for n in numbers]
                    await place.send(*promises)
                    await place.has_committed_everything()
                await _all_heard(pool, numbers)
                result.events += len(told) + cases
            expect("dead letters", 0, await place.world.count("dead_letters"))
            result.notes.append(f"{result.faults} inputs waited for a replica that could read the new state")
            if not result.faults:
                raise Wrong("no input met a state that its release could not read: nothing was tried")


async def _all_heard(pool: asyncpg.Pool, numbers: Sequence[int]) -> None:
    rows = await pool.fetch("SELECT state FROM aggregates WHERE id = ANY($1)", [subject(n) for n in numbers])
    expect("cases", len(numbers), len(rows))
    for row in rows:
        state = New.model_validate_json(row["state"])
        expect("words", (*(f"intake-{n}" for n in range(1, 7)), "routing-1"), state.words)
        if not 3 <= state.moods <= 7:  # two at first, and the promise
            raise Wrong(f"a field that release N wrote was lost: {state.moods}")


@asynccontextmanager
async def _sweeping(url: str, pool: asyncpg.Pool, definition: Definition) -> AsyncIterator[None]:
    engine = Engine(pool, definition)
    await engine.start()
    lanes = Lanes(url, definition.name)
    sweeper = Sweeper(engine, lanes)
    for part in (lanes, sweeper):
        await part.start()
    try:
        yield
    finally:
        await sweeper.stop(5)
        await lanes.stop(5)


async def _until_nothing_waits(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await pool.fetchval("SELECT count(*) FROM parked"):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.1)


def _hear(state: Old | None, told: ItemReceived, _given: Given) -> Decision[Old]:
    words = state.words if state else ()
    return Decision(Old(words=(*words, f"{told.remedy_no}")))


READER = Definition(
    name="routing", deciders=(Decider("heard", Old, {ItemReceived: _hear}),), reads=("ciclo.warranty.v1",)
)


class Source:
    """A service that notes what it is told by commands and publishes one event for each."""

    def __init__(self, url: str, kafka: str, prefix: str) -> None:
        self._url, self._kafka, self._prefix = url, kafka, prefix

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Source"]:
        """Its engine and its relay; at the end everything is published."""
        pool = await create_pool(self._url, "ciclo-drill")
        self.engine = Engine(pool, DEFINITION)
        await self.engine.start()
        lanes = Lanes(self._url, DEFINITION.name)
        relay = Relay(lanes, Publisher(self._kafka, prefix=self._prefix))
        await lanes.start()
        await relay.start()
        try:
            yield self
            async with asyncio.timeout(PATIENCE_S):
                while await pool.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(0.05)
        finally:
            await relay.stop(5)
            await lanes.stop(5)
            await pool.close()

    async def note(self, numbers: Sequence[int], word: str) -> None:
        """Tell it something about every case."""
        for number in numbers:
            note = Note(word=word)
            told = Input(subject(number), Origin.COMMAND, "Note", new_id(), note, note.model_dump_json())
            expect("a command", Fate.APPLIED, (await self.engine.apply([told]))[0].fate)


async def restored_source(drill: Place, result: Result) -> None:
    """Backup, more events, the database is lost and restored: the fork is noticed; a new epoch goes on."""
    cases = range(1, 9) if drill.quick else range(1, 31)
    kafka, admin = drill.servers.direct.kafka, drill.servers.direct.postgres
    prefix = "restored."
    with logged():
        async with (
            fresh_database(admin, "chassis") as first,
            fresh_database(admin, "chassis") as reading,
            topics(kafka, prefix, {OWN: 3}),
        ):
            pool = await create_pool(reading, "ciclo-drill")
            reader = Engine(pool, READER)
            await reader.start()
            consumer = Consumer(reader, READER, kafka=kafka, prefix=prefix)
            await consumer.start()
            try:
                async with Source(first, kafka, prefix).running() as source:
                    await source.note(cases, "before the backup")
                    await source.note(cases, "before the backup")
                    backup = await _dump(first, drill.directory)
                    await source.note(cases, "after the backup: lost by the source, known to the reader")
                async with _restored(admin, first, backup) as second:
                    source = Source(second, kafka, prefix)
                    async with source.running():
                        await source.note(cases, "the same number, another event")
                    await _until(
                        pool, "SELECT count(*) FROM dead_letters WHERE error = 'ForkedSource'", len(cases)
                    )
                    await _begin_an_epoch(second)
                    async with source.running():
                        await source.note(cases, "a new epoch")
                await _discard_all(pool, reader)
                await _until(
                    pool, "SELECT count(*) FROM aggregates WHERE watermarks ? 'warranty@2'", len(cases)
                )
                for row in await pool.fetch("SELECT state FROM aggregates"):
                    # 4 is the new epoch's: what the source forgot of 3 stays heard, once.
                    expect("words", ("1", "2", "3", "4"), Old.model_validate_json(row["state"]).words)
                expect("what waits", 0, await pool.fetchval("SELECT count(*) FROM parked"))
            finally:
                await consumer.stop()
                await pool.close()
    result.faults, result.events = 1, len(cases) * 5
    result.notes.append(f"{len(cases)} forks noticed, one for each case; then epoch 2 was applied")


async def _until(pool: asyncpg.Pool, question: str, wanted: int) -> None:
    found = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (found := await pool.fetchval(question)) < wanted:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Wrong(f"{question}: {found} of {wanted}") from None


async def _dump(url: str, directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a moment
    backup = directory / "backup.dump"
    await _tool("pg_dump", "--format=custom", f"--file={backup}", f"--dbname={url}")
    return backup


@asynccontextmanager
async def _restored(admin_url: str, lost: str, backup: Path) -> AsyncIterator[str]:
    """The URL of a database made from the backup, dropped at the end."""
    name = lost.rpartition("/")[2] + "_restored"
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        url = in_database(admin_url, name)
        await _tool("pg_restore", "--no-owner", f"--dbname={url}", str(backup))
        yield url
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)', timeout=60)
    finally:
        await admin.close()


async def _tool(name: str, *arguments: str) -> None:
    command = [str(_programs() / name), *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    expect(f"{name} ({done.stderr.strip()[-300:]})", 0, done.returncode)


async def _begin_an_epoch(url: str) -> None:
    asked = Namespace(next=True, by="drill", reason="restored from a backup")
    with redirect_stdout(StringIO()):
        expect("the epoch command", 0, await epoch(DEFINITION, url, asked))


async def _discard_all(pool: asyncpg.Pool, reader: Engine) -> None:
    letters = DeadLetters(pool, reader)
    for row in await pool.fetch("SELECT id FROM dead_letters ORDER BY id"):
        await letters.discard(row["id"], WHO)


MIXED = Content(
    "mixed-versions",
    "releases N-1 and N in one group: no field is lost, nobody is declined for ever",
    mixed_versions,
)
RESTORED = Content(
    "restored-source",
    "a source's database is restored from a backup: the fork is noticed, a new epoch goes on",
    restored_source,
)
