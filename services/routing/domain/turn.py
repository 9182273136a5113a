"""One input's turn at a case: what it changes is gathered here and becomes the decision.

Each step of the flows is a small function that takes the turn; a turn lives only as long as one call of a
handler, so handlers stay pure.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.events import Event
from services.chassis.decider import CancelTimer, Decision, Effect, FanOut, Given, Message, Timer
from services.routing.domain.case import CaseState
from services.routing.domain.charter import Charter, House
from services.routing.domain.playbooks import Playbooks
from services.routing.domain.rows import Matter, PromiseRow, case_row

E = TypeVar("E", bound=Event)
_FIELDS = frozenset(CaseState.model_fields)


@dataclass(slots=True)
class Turn:
    """The case as it stands within one decision, and everything decided so far."""

    state: CaseState
    given: Given
    house: House
    _events: list[Event] = field(default_factory=list)
    _effects: list[Effect] = field(default_factory=list)
    _timers: dict[tuple[str, str], Timer | CancelTimer] = field(default_factory=dict)
    _promises: dict[int, PromiseRow] = field(default_factory=dict)
    _matters: dict[str, Matter] = field(default_factory=dict)
    _told: list[FanOut] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The moment of the decision."""
        return self.given.now

    @property
    def case_id(self) -> UUID:
        """The case."""
        return self.given.subject

    @property
    def charter(self) -> Charter:
        """What the house promises."""
        return self.house.charter

    @property
    def playbooks(self) -> Playbooks:
        """What the first line tries."""
        return self.house.playbooks

    def change(self, **changes: Any) -> None:
        """Change fields of the case. Raises TypeError for a field that a case does not have."""
        if not changes.keys() <= _FIELDS:
            raise TypeError(f"a case has no {', '.join(sorted(changes.keys() - _FIELDS))}")
        self.state = self.state.model_copy(update=changes)

    def say(self, event: Event) -> None:
        """Publish an event."""
        self._events.append(event)

    def said(self, kind: type[E]) -> E | None:
        """The last event of this kind that this turn publishes."""
        return next((event for event in reversed(self._events) if isinstance(event, kind)), None)

    def tell(self, data: Message) -> None:
        """Tell other cases; `store` knows which ones a message is for."""
        self._told.append(FanOut(data))

    def call(self, data: Message) -> None:
        """Owe a call to the outside."""
        self._effects.append(Effect(data))

    def set_timer(self, due: datetime, data: Message, key: int) -> None:
        """Get `data` back as an input when it is due."""
        self._timers[type(data).__name__, str(key)] = Timer(due, data, str(key))

    def cancel_timer(self, data_type: type[Message], key: int) -> None:
        """Forget a timer."""
        self._timers[data_type.__name__, str(key)] = CancelTimer(data_type, str(key))

    def keep_row(self, row: PromiseRow) -> None:
        """Record what became of a promise."""
        self._promises[row.promise_no] = row

    def keep_matter(self, matter: Matter) -> None:
        """Record which case a matter goes on in."""
        self._matters[matter.product_unit] = matter

    def decision(self, before: CaseState | None, reply: BaseModel | None = None) -> Decision[CaseState]:
        """Everything this turn decided; `before` is the state it began with."""
        case = () if self.state is before else (case_row(self.case_id, self.state),)
        return Decision(
            self.state,
            events=tuple(self._events),
            effects=tuple(self._effects),
            timers=tuple(self._timers.values()),
            rows=(*case, *self._promises.values(), *self._matters.values()),
            fan_outs=tuple(self._told),
            reply=reply,
        )
