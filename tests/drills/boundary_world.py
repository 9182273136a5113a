"""Brings histories to real engines on a real database, and compares what is stored with what was told."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import asyncpg

from ciclo_schemas.cases import CaseInformationReceived
from ciclo_schemas.events import Event
from ciclo_schemas.warranty import ItemReceived, Place
from services.chassis import engine as engine_module
from services.chassis.breaker import Breaker
from services.chassis.crash_points import CrashPoint, crash_point
from services.chassis.database import create_pool
from services.chassis.dead_letters import DeadLetters, Selection, Who
from services.chassis.decider import Decider, Decision, Effect, Given, Lookup, Message
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input
from services.chassis.sweeper import _sweep
from tests.drills.boundary_histories import AGGREGATES, Batch, Fault, History, Told, What
from tests.drills.boundary_stored import stored_of
from tests.support.engine_world import CREATE, NOW, TABLES, Booking, Slot, event, information_of, subject
from tests.support.replica import Heard

MAX_SWEEPS = 200
WHO = Who("drill", "the release was repaired")
_DYING: ContextVar[CrashPoint | None] = ContextVar("dying", default=None)


class Died(ConnectionError):
    """The replica is dead; what it had not committed is rolled back."""


class Misapplied(AssertionError):
    """What is stored is not what was told; the message says where."""


class Call(Message):
    """An effect that is owed for every word."""

    word: str


def _die_at(point: CrashPoint) -> None:
    if _DYING.get() is point:
        raise Died(point)


def _hear(state: Heard | None, data: CaseInformationReceived, given: Given) -> Decision[Heard]:
    """Note the word, book it, publish how many there are; take of what is scarce."""
    word, _, name = _text(data).partition(".")
    words = (*(state.words if state else ()), word)
    rows: tuple[Any, ...] = (Booking(given.subject, len(words), word),)
    if "/" in name:
        slot = given.facts.one(Slot, name=name) or Slot(name, 0, None)
        rows = (*rows, Slot(name, slot.taken + 1, given.subject))
    return Decision(
        Heard(words=words),
        events=(ItemReceived(remedy_no=len(words), at=Place.WORKSHOP, received_at=given.now),),
        effects=(Effect(Call(word=word)),),
        rows=rows,
    )


def _needs(_state: Any, data: Any) -> list[Lookup]:
    """What `What.SCARCE` takes; of `What.LATE` nothing is known beforehand."""
    name = _text(data).partition(".")[2]
    return [Lookup.of(Slot, name=name)] if name.startswith("scarce") else []


def _hear_unless_poisoned(
    state: Heard | None, data: CaseInformationReceived, given: Given
) -> Decision[Heard]:
    if _text(data).endswith(".poison"):
        raise RuntimeError("told to fail")
    return _hear(state, data, given)


def _text(data: CaseInformationReceived) -> str:
    """The word, and what is taken after a dot."""
    return data.facts.purchase_ref or ""


def _definition(handler: Any) -> Definition:
    decider = Decider("heard", Heard, {CaseInformationReceived: handler}, needs=_needs)
    return Definition(
        name="warranty", deciders=(decider,), tables=TABLES, reads=("ciclo.cases.v1", "ciclo.routing.v1")
    )


class Boundary:
    """Two replicas of a release with a mistake, one of the repaired release, on one database."""

    def __init__(self, pool: asyncpg.Pool, engines: Sequence[Engine], repaired: Engine) -> None:
        self._pool, self._engines, self._repaired = pool, engines, repaired
        self._first = 1
        self.examples = self.inputs = self.deaths = self.parked = self.dead = 0

    @classmethod
    async def create(cls, url: str) -> "Boundary":
        """On a database with the chassis' migrations."""
        pool = await create_pool(url, "ciclo-drill")
        # Crashes are played, the server does not crash: nothing is gained from waiting for the disk.
        name = await pool.fetchval("SELECT current_database()")
        await pool.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        await pool.expire_connections()
        await pool.execute("DROP TABLE IF EXISTS slots, bookings")
        await pool.execute(CREATE)
        await pool.execute("UPDATE clock_shift SET frozen = $1", NOW)
        engines = [Engine(pool, _definition(_hear_unless_poisoned)) for _ in range(2)]
        repaired = Engine(pool, _definition(_hear))
        for engine in (*engines, repaired):
            await engine.start()
            engine.breaker = Breaker(least=1_000_000)  # it is not what is tried here
        vars(engine_module)["crash_point"] = _die_at
        return cls(pool, engines, repaired)

    async def close(self) -> None:
        """Close the pool; nobody dies any more."""
        vars(engine_module)["crash_point"] = crash_point
        await self._pool.close()

    async def live(self, history: History) -> None:
        """Bring a history in its way, then what was withheld, then repair. Raises Misapplied."""
        first, self._first = self._first, self._first + AGGREGATES
        self.examples += 1
        inputs = [self._input(first, one) for one in history.told]
        before: tuple[int, ...] = ()
        for number, batch in enumerate(history.batches):
            await self._bring(first, inputs, before, batch, number)
            before = batch.events
        await self._settle(self._engines[0], first)
        await self._judge_the_prefix(history, first)
        await self._apply(self._engines[0], [inputs[number] for number in sorted(history.withheld)])
        await self._repair(first)
        await self._judge_the_whole(history, first)
        taken = sum(one.what in (What.SCARCE, What.LATE) for one in history.told)
        stored = await self._pool.fetchval(
            "SELECT sum(taken) FROM slots WHERE split_part(name, '/', 2) = $1", str(first)
        )
        _same("what was taken of the scarce", taken, stored or 0)

    def _input(self, first: int, told: Told) -> Input:
        name = {
            What.SCARCE: f".scarce/{first}",
            What.LATE: f".{_late(first)}",
            What.POISON: ".poison",
        }.get(told.what, "")
        data: Event | None = None
        if told.what is not What.UNKNOWN:
            data = information_of(told.word + name)
        return event(first + told.aggregate, told.source, told.sequence, data, clock=dict(told.clock))

    async def _bring(
        self, first: int, inputs: Sequence[Input], before: tuple[int, ...], batch: Batch, number: int
    ) -> None:
        engine, other = self._engines[number % 2], self._engines[1 - number % 2]
        now = [inputs[n] for n in batch.events]
        again = [inputs[n] for n in (*before, *batch.events)]
        if batch.fault is Fault.NONE:
            await self._apply(engine, now)
        elif batch.fault is Fault.HELD:
            async with self._held(_late(first)):
                await self._apply(engine, now)
        elif batch.fault is Fault.TWICE_AT_ONCE:
            await asyncio.gather(self._apply(engine, now), self._apply(other, again))
        else:
            rolled_back = batch.fault is Fault.ROLLED_BACK
            point = CrashPoint.ENGINE_BEFORE_COMMIT if rolled_back else CrashPoint.ENGINE_AFTER_COMMIT
            await self._die(engine, now, point)
            await self._apply(other, again)

    @asynccontextmanager
    async def _held(self, slot: str) -> AsyncIterator[None]:
        await self._pool.execute("INSERT INTO slots VALUES ($1, 0, NULL) ON CONFLICT DO NOTHING", slot)
        async with self._pool.acquire() as session, session.transaction():
            await session.execute("SELECT FROM slots WHERE name = $1 FOR UPDATE", slot)
            yield

    async def _die(self, engine: Engine, inputs: Sequence[Input], point: CrashPoint) -> None:
        token = _DYING.set(point)
        try:
            await engine.apply(inputs)
        except Died:
            self.deaths += 1
        else:
            raise Misapplied("the replica did not die")
        finally:
            _DYING.reset(token)

    async def _apply(self, engine: Engine, inputs: Sequence[Input]) -> None:
        if inputs:
            self.inputs += len(inputs)
            await engine.apply(inputs)

    async def _settle(self, engine: Engine, first: int) -> None:
        """Sweep what waits for facts that somebody held."""
        for _ in range(MAX_SWEEPS):
            rows = await self._pool.fetch(
                "SELECT DISTINCT ON (aggregate) * FROM parked"
                " WHERE try_at IS NOT NULL AND aggregate = ANY($1) ORDER BY aggregate, id",
                _subjects(first),
            )
            if not rows:
                return
            await engine.apply([_sweep(row) for row in rows])
        raise Misapplied("what was deferred does not end")

    async def _repair(self, first: int) -> None:
        letters = DeadLetters(self._pool, self._repaired)
        for each in await self._pool.fetch(
            "SELECT DISTINCT aggregate FROM dead_letters WHERE aggregate = ANY($1)", _subjects(first)
        ):
            done = [one async for one in letters.redrive(Selection(aggregate=each["aggregate"]), WHO)]
            self.dead += len(done)
            if any(one.fate is not Fate.APPLIED for one in done):
                raise Misapplied(f"dead letters stay dead: {done}")
        await self._settle(self._repaired, first)

    async def _judge_the_prefix(self, history: History, first: int) -> None:
        """Without what is withheld nothing is applied that comes after it; all the rest is, or waits."""
        for aggregate, stored in enumerate(await stored_of(self._pool, _subjects(first))):
            told = {one.word: one for one in history.of(aggregate)}
            can = history.reachable(aggregate)
            _in_order(history, aggregate, stored.heard)
            if beyond := set(stored.heard) - can:
                raise Misapplied(f"heard before its causes: {sorted(beyond)}")
            self.parked += len(stored.waiting)
            if any(one.what is What.POISON for one in told.values()):
                continue
            _same("what is heard without the withheld", _known(told, can), set(stored.heard))
            _same("what waits for the withheld", history.delivered(aggregate) - can, set(stored.waiting))

    async def _judge_the_whole(self, history: History, first: int) -> None:
        """Everything is heard once, in an order that the causes allow; all that is stored says the same."""
        for aggregate, stored in enumerate(await stored_of(self._pool, _subjects(first))):
            told = {one.word: one for one in history.of(aggregate)}
            heard = stored.heard
            expected = [one.word for one in told.values() if one.what is not What.UNKNOWN]
            if history.is_total:
                _same("the words in their only order", expected, heard)
            _same("the words", sorted(expected), sorted(heard))
            _in_order(history, aggregate, heard)
            _same("what still waits", [], stored.waiting)
            numbers = list(range(1, len(heard) + 1))
            causes = [str(self._input(first, told[word]).id) for word in heard]
            _same("the events", list(zip(numbers, causes, numbers, strict=True)), stored.events)
            _same("the outbox", numbers, stored.outbox)
            _same("the rows", list(zip(numbers, heard, strict=True)), stored.bookings)
            _same("the effects", sorted(causes), stored.effects)
            _same("the watermarks", {one.source: one.sequence for one in told.values()}, stored.marks)


def _late(first: int) -> str:
    return f"late/{first}"


def _subjects(first: int) -> list[UUID]:
    return [subject(first + aggregate) for aggregate in range(AGGREGATES)]


def _known(told: dict[str, Told], words: Iterable[str]) -> set[str]:
    return {word for word in words if told[word].what is not What.UNKNOWN}


def _in_order(history: History, aggregate: int, heard: Sequence[str]) -> None:
    """Raise Misapplied if a word was heard before one of its causes, near or far."""
    place = {word: number for number, word in enumerate(heard)}
    latest: dict[str, int] = {}
    for one in history.of(aggregate):
        cause = max((latest[word] for word in one.after), default=-1)
        mine = place.get(one.word, -1)
        if -1 < mine < cause:
            raise Misapplied(f"{one.word} was heard before its causes: {list(heard)}")
        latest[one.word] = max(cause, mine)


def _same(what: str, expected: Any, stored: Any) -> None:
    if expected != stored:
        raise Misapplied(f"{what}: expected {expected!r}, stored is {stored!r}")
