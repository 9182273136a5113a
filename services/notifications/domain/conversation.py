"""What a message can rest on: all that notifications knows about one case."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Category, Language, Party, RemedyKind, Window
from ciclo_schemas.warranty import CoverageAssessed, Withheld
from services.chassis.decider import State
from services.notifications.domain.message import Told


class Coverage(State):
    """The latest assessment of warranty, as far as customers are told about it."""

    window: Window
    until: date | None
    remedies: tuple[RemedyKind, ...]
    withheld: tuple[Withheld, ...]
    reasons: tuple[str, ...]
    product_unit: str | None

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
        )


class BrokenPromise(State):
    """A promise that was not kept and for which we have not apologised yet."""

    kind: PromiseKind
    due: datetime


class Question(State):
    """Whether it is solved, not asked yet; `cause` is the proposal that the question is about."""

    cause: UUID
    told: Told


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
    promises: Mapping[int, datetime] = Field(default_factory=dict)
    """When each live promise is due, by its number."""
    broken: BrokenPromise | None = None
    denied: bool = False
    """The customer said that it is not solved, and has not been answered yet."""
    coverage: Coverage | None = None
    replacement_due: datetime | None = None
    proposals: int = 0
    question: Question | None = None

    def without_promise(self, promise_no: int) -> Mapping[int, datetime]:
        """The live promises but this one."""
        return {number: due for number, due in self.promises.items() if number != promise_no}

    @property
    def next_date(self) -> datetime | None:
        """When the promise made last is due, if one is live."""
        return self.promises[max(self.promises)] if self.promises else None
