"""One input's turn at a case: what it changes is gathered here and becomes the decision.

Each step of the flows is a small function that takes the turn; a turn lives only as long as one call of a
handler, so handlers stay pure.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.events import Event
from services.chassis.decider import CancelTimer, Decision, Effect, Given, Message, Timer
from services.routing.domain.case import CaseState
from services.routing.domain.charter import Charter, House, Playbooks
from services.routing.domain.rows import PromiseRow, case_row


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
        if strange := changes.keys() - CaseState.model_fields.keys():
            raise TypeError(f"a case has no {', '.join(sorted(strange))}")
        self.state = self.state.model_copy(update=changes)

    def say(self, event: Event) -> None:
        """Publish an event."""
        self._events.append(event)

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

    def decision(self, before: CaseState | None, reply: BaseModel | None = None) -> Decision[CaseState]:
        """Everything this turn decided; `before` is the state it began with."""
        changed = self.state is not before
        return Decision(
            self.state,
            events=tuple(self._events),
            effects=tuple(self._effects),
            timers=tuple(self._timers.values()),
            rows=(case_row(self.case_id, self.state), *self._promises.values()) if changed else (),
            reply=reply,
        )
