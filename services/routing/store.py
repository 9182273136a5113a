"""Routing's own tables."""

from services.chassis.tables import Table
from services.routing.domain.rows import CaseRow, PromiseRow

CASES = Table(
    "cases",
    CaseRow,
    key=("case_id",),
    types={
        "case_id": "uuid",
        "case_no": "text",
        "language": "text",
        "stage": "text",
        "tmf_status": "text",
        "category": "text",
        "abstained": "boolean",
        "urgency": "text",
        "rank": "integer",
        "owner_kind": "text",
        "owner": "text",
        "queue": "text",
        "waiting_for": "text",
        "next_due": "timestamptz",
        "opened_at": "timestamptz",
        "playbook": "text",
        "steps": "jsonb",
        "proposals": "integer",
        "handoffs": "integer",
        "technicians": "text",
    },
)

PROMISES = Table(
    "promises",
    PromiseRow,
    key=("case_id", "promise_no"),
    types={
        "case_id": "uuid",
        "promise_no": "integer",
        "kind": "text",
        "owner_kind": "text",
        "owner": "text",
        "made_at": "timestamptz",
        "due": "timestamptz",
        "status": "text",
        "settled_at": "timestamptz",
        "kept_by": "text",
    },
)

TABLES = (CASES, PROMISES)
