"""What intake must know of a case to accept the customer's next word; everything else is in the timeline."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from ciclo_schemas.values import RemedyKind
from services.chassis.decider import Decision, Refusal, State


class Offer(State):
    """The remedies that warranty's last assessment allows the customer to choose from."""

    assessment_no: int
    remedies: tuple[RemedyKind, ...]


class Answer(StrEnum):
    """What the customer said to the question "is it solved?"."""

    CONFIRMED = "confirmed"
    DENIED = "denied"


class Quote(State):
    """The newest revision of a quote, and what the customer answered; `over` once it stands no more."""

    quote_no: str
    revision: int
    valid_until: datetime
    accepted: bool | None = None
    over: bool = False


class CaseState(State):
    """The remedies on offer and the choice made of them; the last question asked and the answer to it.

    `proposal_no` is 0 before the first proposal. `quotes` are in the order in which they were issued. `said`
    are the requests made since the case last moved: the same again, without words, is no new request.
    `score` is the answer to the survey.
    """

    offer: Offer | None = None
    chosen: RemedyKind | None = None
    proposal_no: int = 0
    answer: Answer | None = None
    quotes: tuple[Quote, ...] = ()
    said: tuple[str, ...] = ()
    score: int | None = None


class Heard(BaseModel):
    """The reply to a customer's or a colleague's word about a case."""

    case_id: UUID
    text_ref: str | None = None


def refused(
    state: CaseState | None, code: str, detail: str, *fields: str, status: int = 409
) -> Decision[CaseState]:
    """A decision that changes nothing; `fields` are those of the request body at fault."""
    locations = tuple(f"body.{field}" for field in fields)
    return Decision(state, refusal=Refusal(code, detail, locations, status))


def unknown_case() -> Decision[CaseState]:
    """Every case begins here, so a case that intake does not know does not exist."""
    return refused(None, "unknown_case", "there is no such case", status=404)
