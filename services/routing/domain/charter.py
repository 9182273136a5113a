"""What the house promises and who answers for it: the charter (carta de servicio) and the playbooks.

Both are a house's own data, read from YAML and validated at start.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Code, Identifier, Language
from services.routing.domain.case import FIRST_LINE, Purpose

Hours = Annotated[int, Field(ge=1, le=24 * 365)]


class HouseData(BaseModel):
    """Part of a data file: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Queue(HouseData):
    """The people of one queue, by staff number."""

    staff: tuple[Identifier, ...] = Field(min_length=1)
    supervisor: Identifier


class OwnTime(HouseData):
    """A promise whose time the house sets itself, and the person named when it breaks."""

    hours: Hours
    when_broken: Identifier


class GivenTime(HouseData):
    """A promise whose date warranty gives, and the person named when it breaks."""

    when_broken: Identifier


class Promises(HouseData):
    """Every kind of promise."""

    first_answer: OwnTime
    decision: OwnTime
    next_step: OwnTime
    replacement: GivenTime
    repair: GivenTime


class CustomerWait(HouseData):
    """How long the customer may take to answer, and the person named when nothing comes."""

    hours: Hours
    when_passed: Identifier


class CustomerWaits(HouseData):
    """The waits for the customer, by what is asked."""

    information: CustomerWait
    remedy: CustomerWait
    confirmation: CustomerWait


class Charter(HouseData):
    """The whole charter; every person it names works in one of its queues."""

    version: Identifier
    queues: dict[Identifier, Queue]
    promises: Promises
    customer_waits: CustomerWaits

    @model_validator(mode="after")
    def _everybody_is_known(self) -> "Charter":
        if FIRST_LINE not in self.queues:
            raise ValueError(f"queues: the queue {FIRST_LINE} is missing")
        known = {person for queue in self.queues.values() for person in (*queue.staff, queue.supervisor)}
        named = {
            f"promises.{name}.when_broken": getattr(self.promises, name).when_broken
            for name in Promises.model_fields
        }
        named |= {
            f"customer_waits.{name}.when_passed": getattr(self.customer_waits, name).when_passed
            for name in CustomerWaits.model_fields
        }
        for place, person in named.items():
            if person not in known:
                raise ValueError(f"{place}: {person} works in no queue")
        return self

    @property
    def first_line(self) -> Queue:
        """The people of the first line (primera línea)."""
        return self.queues[FIRST_LINE]

    def promise(self, kind: PromiseKind) -> OwnTime | GivenTime:
        """The terms of a kind of promise."""
        terms: OwnTime | GivenTime = getattr(self.promises, kind.value)
        return terms

    def due(self, kind: PromiseKind, now: datetime) -> datetime:
        """When a promise of this kind made now falls due. Raises ValueError for kinds dated by warranty."""
        terms = self.promise(kind)
        if not isinstance(terms, OwnTime):
            raise ValueError(f"{kind} has no time of its own")  # noqa: TRY004 (a wrong kind, not a wrong type)
        return now + timedelta(hours=terms.hours)

    def customer_wait(self, purpose: Purpose) -> CustomerWait:
        """How long a wait for the customer lasts, and who is named when it passes."""
        terms: CustomerWait = getattr(self.customer_waits, purpose.value)
        return terms


class Step(HouseData):
    """One thing to try, told in both languages."""

    code: Code
    es: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def text(self, language: Language) -> str:
        """The instruction in a language; English when there is none."""
        return self.es if language is Language.ES else self.en


class Playbook(HouseData):
    """What the first line tries, in order (guion). Chosen by category, then by the classifier's reasons."""

    id: Identifier
    category: Category
    reasons: tuple[Code, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    def next_step(self, tried: Iterable[str]) -> Step | None:
        """The first step not tried yet; None when the playbook is exhausted."""
        done = set(tried)
        return next((step for step in self.steps if step.code not in done), None)


class Playbooks(HouseData):
    """All playbooks."""

    playbooks: tuple[Playbook, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Playbooks":
        ids = [playbook.id for playbook in self.playbooks]
        if len(ids) != len(set(ids)):
            raise ValueError("playbooks: two playbooks have one id")
        return self

    def named(self, playbook: str | None) -> Playbook | None:
        """The playbook with this id."""
        return next((one for one in self.playbooks if one.id == playbook), None)

    def choose(self, category: Category, reasons: Iterable[str]) -> Playbook | None:
        """The playbook made for one of the reasons, else the category's general one, else none."""
        of_category = [playbook for playbook in self.playbooks if playbook.category is category]
        given = set(reasons)
        for playbook in of_category:
            if given & set(playbook.reasons):
                return playbook
        return next((playbook for playbook in of_category if not playbook.reasons), None)

    def knows(self, step: str) -> bool:
        """Whether any playbook has this step."""
        return any(step == known.code for playbook in self.playbooks for known in playbook.steps)


@dataclass(frozen=True, slots=True)
class House:
    """What a house decides by: its charter and its playbooks."""

    charter: Charter
    playbooks: Playbooks
