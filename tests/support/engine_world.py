"""A small service for tests of the engine: it counts, takes slots, sets timers, fails when told to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from ciclo_schemas.cases import CaseHumanRequested, CaseInformationReceived
from ciclo_schemas.events import Event
from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from ciclo_schemas.routing import PromiseKept, PromiseKind
from ciclo_schemas.values import Channel, Facts
from ciclo_schemas.warranty import ItemReceived, Place
from services.chassis.database import create_pool
from services.chassis.decider import (
    CancelTimer,
    Decider,
    Decision,
    Effect,
    FanOut,
    Given,
    Lookup,
    Message,
    Origin,
    Refusal,
    State,
    Timer,
)
from services.chassis.definition import Definition
from services.chassis.engine import Engine
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.tables import Table

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NAMES = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")

CREATE = """
CREATE TABLE slots (name text PRIMARY KEY, taken integer NOT NULL, last_owner uuid);
CREATE TABLE bookings (owner uuid, number integer, slot text NOT NULL, PRIMARY KEY (owner, number));
CREATE UNIQUE INDEX one_exclusive ON bookings (slot) WHERE slot LIKE 'exclusive%';
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something scarce that decisions consume."""

    name: str
    taken: int
    last_owner: UUID | None


@dataclass(frozen=True, slots=True)
class Booking:
    """A row that a constraint may refuse."""

    owner: UUID
    number: int
    slot: str


class Count(State):
    """What an aggregate remembers."""

    seen: tuple[str, ...] = ()
    booked: int = 0


class Add(Message):
    """A command."""

    word: str


class Ring(Message):
    """A timer."""

    number: int


class Call(Message):
    """An effect."""

    number: int


class Told(Message):
    """A fan-out."""

    word: str


TABLES = (
    Table("slots", Slot, ("name",), {"name": "text", "taken": "integer", "last_owner": "uuid"}, locked=True),
    Table("bookings", Booking, ("owner", "number"), {"owner": "uuid", "number": "integer", "slot": "text"}),
)


def _seen(state: Count | None, word: str) -> Count:
    state = state or Count()
    return state.model_copy(update={"seen": (*state.seen, word)})


def information(state: Count | None, event: CaseInformationReceived, given: Given) -> Decision[Count]:
    """Take the slot named in `purchase_ref`; the symptom tells how to misbehave."""
    symptom, name = event.facts.symptom_code, event.facts.purchase_ref
    if symptom == "boom":
        raise RuntimeError("told to fail")
    new = _seen(state, f"information:{name}")
    if name is None:
        return Decision(new)
    number = new.booked + 1
    if name.startswith("exclusive"):
        rows: tuple[Any, ...] = (Booking(given.subject, number, name),)
    else:
        slot = given.facts.one(Slot, name=name) or Slot(name, 0, None)
        rows = (Slot(name, slot.taken + 1, given.subject),)
        new = _seen(new, f"slot was taken {slot.taken} times")
    received = ItemReceived(remedy_no=number, at=Place.WORKSHOP, received_at=given.now)
    return Decision(new.model_copy(update={"booked": number}), events=(received,), rows=rows)


def human(state: Count | None, _event: CaseHumanRequested, given: Given) -> Decision[Count]:
    """Set a timer, owe an effect."""
    number = len(state.seen) if state else 0
    timer = Timer(given.now + timedelta(hours=1), Ring(number=number), key=str(number % 2))
    return Decision(_seen(state, "human"), effects=(Effect(Call(number=number)),), timers=(timer,))


def promise(state: Count | None, _event: PromiseKept, _given: Given) -> Decision[Count]:
    """Cancel a timer."""
    return Decision(_seen(state, "promise"), timers=(CancelTimer(Ring, key="0"),))


def ring(state: Count | None, timer: Ring, given: Given) -> Decision[Count]:
    """Note that the timer rang."""
    received = ItemReceived(remedy_no=timer.number + 1, at=Place.WAREHOUSE, received_at=given.now)
    return Decision(_seen(state, f"ring:{timer.number}"), events=(received,))


def add(state: Count | None, command: Add, _given: Given) -> Decision[Count]:
    """Refuse `no`, crash on `boom`, tell everybody on `tell`, else note the word."""
    if command.word == "no":
        return Decision(state, refusal=Refusal("no", "refused as asked"))
    if command.word == "boom":
        raise RuntimeError("told to fail")
    outs = (FanOut(Told(word=command.word)),) if command.word == "tell" else ()
    return Decision(_seen(state, command.word), fan_outs=outs, reply=command)


def told(state: Count | None, message: Told, _given: Given) -> Decision[Count]:
    """Note what everybody was told."""
    return Decision(_seen(state, f"told:{message.word}"))


def called(state: Count | None, message: Call, _given: Given) -> Decision[Count]:
    """Note the result of an effect (it comes back unchanged)."""
    return Decision(_seen(state, f"called:{message.number}"))


def reported(state: Count | None, report: WorkshopReported, _given: Given) -> Decision[Count]:
    """Take reports about aggregates that are known; others wait a day."""
    if state is None:
        return Decision(state, refusal=Refusal("unknown_repair", "no such repair", wait=timedelta(days=1)))
    if report.kind is WorkshopReportKind.FAILED:
        return Decision(state, refusal=Refusal("not_possible", "not now", ("kind",)))
    return Decision(_seen(state, f"report:{report.kind}"))


def needs(_state: Count | None, data: object) -> list[Lookup]:
    """The slot, except for those that are learned on the way."""
    if isinstance(data, CaseInformationReceived) and data.facts.symptom_code != "learned_late":
        name = data.facts.purchase_ref
        return [] if name is None or name.startswith("exclusive") else [Lookup.of(Slot, name=name)]
    return []


COUNTS: Decider[Count] = Decider(
    kind="count",
    state=Count,
    on={
        CaseInformationReceived: information,
        CaseHumanRequested: human,
        PromiseKept: promise,
        WorkshopReported: reported,
        Ring: ring,
        Add: add,
        Told: told,
        Call: called,
    },
    needs=needs,
)


def definition(decider: Decider[Any] = COUNTS) -> Definition:
    """The service: reads cases and routing, takes workshop reports, publishes as warranty."""
    return Definition(
        name="warranty",
        deciders=(decider,),
        tables=TABLES,
        reads=("ciclo.cases.v1", "ciclo.routing.v1"),
        inbound={WorkshopReported: lambda report: report.case},
    )


def subject(number: int) -> UUID:
    """The id of aggregate `number`."""
    return UUID(int=(0x01930000_0000_7000_8000_000000000000 + number))


def information_of(slot: str | None = None, symptom: str | None = None) -> CaseInformationReceived:
    """An event that takes a slot."""
    return CaseInformationReceived(
        channel=Channel.WEB,
        reported_at=NOW,
        facts=Facts(purchase_ref=slot, symptom_code=symptom),
        safety_flag=False,
    )


def human_of() -> CaseHumanRequested:
    """An event that sets a timer and owes an effect."""
    return CaseHumanRequested(channel=Channel.PHONE, reported_at=NOW)


def promise_of() -> PromiseKept:
    """An event of routing."""
    return PromiseKept(promise_no=1, kind=PromiseKind.DECISION, kept_by="coverage.assessed")


def event(
    number: int,
    source: str,
    sequence: int,
    data: Event | None,
    *,
    clock: dict[str, int] | None = None,
    event_id: UUID | None = None,
) -> Input:
    """An event of another service about aggregate `number`; no data means a type unknown here."""
    known = event_id or uuid5(NAMES, f"{number}/{source}/{sequence}")
    name = "ciclo.something.new.v1" if data is None else data.event_type
    return Input(
        subject=subject(number),
        origin=Origin.EVENT,
        type=name,
        id=known,
        data=data,
        raw="{}" if data is None else data.write().decode(),
        time=NOW,
        source=source,
        sequence=sequence,
        clock=clock or {},
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def command(
    number: int, word: str, *, command_id: UUID | None = None, clock: dict[str, int] | None = None
) -> Input:
    """A command to aggregate `number`."""
    data = Add(word=word)
    return Input(
        subject=subject(number),
        origin=Origin.COMMAND,
        type="Add",
        id=command_id or uuid5(NAMES, f"command/{number}/{word}"),
        data=data,
        raw=data.model_dump_json(),
        clock=clock or {},
    )


class World:
    """An engine on its own database, and questions about what it stored."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine) -> None:
        self.pool, self.engine = pool, engine

    @classmethod
    async def create(cls, url: str, service: Definition | None = None) -> "World":
        """Open a pool on a database that has the chassis' migrations; make the tables of the test service."""
        pool = await create_pool(url, "ciclo-test")
        await pool.execute("DROP TABLE IF EXISTS slots, bookings")
        await pool.execute(CREATE)
        await pool.execute("UPDATE clock_shift SET frozen = $1", NOW)
        engine = Engine(pool, service or definition())
        await engine.start()
        return cls(pool, engine)

    async def forget(self) -> None:
        """Empty every table."""
        await self.pool.execute(
            "TRUNCATE aggregates, events, outbox, parked, dead_letters, effects, timers, fan_outs,"
            " business_keys, operator_actions, slots, bookings RESTART IDENTITY"
        )

    async def state(self, number: int) -> list[str]:
        """What aggregate `number` has seen."""
        text = await self.pool.fetchval("SELECT state FROM aggregates WHERE id = $1", subject(number))
        return [] if text is None else list(Count.model_validate_json(text).seen)

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        found: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a test's name
        return found

    async def marks(self, number: int) -> str:
        """The watermarks of aggregate `number`, as JSON."""
        found: str = await self.pool.fetchval(
            "SELECT watermarks FROM aggregates WHERE id = $1", subject(number)
        )
        return found

    async def snapshot(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is stored, without ids that are drawn at random and moments of parking."""
        queries = {
            "aggregates": "SELECT id, kind, state, sequence, version, watermarks FROM aggregates ORDER BY id",
            "events": "SELECT aggregate, sequence, type, clock, causation, body FROM events ORDER BY 1, 2",
            "outbox": (
                "SELECT e.aggregate, array_agg(e.sequence ORDER BY o.id) FROM outbox o"
                " JOIN events e ON e.id = o.event GROUP BY 1 ORDER BY 1"
            ),
            "effects": "SELECT aggregate, kind, cause, data FROM effects ORDER BY 1, 2, 3",
            "timers": "SELECT aggregate, kind, key, due_at, data FROM timers ORDER BY 1, 2, 3",
            "parked": "SELECT aggregate, source, sequence FROM parked ORDER BY 1, 2, 3",
            "dead": "SELECT aggregate, source, sequence, error FROM dead_letters ORDER BY 1, 2, 3",
            "slots": "SELECT * FROM slots ORDER BY 1",
            "bookings": "SELECT owner, slot FROM bookings ORDER BY 1, 2",
        }
        return {name: [tuple(row) for row in await self.pool.fetch(sql)] for name, sql in queries.items()}


def fates(outcomes: Sequence[Outcome]) -> list[Fate]:
    """What became of each input."""
    return [outcome.fate for outcome in outcomes]
