"""Every case of the run, as its actors know it, and how many may be open at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ciclo_schemas.events import Event
from services.chassis.clock import seconds
from tests.benchmarks.plans import Plan

MAX_FAULTS = 200


@dataclass(slots=True)
class Case:
    """One open or ended case."""

    plan: Plan
    case_id: str
    key: str = field(repr=False)
    opened_at: float
    ended_at: float | None = None


@dataclass
class Ledger:
    """Counts, looks up, and lets customers in while fewer than `window` cases are open."""

    window: int
    cases: dict[str, Case] = field(default_factory=dict)
    ended: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    last_end: float = field(default_factory=seconds)
    _early: dict[str, list[Event]] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Make room."""
        self._room = asyncio.Semaphore(self.window)

    @property
    def opened(self) -> int:
        """How many cases were opened so far."""
        return len(self.cases)

    async def room(self) -> None:
        """Wait until another case may be opened."""
        await self._room.acquire()

    def open(
        self, plan: Plan, case_id: str, key: str, began: float, hear: Callable[[str, Event], None]
    ) -> None:
        """Enter a case; what was heard of it before its customer had the answer is heard now."""
        self.cases[case_id] = Case(plan, case_id, key, began)
        for event in self._early.pop(case_id, []):
            hear(case_id, event)

    def find(self, case_id: str, event: Event) -> Case | None:
        """The case that an event is about; an event that came too early is kept."""
        case = self.cases.get(case_id)
        if case is None:
            self._early.setdefault(case_id, []).append(event)
        return case

    def end(self, case: Case) -> None:
        """A case was closed and its customer told so."""
        if case.ended_at is None:
            self.last_end = case.ended_at = seconds()
            self.ended += 1
            self._room.release()

    def lose(self, what: str) -> None:
        """A customer was refused at the door."""
        self.lost += 1
        self._note(what)
        self._room.release()

    def fail(self, case: Case, what: str) -> None:
        """A case goes no further: an actor was refused what he must be given."""
        if case.ended_at is None:
            case.ended_at = seconds()
            self.lost += 1
            self._room.release()
        self._note(what)

    def _note(self, what: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(what)

    def stuck(self) -> list[Case]:
        """The cases that have not ended."""
        return [case for case in self.cases.values() if case.ended_at is None]
