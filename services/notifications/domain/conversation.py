"""What a message can rest on: all that notifications knows about one case."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Language, Money, Party, RemedyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, ServicePointOption, Withheld
from services.chassis.decider import State
from services.notifications.domain.message import Template, Told, Topic


class Coverage(State):
    """The latest assessment of warranty, as far as customers are told about it."""

    window: Window
    until: date | None
    remedies: tuple[RemedyKind, ...]
    withheld: tuple[Withheld, ...]
    reasons: tuple[str, ...]
    product_unit: str | None
    service_points: tuple[ServicePointOption, ...] = ()
    has_words: bool = False

    @staticmethod
    def of(event: CoverageAssessed) -> "Coverage":
        """`until` is the last day of the window that the report falls into, or fell into."""
        trial = event.window is Window.TRIAL
        return Coverage(
            window=event.window,
            until=event.dates.trial_until if trial else event.dates.guarantee_until,
            remedies=event.remedies_allowed,
            withheld=event.withheld,
            reasons=event.reasons,
            product_unit=event.product_unit,
            service_points=event.service_points,
            has_words=event.text_ref is not None,
        )

    def told(self, owner: Party | None) -> Told:
        """What a message about it says."""
        return Told(
            owner=owner,
            until=self.until,
            reasons=self.reasons,
            window=self.window,
            remedies=self.remedies,
            withheld=self.withheld,
            service_points=self.service_points,
            product_unit=self.product_unit,
            has_words=self.has_words,
        )

    def is_official(self, service_point: str) -> bool | None:
        """Whether the maker authorised this workshop, if the assessment named it."""
        for option in self.service_points:
            if option.service_point == service_point:
                return option.official
        return None


BESIDE = frozenset({PromiseKind.COMPLAINT_ANSWER, PromiseKind.CANCELLATION})
"""What is promised beside the matter of the case."""


class Promised(State):
    """A live promise, or one that was not kept and for which we have not apologised yet."""

    kind: PromiseKind
    due: datetime


class Question(State):
    """Whether it is solved, not asked yet; `cause` is the proposal that the question is about."""

    cause: UUID
    template: Template
    told: Told


class Asked(State):
    """The last question: a reminder asks it again."""

    topic: Topic
    told: Told


class Done(State):
    """What a finished remedy came to; told with the question whether it is solved."""

    reason: str
    """The reason of the proposal that it belongs to."""
    work: tuple[str, ...] = ()
    until: date | None = None
    price: Money | None = None
    reference: str | None = None


class Answer(State):
    """The answer to a complaint, not told yet; `cause` is its event."""

    cause: UUID
    told: Told


class Link(State):
    """The case waits for another one about the same matter, which has not been told yet."""

    cause: UUID
    reason: str


class Conversation(State):
    """One case as its customer was told about it."""

    case_no: str
    customer_ref: str
    language: Language
    jurisdiction: str
    asked_for: RemedyKind | None = None
    product_unit: str | None = None
    category: Category | None = None
    owner: Party | None = None
    owner_reason: str | None = None
    progress_told: tuple[Party, str | None] | None = None
    """Owner and reason of the last message about progress: the same news is not told twice."""
    news: tuple[str, ...] = ()
    """What happened and is told with the next message."""
    promises: Mapping[int, Promised] = Field(default_factory=dict)
    """The live promises, by number."""
    broken: Promised | None = None
    denied: bool = False
    """The customer said that it is not solved, and has not been answered yet."""
    coverage: Coverage | None = None
    remedies: Mapping[int, RemedyKind] = Field(default_factory=dict)
    """What was decided, by its number: a later remedy names the one whose place it takes."""
    arrival: datetime | None = None
    """When the new unit, the repair or the money is due, as the customer was told last."""
    done: Done | None = None
    proposals: int = 0
    question: Question | None = None
    answer: Answer | None = None
    asked: Asked | None = None
    linked: bool = False
    """Another case about the same matter goes on and speaks for this one."""
    link: Link | None = None
    ended: bool = False
    reopened: bool = False
    """Opened again, and the customer has not been told who goes on."""

    def without_promise(self, promise_no: int) -> Mapping[int, Promised]:
        """The live promises but this one."""
        return {number: live for number, live in self.promises.items() if number != promise_no}

    @property
    def next_date(self) -> datetime | None:
        """When the last promise about the matter itself is due, if one is live."""
        numbers = [number for number, live in self.promises.items() if live.kind not in BESIDE]
        return self.promises[max(numbers)].due if numbers else None
