"""What reports of other systems have in common: who may report, what waits, how one is refused."""

from datetime import timedelta

from services.chassis.decider import Decision, Refusal
from services.warranty.domain.rights import CaseRights

WAIT_FOR_UNKNOWN = timedelta(days=1)
"""A report about something that is not known yet is tried again for so long."""

CLOCKS_DIFFER = timedelta(hours=1)
"""How far ahead of ours a reporter's clock may be."""


def not_ours(publisher: str, service_point: str | None) -> bool:
    """Whether a workshop reports about the work of another; its name is the publisher's last part."""
    return publisher.rpartition("/")[2] != service_point


def refuse(
    case: CaseRights | None,
    code: str,
    detail: str,
    field: str,
    *,
    wait: timedelta | None = None,
    status: int = 409,
) -> Decision[CaseRights]:
    """Refuse a report, naming its field."""
    refusal = Refusal(code=code, detail=detail, locations=(field,), wait=wait, status=status)
    return Decision(case, refusal=refusal)
