"""What a story is: who acts, and where its case must end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ciclo_schemas.inbound import InputRejected
from ciclo_schemas.registry import EVENTS
from demo.actors import Agent, Case, Crm, Customer, Erp, Logistics, Workshop
from demo.wire import Journal


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is on stage in one story; `other` is the same customer with a second case."""

    customer: Customer
    other: Customer
    agent: Agent
    educator: Agent
    complaints: Agent
    colleague: Callable[[str], Agent]
    workshop: Workshop
    logistics: Logistics
    erp: Erp
    crm: Crm
    journal: Journal

    def named(self, number: int) -> dict[str, str]:
        """What the customer states about one of his things."""
        return {name: value for name, value in self.customer.owner.facts(number).items() if value}

    async def expects(self, case: Case, event: str, count: int = 1) -> None:
        """Wait until this happened in the case so often."""
        await self.journal.find(case.case_id, event, count)

    async def rejected(self, code: str) -> None:
        """Wait until an input of another system was rejected for this reason."""
        await self.journal.first(
            lambda heard: isinstance(heard.event, InputRejected) and heard.event.code == code
        )

    async def owner_of(self, case: Case) -> Agent:
        """The person of the first line whom the case was given, by name; waits for it."""
        view = await self.agent.finds(
            case, lambda view: view["stage"] == "in_first_line" and view["owner_kind"] == "agent"
        )
        return self.colleague(view["owner"])


@dataclass(frozen=True, slots=True)
class Story:
    """A customer's case from the first word to the end.

    `path` are events that must happen, those of one service in this order (others may come between); what
    different services do at the same time has no order. `never` must not happen at all, `once` exactly
    once; `messages` are what the customer is told, in any order; `bounces`: none of them arrives. `ends` is
    the status at the end. `others` are the paths of the story's further cases.
    """

    title: str
    customer: str
    play: Callable[[Stage], Awaitable[None]]
    path: tuple[str, ...]
    messages: tuple[str, ...]
    never: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    ends: str = "closed"
    others: tuple[tuple[str, ...], ...] = ()
    bounces: bool = False

    def complaints(self, names: Sequence[str], told: Sequence[str]) -> list[str]:
        """Why the case did not end where the story says; empty if it did."""
        found = [f"{name} happened" for name in self.never if name in names]
        found += [
            f"{name} happened {names.count(name)} times" for name in self.once if names.count(name) != 1
        ]
        missing = missing_of(self.path, names)
        if missing is not None:
            found.append(f"{missing} did not happen in its turn")
        if sorted(told) != sorted(self.messages):
            found.append(f"the customer was told {sorted(told)}, not {sorted(self.messages)}")
        return found


def missing_of(path: Sequence[str], names: Sequence[str]) -> str | None:
    """The first event of a path that has not happened in its service's turn."""
    rest = {_topic(step): iter([n for n in names if _topic(n) == _topic(step)]) for step in path}
    return next((step for step in path if step not in rest[_topic(step)]), None)


def _topic(name: str) -> str:
    return EVENTS[f"ciclo.{name}.v1"].topic
