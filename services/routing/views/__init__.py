"""Questions to routing's tables; one function each, none writes."""

from services.routing.views.one_case import CaseView, Found, case
from services.routing.views.queues import (
    CURSOR,
    Cursor,
    Filter,
    QueueEntry,
    QueuePage,
    Waiting,
    overview,
    queue,
)

__all__ = [
    "CURSOR",
    "CaseView",
    "Cursor",
    "Filter",
    "Found",
    "QueueEntry",
    "QueuePage",
    "Waiting",
    "case",
    "overview",
    "queue",
]
