"""What a journey is: a customer of its own with his things, who acts, and what has to come of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from ciclo_schemas.inbound import InputRejected
from ciclo_schemas.values import Buyer
from demo.actors import Agent, Case
from demo.doors import DoorClosed, Doors
from demo.stories.story import Stage, Story
from demo.wire import Outsider
from demo.world import Bought, Owner, Person, Product, ServicePoint, _put_point, _register
from tests.journeys.cycle.clock import Clock
from tests.journeys.cycle.hands import Line, Office
from tests.journeys.house import House

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOLVED = ("resolution.proposed", "case.resolution_confirmed", "case.closed")
POINTS = (
    ServicePoint(id="SP-MADRID", official=True, brands=["lumo"], jurisdictions=["ES"], capacity=90),
    ServicePoint(id="SP-SORIA", official=True, brands=["lumo"], jurisdictions=["ES"], capacity=90),
    ServicePoint(id="SP-LEEDS", official=True, brands=["lumo"], jurisdictions=["GB"], capacity=90),
    ServicePoint(id="SP-PORTO", official=True, brands=["lumo"], jurisdictions=["PT"], capacity=90),
)


@dataclass(frozen=True, slots=True)
class Scene(Stage):
    """The stage of the demo, a telephone line, warranty's office, and perhaps a clock that can be moved."""

    line: Line
    office: Office
    house: House
    clock: Clock

    async def refused(self, input_id: str) -> str:
        """Wait until this input of another system is refused; returns the code."""
        heard = await self.journal.first(
            lambda one: isinstance(one.event, InputRejected) and one.event.input_id == input_id
        )
        assert isinstance(heard.event, InputRejected)
        return str(heard.event.code)

    async def owner(self, case: Case, *stages: str) -> str:
        """Who has the case, once it stands at one of these stages."""
        return str((await self.agent.sees(case, *(stages or ("in_first_line",))))["owner"])

    async def person(self, case: Case, staff_no: str | None = None) -> Agent:
        """Wait until this person, or anybody by name, has the case in the first line."""

        def has_it(view: dict[str, Any]) -> bool:
            by_name = view["owner_kind"] == "agent" and view["queue"] == "first_line"
            return by_name and staff_no in (None, view["owner"])

        return self.colleague((await self.agent.finds(case, has_it))["owner"])

    async def proposes(self, case: Case, staff_no: str | None = None, reason: str = "guided") -> None:
        """The person who has the case proposes a resolution."""
        await (await self.person(case, staff_no)).proposes(case, reason)

    async def mail(self, case: Case, anchor: str) -> str:
        """Wait for the mail of this case with a link to this place of its page; its Message-ID."""
        while True:
            for letter in await asyncio.to_thread(self.house.letters):
                if case.case_no in letter.body and anchor in letter.body:
                    return letter.message_id
            await asyncio.sleep(0.2)

    def names(self, case: Case) -> list[str]:
        """The names of what happened so far."""
        return [heard.name for heard in self.journal.of(case.case_id)]

    def data(self, case: Case, name: str) -> list[dict[str, Any]]:
        """What the events of this name in the case say."""
        heard = (one for one in self.journal.of(case.case_id) if one.name == name)
        return [one.event.model_dump(mode="json") for one in heard if one.event is not None]


Play = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something bought; it decides which rules apply."""

    days_ago: int
    brand: str = "lumo"
    seller: str = "hogar-total"
    buyer: Buyer = Buyer.CONSUMER
    model: str = "lumo-thing"
    lot: str | None = None


GUARANTEE, OUT, TRIAL = Thing(200), Thing(1500), Thing(6, seller="tienda-sol")


@dataclass(frozen=True, slots=True)
class Journey:
    """One journey. `messages` are all that the customer is told, in any order."""

    title: str
    play: Play
    path: tuple[str, ...]
    messages: tuple[str, ...]
    things: tuple[Thing, ...] = ()
    language: Literal["es", "en", "pt"] = "es"
    jurisdiction: str = "ES"
    known: bool = False
    ends: str = "closed"
    never: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    bounces: bool = False

    def story(self, house: House, clock: Clock) -> Story:
        """The same as the theatre plays it."""
        return Story(
            title=self.title,
            customer=self.title,
            play=partial(_enter, self.play, house, clock),
            path=self.path,
            messages=self.messages,
            never=self.never,
            once=self.once,
            ends=self.ends,
            others=self.others,
            bounces=self.bounces,
        )


async def _enter(play: Play, house: House, clock: Clock, stage: Stage) -> None:
    ours = {field.name: getattr(stage, field.name) for field in fields(Stage)}
    line = Line(house.journal, house.outsider, stage.crm)
    office = Office(house.doors, house.journal)
    scene = Scene(**ours, line=line, office=office, house=house, clock=clock)
    try:
        with clock.counts_on_me():
            await play(scene)
    except AssertionError as failed:
        raise DoorClosed(f"not as the flows decide: {failed!r}") from failed


class World:
    """The people of the journeys and their things."""

    def __init__(self, journeys: Sequence[Journey]) -> None:
        self._journeys = journeys
        self.people = {journey.title: _person(n, journey) for n, journey in enumerate(journeys, 1)}

    async def load(self, doors: Doors, outsider: Outsider, run: str) -> dict[str, Owner]:
        """Register all of them."""
        for point in POINTS:
            await _put_point(doors, point)
        return {j.title: await self._owner(n, j, doors, outsider, run) for n, j in enumerate(self._journeys)}

    async def _owner(self, n: int, journey: Journey, doors: Doors, outsider: Outsider, run: str) -> Owner:
        person = self.people[journey.title]
        reference = None
        if journey.known:
            body = person.model_dump(include={"name", "email", "language"})
            show = await doors.key("intake", "system/crm", "customers:write")
            path = f"/v1/customers/crm/J-{run}-{n}"
            reference = (await doors.ask("PUT", "intake", path, show=show, body=body))["customer_ref"]
        things = tuple(
            Bought(_product(journey.title, thing, f"J{n}-{k}"), f"J{n}-{k}-{run}", f"T-{n}-{k}-{run}")
            for k, thing in enumerate(journey.things)
        )
        owner = Owner(person, reference, things)
        for thing in things:
            await _register(doors, outsider, owner, thing)
        return owner


def _product(of: str, thing: Thing, unit: str) -> Product:
    return Product(
        of=of,
        unit=unit,
        model=thing.model,
        brand=thing.brand,
        seller=thing.seller,
        days_ago=thing.days_ago,
        by="http",
        lot=thing.lot,
        buyer=thing.buyer,
    )


def _person(n: int, journey: Journey) -> Person:
    """Somebody whose name and address stand nowhere else."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(n))
    return Person(
        name=f"Zebenzuí Quijote{letters}",
        email=f"quijote{letters}@example.com",
        language=journey.language,
        jurisdiction=journey.jurisdiction,
    )
