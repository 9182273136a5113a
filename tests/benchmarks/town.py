"""Everybody around Ciclo, put together: who reacts to what, and customers coming in one after another."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from ciclo_schemas.events import Event
from ciclo_schemas.notifications import NotificationSent
from ciclo_schemas.routing import CaseAssigned, ResolutionProposed
from ciclo_schemas.warranty import (
    CoverageAssessed,
    ItemReceived,
    RepairAuthorized,
    ReplacementApproved,
    ReplacementShipped,
)
from services.chassis.clock import seconds
from tests.benchmarks.ledger import Case, Ledger
from tests.benchmarks.partners import Carrier, Post, Workshops
from tests.benchmarks.people import Agents, Customers
from tests.benchmarks.plans import BRAND, Plan
from tests.benchmarks.web import Refused, Web

AT_THE_DOOR = 32
"""Customers who open a case at the same time."""
POINTS = {"ES": 4, "GB": 4}
CAPACITY = 100_000

Reaction = Callable[[Case, Any], Awaitable[None]]

PEOPLE_HEAR = (CaseAssigned, ResolutionProposed)
"""On routing's topic."""
PARTNERS_HEAR = (CoverageAssessed, RepairAuthorized, ItemReceived, ReplacementApproved, ReplacementShipped)
"""On warranty's topic."""
LETTER_BOXES_HEAR = (NotificationSent,)
"""On the topic of notifications."""
LAST_WORD = "closed"
"""The template of the last message of a case: messages of one case are sent in order."""


class Town:
    """All actors of the run."""

    def __init__(self, ledger: Ledger, customers: Customers, agents: Agents, post: Post) -> None:
        self._ledger = ledger
        self._customers = customers
        workshops, carrier = Workshops(post), Carrier(post)
        self._reactions: Mapping[type[Event], Reaction] = {
            CoverageAssessed: customers.chooses,
            ResolutionProposed: customers.answers,
            CaseAssigned: agents.work,
            RepairAuthorized: workshops.authorized,
            ItemReceived: workshops.received,
            ReplacementApproved: carrier.approved,
            ReplacementShipped: carrier.shipped,
        }
        self._chance = random.Random(1)  # noqa: S311 - the same in every run
        self._busy: set[asyncio.Task[None]] = set()

    def hear(self, case_id: str, event: Event) -> None:
        """React to an event, if it is about a case whose customer knows it already; otherwise, then."""
        case = self._ledger.find(case_id, event)
        if case is None:
            return
        if isinstance(event, NotificationSent):
            if event.template == LAST_WORD:
                self._ledger.end(case)
        else:
            self._begin(self._react(case, event))

    async def live(self, plans: Iterable[Plan], rate: float = 0) -> None:
        """Let all customers come, as many as the ledger has room for, and wait until all cases ended.

        With a rate, so many a second on average, as chance has it.
        """
        door, due = asyncio.Semaphore(AT_THE_DOOR), seconds()
        for plan in plans:
            if rate:
                due += self._chance.expovariate(rate)
                await asyncio.sleep(max(0.0, due - seconds()))
            await self._ledger.room()
            await door.acquire()
            self._begin(self._open(plan, door))
        for _ in range(self._ledger.window):  # whoever ends makes room
            await self._ledger.room()

    def leave(self) -> None:
        """Stop acting."""
        for task in self._busy:
            task.cancel()

    async def _open(self, plan: Plan, door: asyncio.Semaphore) -> None:
        try:
            case_id, key, began = await self._customers.opens(plan)
        except Refused as refused:
            self._ledger.lose(f"customer {plan.number}: {refused}")
        else:
            self._ledger.open(plan, case_id, key, began, self.hear)
        finally:
            door.release()

    async def _react(self, case: Case, event: Event) -> None:
        try:
            await self._reactions[type(event)](case, event)
        except Refused as refused:
            self._ledger.fail(case, f"{case.plan.path} {case.case_id}: {refused}")

    def _begin(self, action: Any) -> None:
        task = asyncio.create_task(action)
        self._busy.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._ledger.faults.append(f"the driver itself failed: {error!r}")


async def open_service_points(warranty: Web, key: str) -> None:
    """Register the workshops, with room for everybody."""
    for country, count in POINTS.items():
        for number in range(1, count + 1):
            details = {"official": True, "brands": [BRAND], "jurisdictions": [country], "capacity": CAPACITY}
            await warranty.ask("PUT", f"/v1/service-points/CAST-{country}-{number}", show=key, body=details)
