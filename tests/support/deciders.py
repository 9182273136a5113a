"""Given, when, then for deciders: facts in memory, and decisions that are applied to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.events import Event
from services.chassis.decider import Decider, Decision, Delete, Given, Origin, State
from services.chassis.tables import Table

T = TypeVar("T")

CASE = UUID("01930000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class FactsOf:
    """The `Facts` of decisions, in memory: rows of declared tables, replaced by key."""

    def __init__(self, tables: Iterable[Table], *rows: object) -> None:
        self._tables = {table.model: table for table in tables}
        self._rows: dict[type, dict[tuple[Any, ...], Any]] = {model: {} for model in self._tables}
        self.apply(rows)

    def apply(self, rows: Iterable[object]) -> None:
        """Write rows and carry out `Delete`s, as the engine does when a decision is applied."""
        for row in rows:
            if isinstance(row, Delete):
                self._rows[row.model].pop(row.key, None)
            else:
                self._rows[type(row)][self._tables[type(row)].key_of(row)] = row

    def find(self, model: type[T], **by: object) -> tuple[T, ...]:
        """Every row of a model whose columns have these values, in key order."""
        rows = sorted(self._rows[model].items(), key=lambda item: tuple(map(str, item[0])))
        return tuple(row for _, row in rows if all(getattr(row, name) == by[name] for name in by))

    def one(self, model: type[T], **by: object) -> T | None:
        """The only such row, or None."""
        found = self.find(model, **by)
        assert len(found) <= 1, f"{len(found)} rows of {model.__name__} where one was expected"
        return found[0] if found else None


def decide(
    decider: Decider[Any],
    state: State | None,
    data: BaseModel,
    *,
    facts: FactsOf,
    now: datetime = NOW,
    subject: UUID = CASE,
    origin: Origin = Origin.EVENT,
) -> Decision[Any]:
    """Decide one input as the engine does, and apply its rows to `facts` unless it was refused.

    Also proves what the engine relies on: the handler is pure, the state comes back from its stored form as
    it was, the events can be written, and `needs` answers for this input.
    """
    handler = decider.on[type(data)]
    given = Given(subject=subject, now=now, cause=UUID(int=0), origin=origin, facts=facts)
    list(decider.needs(state, data))
    decision: Decision[Any] = handler(state, data, given)
    assert handler(state, data, given) == decision, "a handler is a pure function"
    if decision.refusal is not None:
        return decision
    if decision.state is not None:
        assert decider.state.model_validate_json(decision.state.stored()) == decision.state
    for event in decision.events:
        assert type(event).read(event.write()) == event
    facts.apply(decision.rows)
    return decision


@dataclass
class Story:
    """One aggregate living through inputs: keeps its state, and every event it published."""

    decider: Decider[Any]
    facts: FactsOf
    subject: UUID = CASE
    now: datetime = NOW
    state: Any = None
    published: list[Event] = field(default_factory=list)

    def hears(self, data: BaseModel, *, origin: Origin = Origin.EVENT) -> Decision[Any]:
        """Decide one input and live on with what was decided; a refusal changes nothing."""
        decision = decide(
            self.decider,
            self.state,
            data,
            facts=self.facts,
            now=self.now,
            subject=self.subject,
            origin=origin,
        )
        if decision.refusal is None:
            self.state = decision.state
            self.published.extend(decision.events)
        return decision

    def said(self) -> list[str]:
        """The names of the events published so far, in order: `["coverage.assessed", ...]`."""
        return [event.event_type.removeprefix("ciclo.").removesuffix(".v1") for event in self.published]
