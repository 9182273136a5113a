"""What every decision about a case keeps to in questions, reminders, dates and ends, whatever happens."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from ciclo_schemas.cases import CaseResolutionConfirmed
from ciclo_schemas.events import Event
from ciclo_schemas.routing import (
    CaseCancelled,
    CaseClosed,
    CaseHeld,
    CaseRejected,
    ClosedAs,
    CustomerReminded,
    InformationRequested,
    PromiseAtRisk,
    PromiseRevised,
)
from ciclo_schemas.values import WaitName
from services.routing.domain.case import CaseState

ENDS = (CaseClosed, CaseCancelled, CaseRejected)
CHOICES = ("remedy", "quote")
"""What is asked again when there is something new to choose from."""


class Rules:
    """Remembers what was said before, to see that nothing is said twice."""

    def __init__(self) -> None:
        self.chosen_from: set[tuple[Any, ...]] = set()
        self.warned: set[tuple[int, datetime]] = set()

    def check(
        self, before: CaseState, after: CaseState, data: BaseModel, event: Event, now: datetime
    ) -> None:
        """Look at one event of a decision."""
        if isinstance(event, InformationRequested):
            self._check_question(after, event)
            assert not before.cancelling, "who withdraws is asked nothing"
        elif isinstance(event, CustomerReminded):
            assert before.wait is not None
            assert before.wait.name is WaitName.CUSTOMER
            assert event.n == before.wait.reminded + 1, "reminders are counted"
            assert event.deadline > now, "nobody is reminded of what is over"
        elif isinstance(event, PromiseAtRisk):
            assert event.due > now, "a danger is said before the date"
            assert (event.promise_no, event.due) not in self.warned, "and once for each date"
            self.warned.add((event.promise_no, event.due))
        elif isinstance(event, PromiseRevised):
            assert event.was_due > now, "a date is changed before it has passed"
        elif isinstance(event, CaseClosed) and event.closed_as is ClosedAs.CONFIRMED:
            remembered = before.ending is not None and before.ending.closed_as is ClosedAs.CONFIRMED
            assert remembered or isinstance(data, CaseResolutionConfirmed), "only the customer says solved"

    def _check_question(self, after: CaseState, event: InformationRequested) -> None:
        if event.missing == ("remedy",):
            choice: tuple[Any, ...] = ("remedy", after.offered)
        elif event.missing == ("quote",) and after.quote is not None:
            choice = ("quote", after.quote.no, after.quote.revision)
        else:
            assert not set(CHOICES) & set(event.missing), "a choice is a question of its own"
            return
        assert choice not in self.chosen_from, "the same choice is offered once"
        self.chosen_from.add(choice)


def check_sequence(events: tuple[Event, ...]) -> None:
    """A case that ends in a decision waits for nothing more in it."""
    ended = [index for index, event in enumerate(events) if isinstance(event, ENDS)]
    held = [index for index, event in enumerate(events) if isinstance(event, CaseHeld)]
    assert not ended or not held or max(held) < max(ended)
