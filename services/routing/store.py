"""Routing's own tables, and the cases that a message between cases is for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.chassis.decider import Message
from services.chassis.definition import Connection, Targets
from services.chassis.tables import Table
from services.routing.domain import linked, mirrored
from services.routing.domain.rows import CaseRow, Matter, PromiseRow

CASES = Table(
    "cases",
    CaseRow,
    key=("case_id",),
    types={
        "case_id": "uuid",
        "case_no": "text",
        "customer_ref": "text",
        "product_unit": "text",
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
        "technicians": "text",
        "awaited": "text",
        "is_open": "boolean",
        "bears_remedy": "boolean",
        "survivor": "uuid",
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

MATTERS = Table(
    "matters",
    Matter,
    key=("customer_ref", "product_unit"),
    types={"customer_ref": "text", "product_unit": "text", "survivor": "uuid"},
    locked=True,
)

TABLES = (CASES, PROMISES, MATTERS)


async def addressee(_connection: Connection, message: Any, after: UUID | None, _limit: int) -> Sequence[UUID]:
    """The one case that a message is for."""
    return [message.to] if after is None else []


async def waiting_for_survivor(
    connection: Connection, message: Any, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """The open cases that wait for the survivor, by id."""
    rows = await connection.fetch(
        """
        SELECT case_id FROM cases
        WHERE survivor = $1 AND is_open AND ($2::uuid IS NULL OR case_id > $2) ORDER BY case_id LIMIT $3
        """,
        message.survivor,
        after,
        limit,
    )
    return [row["case_id"] for row in rows]


TARGETS: Mapping[type[Message], Targets] = {
    linked.Joined: addressee,
    linked.LookAgain: addressee,
    mirrored.WordOfLinked: addressee,
    linked.Freed: waiting_for_survivor,
    mirrored.SurvivorProposed: waiting_for_survivor,
    mirrored.SurvivorWentOn: waiting_for_survivor,
    mirrored.SurvivorClosed: waiting_for_survivor,
}
