"""The answer to "how is my case?": what happens now, who has it, the next date. In the customer's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ciclo_schemas.routing import ClosedAs
from ciclo_schemas.values import Language, Party, PartyKind, WaitName
from services.intake.domain.sentences import fill, spoken
from services.intake.domain.situation import OPEN, Situation
from services.intake.domain.wording import HEADLINES

_CUSTOMER = Party(kind=PartyKind.CUSTOMER, id="customer")
_OURSELVES = Party(kind=PartyKind.QUEUE, id="care")


class Status(StrEnum):
    """The status of a case after TMF621: `pending` waits for the customer, `held` for others."""

    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    HELD = "held"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Headline:
    """`who` has the case now, as the customer knows him; `next_date` is when he hears or must answer."""

    status: Status
    text: str
    who: str
    next_date: datetime | None


def headline(now: Situation, language: Language) -> Headline:
    """The headline of a case that stands like this."""
    status, key = _stage(now)
    remedies = now.assessed.remedies_allowed if now.assessed is not None else ()
    missing = now.asked.missing if now.asked is not None else ()
    values = {
        "remedies": spoken(remedies, language),
        "missing": spoken(tuple(missing), language, "missing"),
    }
    return Headline(
        status=status,
        text=fill(HEADLINES[key], values, language),
        who=spoken(_who(now, status), language),
        next_date=_next_date(now, status),
    )


def _stage(now: Situation) -> tuple[Status, str]:
    if now.closed is not None:
        confirmed = now.closed.closed_as == ClosedAs.CONFIRMED
        return Status.CLOSED, "confirmed" if confirmed else "unconfirmed"
    if now.proposal_no is not None:
        return Status.RESOLVED, "solved?"
    if now.asked is not None:
        choosing = tuple(now.asked.missing) == ("remedy",) and now.assessed is not None
        return Status.PENDING, "choose" if choosing else "asked"
    if now.step in HEADLINES:
        return (Status.HELD if now.wait else Status.IN_PROGRESS), str(now.step)
    if now.owner is not None or now.wait is not None:
        return Status.IN_PROGRESS, "with_owner"
    return Status.ACKNOWLEDGED, "received"


def _who(now: Situation, status: Status) -> Party:
    if status in (Status.PENDING, Status.RESOLVED):
        return _CUSTOMER
    if now.wait is not None and now.wait.wait != WaitName.CUSTOMER and status is not Status.CLOSED:
        return now.wait.owner
    return now.owner or _OURSELVES


def _next_date(now: Situation, status: Status) -> datetime | None:
    """The customer's deadline if we wait for him, else the next promise due, else the wait's deadline."""
    if status is Status.CLOSED:
        return None
    if status is Status.PENDING and now.asked is not None:
        return now.asked.deadline
    promised = [promise.due for promise in now.promises.values() if promise.state == OPEN]
    waited = [now.wait.deadline] if now.wait is not None else []
    if status is Status.RESOLVED:
        return min(waited, default=None)
    return min(promised or waited, default=None)
