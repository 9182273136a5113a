"""What a story is: who acts, and where its case must end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ciclo_schemas.registry import EVENTS
from demo.actors import Agent, Customer, Logistics, Workshop


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is on stage in one story."""

    customer: Customer
    agent: Agent
    workshop: Workshop
    logistics: Logistics


@dataclass(frozen=True, slots=True)
class Story:
    """A customer's case from the first word to the end.

    `path` are events that must happen, those of one service in this order (others may come between); what
    different services do at the same time has no order. `never` must not happen at all, `once` exactly
    once; `messages` are what the customer is told, in any order.
    """

    title: str
    customer: str
    play: Callable[[Stage], Awaitable[None]]
    path: tuple[str, ...]
    messages: tuple[str, ...]
    never: tuple[str, ...] = ()
    once: tuple[str, ...] = ()

    def complaints(self, names: Sequence[str], told: Sequence[str]) -> list[str]:
        """Why the case did not end where the story says; empty if it did."""
        found = [f"{name} happened" for name in self.never if name in names]
        found += [
            f"{name} happened {names.count(name)} times" for name in self.once if names.count(name) != 1
        ]
        missing = self.missing(names)
        if missing is not None:
            found.append(f"{missing} did not happen in its turn")
        if sorted(told) != sorted(self.messages):
            found.append(f"the customer was told {sorted(told)}, not {sorted(self.messages)}")
        return found

    def missing(self, names: Sequence[str]) -> str | None:
        """The first event of the path that has not happened in its service's turn."""
        rest = {_topic(step): iter([n for n in names if _topic(n) == _topic(step)]) for step in self.path}
        return next((step for step in self.path if step not in rest[_topic(step)]), None)


def _topic(name: str) -> str:
    return EVENTS[f"ciclo.{name}.v1"].topic
