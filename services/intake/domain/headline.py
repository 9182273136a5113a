"""The answer to "how is my case?": what happens now, who has it, the next date. In the customer's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ciclo_schemas.routing import ClosedAs
from ciclo_schemas.values import Language, Party, PartyKind, WaitName
from services.intake.domain.sentences import spoken
from services.intake.domain.situation import OPEN, Situation
from services.intake.domain.wording import wording

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
    CANCELLED = "cancelled"
    REJECTED = "rejected"


_OVER = (Status.CLOSED, Status.CANCELLED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Headline:
    """`who` has the case now, as the customer knows him; `next_date` is when he hears or must answer."""

    status: Status
    text: str
    who: str
    next_date: datetime | None


def headline(now: Situation, language: Language) -> Headline:
    """The headline of a case that stands like this; what is dangerous, or late, is said first."""
    status, key = _stage(now)
    headlines = wording(language).headlines
    remedies = now.assessed.remedies_allowed if now.assessed is not None else ()
    missing = now.asked.missing if now.asked is not None else ()
    values = {
        "remedies": spoken(remedies, language),
        "missing": spoken(tuple(missing), language, "missing"),
        "price": "" if now.quote is None else spoken(now.quote.price, language),
    }
    said_first = [headlines["stop_using"]] if now.stop_using else []
    if now.reminded and status in (Status.PENDING, Status.RESOLVED):
        said_first.append(headlines["reminded"])
    return Headline(
        status=status,
        text=" ".join([*said_first, headlines[key].format_map(values)]),
        who=spoken(_who(now, status), language),
        next_date=_next_date(now, status),
    )


def _stage(now: Situation) -> tuple[Status, str]:
    if now.cancelled:
        return Status.CANCELLED, "cancelled"
    if now.rejected:
        return Status.REJECTED, "rejected"
    if now.closed is not None:
        confirmed = now.closed.closed_as == ClosedAs.CONFIRMED
        return Status.CLOSED, "confirmed" if confirmed else "unconfirmed"
    if now.proposal_no is not None:
        return Status.RESOLVED, "solved?"
    if now.cancelling:
        return Status.IN_PROGRESS, "cancelling"
    if now.asked is not None:
        return Status.PENDING, _question(now)
    return _progress(now)


def _question(now: Situation) -> str:
    missing = now.asked.missing if now.asked is not None else ()
    if "quote" in missing and now.quote is not None:
        return "quote"
    choosing = tuple(missing) == ("remedy",) and now.assessed is not None and now.assessed.remedies_allowed
    return "choose" if choosing else "asked"


def _progress(now: Situation) -> tuple[Status, str]:
    status = Status.HELD if now.wait else Status.IN_PROGRESS
    if now.linked:
        return Status.HELD, "linked"
    if now.step in wording(Language.EN).headlines:
        return status, str(now.step)
    if now.complaint_open:
        return status, "complaint"
    if now.owner is not None or now.wait is not None:
        return Status.IN_PROGRESS, "with_owner"
    return Status.ACKNOWLEDGED, "received"


def _who(now: Situation, status: Status) -> Party:
    if status in (Status.PENDING, Status.RESOLVED):
        return _CUSTOMER
    if now.wait is not None and now.wait.wait != WaitName.CUSTOMER and status not in _OVER:
        return now.wait.owner
    return now.owner or _OURSELVES


def _next_date(now: Situation, status: Status) -> datetime | None:
    """The customer's deadline if we wait for him, else the next promise due, else the wait's deadline."""
    if status in _OVER:
        return None
    if status is Status.PENDING and now.asked is not None:
        return now.asked.deadline
    promised = [promise.due for promise in now.promises.values() if promise.state == OPEN]
    waited = [now.wait.deadline] if now.wait is not None else []
    if status is Status.RESOLVED:
        return min(waited, default=None)
    return min(promised or waited, default=None)
