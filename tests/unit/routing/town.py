"""Several cases that share one house and its tables; messages between them arrive in whatever order."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.cases import CaseOpened
from services.chassis.decider import Decision, Origin
from services.routing.domain.case import CaseState
from services.routing.domain.rows import CaseRow
from services.routing.store import TABLES, TARGETS, addressee
from tests.support.deciders import NOW, FactsOf, Story
from tests.unit.routing.world import DECIDER


def case_id(number: int) -> UUID:
    """The id of the nth case."""
    return UUID(int=0x01930000000070008000000000000000 + number)


class Town:
    """Cases by number. `waiting`: messages between them that have not arrived yet."""

    def __init__(self) -> None:
        self.facts = FactsOf(TABLES)
        self.cases: dict[int, Story] = {}
        self.waiting: list[tuple[int, BaseModel]] = []

    def opens(self, number: int, opening: CaseOpened) -> None:
        """A customer reports something."""
        self.cases[number] = Story(DECIDER, self.facts, subject=case_id(number), now=NOW)
        self.hears(number, opening)

    def hears(self, number: int, data: BaseModel, origin: Origin = Origin.EVENT) -> Decision[Any]:
        """One case hears something; what it tells others waits."""
        decision = self.cases[number].hears(data, origin=origin)
        for told in decision.fan_outs:
            self.waiting += [(target, told.data) for target in self._targets(told.data)]
        return decision

    def settles(self, choose: Callable[[int], int] = lambda _: 0) -> None:
        """Every message arrives, the next one as `choose` says (an index below the number given)."""
        for _ in range(500):
            if not self.waiting:
                return
            number, data = self.waiting.pop(choose(len(self.waiting)))
            self.hears(number, data, Origin.INTERNAL)
        raise AssertionError("the cases never stop telling one another")

    def state(self, number: int) -> CaseState:
        """A case as it stands."""
        state = self.cases[number].state
        assert isinstance(state, CaseState)
        return state

    def said(self, number: int) -> list[str]:
        """The names of the events of a case."""
        return self.cases[number].said()

    def _targets(self, data: Any) -> list[int]:
        if TARGETS[type(data)] is addressee:
            return [number for number in self.cases if case_id(number) == data.to]
        rows = {row.case_id for row in self.facts.find(CaseRow, survivor=data.survivor, is_open=True)}
        return [number for number in self.cases if case_id(number) in rows]
