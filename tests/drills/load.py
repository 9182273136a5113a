"""The load of a drill: the benchmarks' customers, agents, workshops and carriers, at a steady rate.

Whoever asks a service repeats the request, as real clients do, until it is answered; every answer is noted.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import Message

from ciclo_schemas.envelope import BadEnvelope, from_record
from ciclo_schemas.events import Event
from ciclo_schemas.registry import read_event
from ciclo_schemas.warranty import CoverageAssessed
from services.chassis.clock import seconds, utc_now
from tests.benchmarks.expected import expected_events
from tests.benchmarks.ledger import Case, Ledger
from tests.benchmarks.partners import Post, Shop
from tests.benchmarks.people import STAFF, Agents, Customers
from tests.benchmarks.plans import Plan
from tests.benchmarks.town import LETTER_BOXES_HEAR, PARTNERS_HEAR, PEOPLE_HEAR, Town
from tests.benchmarks.web import Refused, Web
from tests.drills.records import Request, Seen

HEARD = {event.event_type for event in (*PEOPLE_HEAR, *PARTNERS_HEAR, *LETTER_BOXES_HEAR)}
NO_LIMIT = 1_000_000
AT_THE_DOOR = 200
FAR = 5_000_000
"""From this number on, plans are no customer's."""


class WitnessedWeb(Web):
    """Notes what was answered to requests with a key."""

    def __init__(self, url: str, requests: list[Request]) -> None:
        super().__init__(url, connections=64)
        self._noted = requests

    async def ask(
        self, method: str, path: str, *, show: str = "", key: str = "", body: Any = None, done: str = ""
    ) -> Any:
        """As any client asks."""
        began, wall = seconds(), utc_now().timestamp()
        subject = ""
        try:
            answer = await super().ask(method, path, show=show, key=key, body=body, done=done)
            subject = answer.get("case_id", "") if isinstance(answer, dict) else ""
        finally:
            if key:
                self._noted.append(Request(key, f"{method} {path}", wall, began, seconds(), subject))
        return answer


class DrillTown(Town):
    """The town, whose customers come one after another at a steady rate, whatever happens."""

    async def come(self, plans: list[Plan], rate: float) -> None:
        """Let customers come, `rate` a second, until cancelled or until there is none left."""
        door = asyncio.Semaphore(AT_THE_DOOR)
        began = seconds()
        for number in range(len(plans)):
            await asyncio.sleep(began + number / rate - seconds())
            await door.acquire()
            self._begin(self._open(plans.pop(), door))


class Load:
    """Everybody around the services in a world."""

    def __init__(
        self, urls: Mapping[str, str], post: Post, run: str, key_of: Callable[[str], Awaitable[str]]
    ) -> None:
        self.requests: list[Request] = []
        self.seen: list[Seen] = []
        self.ledger = Ledger(NO_LIMIT)
        self.webs = {name: WitnessedWeb(url, self.requests) for name, url in urls.items()}
        self._key_of = key_of
        self._shop = Shop(post)
        customers = Customers(self.webs["intake"], run)
        self._town = DrillTown(self.ledger, customers, Agents(self.webs["routing"], key_of), post)
        self._plans: list[Plan] = []
        self._next = 0
        self._extra: Iterator[Plan] | None = None
        self._heard: set[tuple[str, str, int]] = set()

    async def prepare(self) -> None:
        """Have everything at hand that must not be asked for under a fault."""
        for staff_no in STAFF:
            await self._key_of(staff_no)

    async def stock(self, count: int) -> int:
        """See that so many customers can come, their purchases registered; how many were published now."""
        missing = max(0, count - len(self._plans))
        fresh = [Plan(number) for number in range(self._next, self._next + missing)]
        self._next += missing
        published = await self._shop.registers(fresh)
        # Taken from the end.
        self._plans[:0] = reversed(fresh)
        return published

    async def register_more(self, count: int) -> None:
        """Shops register so many sales of which nobody will ever complain."""
        trials = (plan for number in itertools.count(FAR) if (plan := Plan(number)).product_unit is not None)
        self._extra = self._extra or trials
        await self._shop.registers(itertools.islice(self._extra, count))

    async def come(self, rate: float, count: int | None = None) -> None:
        """Customers come, `rate` a second, until cancelled, or `count` have come."""
        if count is None:
            await self._town.come(self._plans, rate)
            return
        chosen = [self._plans.pop() for _ in range(count)][::-1]
        await self._town.come(chosen, rate)

    async def crowd(self, url: str, cases: int, words: int) -> None:
        """Customers of the newest cases say many things at the same time, at two replicas of intake."""
        doors = (self.webs["intake"], WitnessedWeb(url, self.requests))

        async def say(case: Case, number: int) -> None:
            path, body = f"/v1/cases/{case.case_id}/information", {"text": f"zarzaparrilla {number}"}
            with suppress(Refused):
                await doors[number % 2].ask(
                    "POST", path, show=case.key, key=f"{case.case_id}-crowd-{number}", body=body
                )

        newest = list(self.ledger.cases.values())[-cases:]
        await asyncio.gather(*(say(case, number) for number in range(words) for case in newest))

    @property
    def unanswered(self) -> int:
        """How many requests and reports still wait for an answer."""
        return len(self._town._busy)

    async def ended(self, patience: float) -> bool:
        """Wait until all cases ended; False when none did for so many seconds."""
        ledger, last, since = self.ledger, -1, seconds()
        while self.unanswered or ledger.stuck():
            if ledger.ended + ledger.lost != last:
                last, since = ledger.ended + ledger.lost, seconds()
            if seconds() - since > patience:
                return False
            await asyncio.sleep(0.2)
        return True

    def leave(self) -> None:
        """Stop acting."""
        self._town.leave()
        for web in self.webs.values():
            web.close()

    def expected(self) -> dict[str, dict[str, int]]:
        """How often events must have happened, by case."""
        return {case.case_id: expected_events(case.plan) for case in self.ledger.cases.values()}

    def hear(self, message: Message) -> None:
        """Note one record of a topic, and let whom it concerns react: once, for it may come again (G4)."""
        headers = [(name, value or b"") for name, value in _headers(message)]
        with suppress(BadEnvelope):
            envelope, data = from_record(headers, message.value())
            if envelope.sequence is None:
                return
            wanted = envelope.type in HEARD
            event = read_event(envelope.type, data) if wanted else None
            self.seen.append(
                Seen(
                    str(message.topic()),
                    int(message.partition() or 0),
                    int(message.offset() or 0),
                    envelope.source_name,
                    envelope.subject,
                    envelope.sequence,
                    envelope.id,
                    envelope.type,
                    envelope.clock,
                    event.window.value if isinstance(event, CoverageAssessed) else "",
                )
            )
            place = (envelope.source_name, envelope.subject, envelope.sequence)
            if isinstance(event, Event) and place not in self._heard:
                self._heard.add(place)
                self._town.hear(envelope.subject, event)


def _headers(message: Message) -> list[Any]:
    found: Any = message.headers()
    return list(found or [])
