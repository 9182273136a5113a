"""What the house promises and who answers for it: the charter (carta de servicio).

A house's own data, read from YAML and validated at start.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Code, Identifier, Jurisdiction
from services.routing.domain.case import COMPLAINTS, EDUCATION, FIRST_LINE
from services.routing.domain.data_files import HouseData
from services.routing.domain.playbooks import Playbooks
from services.routing.domain.stages import Purpose

Hours = Annotated[int, Field(ge=1, le=24 * 365)]


class Queue(HouseData):
    """The people of one queue, by staff number."""

    staff: tuple[Identifier, ...] = Field(min_length=1)
    supervisor: Identifier


class OwnTime(HouseData):
    """A promise whose time the house sets itself, and the person named when it breaks."""

    hours: Hours
    when_broken: Identifier


class GivenTime(HouseData):
    """A promise whose date warranty gives, and the person named when it breaks.

    It is at risk, and said to be, when it is not kept `at_risk_hours` before its date.
    """

    at_risk_hours: Hours
    when_broken: Identifier


class Promises(HouseData):
    """Every kind of promise."""

    first_answer: OwnTime
    decision: OwnTime
    next_step: OwnTime
    cancellation: OwnTime
    replacement: GivenTime
    repair: GivenTime
    training: OwnTime
    complaint_answer: OwnTime
    update: OwnTime
    refund: GivenTime
    quote: GivenTime


class ComplaintTerms(HouseData):
    """By when a complaint (queja, reclamación) is acknowledged and answered, by a law or the house's rule.

    Working days are Monday to Friday. Holidays are not skipped, so a date is never later than the law's.
    `charges_working_days` is for complaints about undue charges.
    """

    profile: Code
    acknowledge_hours: Hours
    answer_working_days: int = Field(ge=1, le=90)
    charges_working_days: int = Field(ge=1, le=90)


class Complaints(HouseData):
    """The terms of complaints: those of the customer's country, else the house's own."""

    house: ComplaintTerms
    by_law: dict[Jurisdiction, ComplaintTerms] = Field(default_factory=dict)

    def terms(self, jurisdiction: Jurisdiction) -> ComplaintTerms:
        """The terms for a customer protected by this country's law."""
        return self.by_law.get(jurisdiction, self.house)


class CustomerWait(HouseData):
    """How long the customer may take to answer, and after how many hours he is reminded.

    Silence closes the case afterwards, but never as solved.
    """

    hours: Hours
    reminders: tuple[Hours, ...] = Field(max_length=5)

    @field_validator("reminders")
    @classmethod
    def _one_after_another(cls, reminders: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(reminders)):
            raise ValueError("each reminder comes after the one before")
        return reminders


class AskedWait(CustomerWait):
    """The same for what is missing; whoever finds it out when the customer does not say."""

    when_passed: Identifier


class CustomerWaits(HouseData):
    """The waits for the customer, by what is asked.

    An offer (`quote`) stands until its own date: its hours come after that date.
    """

    information: AskedWait
    remedy: CustomerWait
    quote: CustomerWait
    confirmation: CustomerWait

    @model_validator(mode="after")
    def _reminders_come_in_time(self) -> "CustomerWaits":
        for name in ("information", "remedy", "confirmation"):
            wait: CustomerWait = getattr(self, name)
            if any(hours >= wait.hours for hours in wait.reminders):
                raise ValueError(f"{name}.reminders: a reminder comes before the {wait.hours} hours are over")
        return self


class Charter(HouseData):
    """The whole charter; every person it names works in one of its queues."""

    version: Identifier
    queues: dict[Identifier, Queue]
    promises: Promises
    customer_waits: CustomerWaits
    max_handoffs: int = Field(ge=0, le=20)
    """How often one party hands a case to another; then only a supervisor takes it."""
    longest_update_hours: Hours
    """How long the customer waits at most for the next word about what nobody knows yet."""
    linked_case_hours: Hours
    """How long a case waits for another one of the same matter before a person looks at both."""
    objection_hours: Hours
    """How long an objection to a rejection is expected."""
    compensate_when_broken: tuple[PromiseKind, ...]
    """The kinds of promises whose breach is our fault: a compensation is proposed."""
    complaints: Complaints

    @model_validator(mode="after")
    def _everybody_is_known(self) -> "Charter":
        for queue in (FIRST_LINE, EDUCATION, COMPLAINTS):
            if queue not in self.queues:
                raise ValueError(f"queues: the queue {queue} is missing")
        if unknown := [kind for kind in self.compensate_when_broken if kind is PromiseKind.fallback()]:
            raise ValueError(f"compensate_when_broken: {len(unknown)} of these are no kinds of promises")
        known = {person for queue in self.queues.values() for person in (*queue.staff, queue.supervisor)}
        named = {
            f"promises.{name}.when_broken": getattr(self.promises, name).when_broken
            for name in Promises.model_fields
        }
        named["customer_waits.information.when_passed"] = self.customer_waits.information.when_passed
        for place, person in named.items():
            if person not in known:
                raise ValueError(f"{place}: {person} works in no queue")
        return self

    @property
    def first_line(self) -> Queue:
        """The people of the first line (primera línea)."""
        return self.queues[FIRST_LINE]

    def queue_of(self, staff_no: Identifier) -> Identifier | None:
        """The queue that a person works in; None for somebody unknown."""
        for name, queue in self.queues.items():
            if staff_no in (*queue.staff, queue.supervisor):
                return name
        return None

    def supervises(self, staff_no: Identifier) -> bool:
        """Whether this person is the supervisor of a queue."""
        return any(queue.supervisor == staff_no for queue in self.queues.values())

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

    def risk_from(self, kind: PromiseKind, due: datetime) -> datetime | None:
        """From when a promise due then is at risk; None for kinds that nobody is warned about."""
        terms = self.promise(kind)
        return due - timedelta(hours=terms.at_risk_hours) if isinstance(terms, GivenTime) else None

    def customer_wait(self, purpose: Purpose) -> CustomerWait:
        """How long a wait for the customer lasts, and when he is reminded."""
        terms: CustomerWait = getattr(self.customer_waits, purpose.value)
        return terms


@dataclass(frozen=True, slots=True)
class House:
    """What a house decides by: its charter and its playbooks."""

    charter: Charter
    playbooks: Playbooks
