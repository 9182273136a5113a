"""What must have happened in a case when it has ended, by the plan of its customer."""

from collections.abc import Mapping

from tests.benchmarks.plans import Path, Plan

_ALWAYS = {
    "case.opened": 1,
    "case.resolution_confirmed": 1,
    "case.closed": 1,
    "case.reopened": 0,
    "promise.broken": 0,
    "notification.failed": 0,
    "remedy.already_in_force": 0,
    "repair.failed": 0,
    "case.information_received": 0,
    "case.human_requested": 0,
}
_REPLACED = {
    "replacement.approved": 1,
    "replacement.shipped": 1,
    "replacement.delivered": 1,
    "item.received": 1,
    "repair.authorized": 0,
    "case.escalated": 0,
    "coverage.assessed": 1,
}
_CHOSEN = {"case.remedy_chosen": 1, "information.requested": 1}
_BY_PATH: Mapping[Path, Mapping[str, int]] = {
    Path.TRIAL: _REPLACED | {"case.remedy_chosen": 0, "information.requested": 0},
    Path.REPLACEMENT: _REPLACED | _CHOSEN,
    Path.REPAIR: _CHOSEN
    | {
        "coverage.assessed": 1,
        "repair.authorized": 1,
        "case.escalated": 1,
        "item.received": 1,
        "repair.completed": 1,
        "replacement.approved": 0,
    },
    Path.FIRST_LINE: {
        "coverage.assessed": 0,
        "replacement.approved": 0,
        "repair.authorized": 0,
        "case.escalated": 0,
    },
}
# receipt, the decision or the question, what follows, "is it solved?", the closing
_MESSAGES = {Path.TRIAL: 5, Path.REPLACEMENT: 6, Path.REPAIR: 5, Path.FIRST_LINE: 4}


def expected_events(plan: Plan) -> dict[str, int]:
    """How often each of these events must have happened; the rest is free.

    A denial brings the customer what happens next, and the question once more.
    """
    more = int(plan.denies)
    returned = plan.path is Path.REPAIR and plan.receipt_is_reported
    return {
        **_ALWAYS,
        **_BY_PATH[plan.path],
        "item.returned": int(returned),
        "case.resolution_denied": more,
        "resolution.proposed": 1 + more,
        "notification.sent": _MESSAGES[plan.path] + 2 * more,
    }
