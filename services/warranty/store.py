"""The tables of warranty, and which cases a registered unit or a containment concerns."""

from collections.abc import Sequence
from uuid import UUID

from services.chassis.definition import Connection
from services.chassis.tables import Table
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.containment import TellContained
from services.warranty.domain.records import (
    AssessmentRow,
    Compensation,
    Containment,
    ListedPoint,
    OpenCase,
    Quote,
    Remedy,
    ServicePoint,
    Stock,
    Unit,
)

# Facts are loaded in the order of the tables' names: the unit's row is locked before its remedies are read.
TABLES = (
    Table(
        "product_units",
        Unit,
        key=("product_unit",),
        types={
            "product_unit": "text",
            "revision": "integer",
            "model": "text",
            "brand": "text",
            "seller": "text",
            "jurisdiction": "text",
            "buyer": "text",
            "customer_ref": "text",
            "purchase_ref": "text",
            "purchased_on": "date",
            "delivered_on": "date",
            "lot": "text",
        },
        locked=True,
    ),
    Table(
        "remedies",
        Remedy,
        key=("case_id", "remedy_no"),
        types={
            "case_id": "uuid",
            "remedy_no": "integer",
            "product_unit": "text",
            "defect_no": "integer",
            "symptom_code": "text",
            "kind": "text",
            "in_force": "boolean",
            "assessment_no": "integer",
            "coverage": "text",
            "policy_id": "text",
            "policy_version": "text",
            "reported_at": "timestamptz",
            "decided_at": "timestamptz",
            "due": "timestamptz",
            "supersedes": "integer",
            "repair_no": "text",
            "service_point": "text",
            "quote_no": "text",
            "received_at": "timestamptz",
            "completed_at": "timestamptz",
            "failed_at": "timestamptz",
            "returned_at": "timestamptz",
            "repair_guarantee_until": "date",
            "shipment": "text",
            "shipped_at": "timestamptz",
            "lost_at": "timestamptz",
            "delivered_at": "timestamptz",
            "payment": "text",
            "paid_at": "timestamptz",
            "called_off_at": "timestamptz",
            "refused_for": "text",
        },
    ),
    Table(
        "quotes",
        Quote,
        key=("quote_no",),
        types={
            "quote_no": "text",
            "case_id": "uuid",
            "product_unit": "text",
            "symptom_code": "text",
            "service_point": "text",
            "assessment_no": "integer",
            "policy_id": "text",
            "policy_version": "text",
            "status": "text",
            "due": "timestamptz",
            "revision": "integer",
            "price_minor": "bigint",
            "currency": "text",
            "valid_until": "timestamptz",
            "work": "jsonb",
        },
    ),
    Table(
        "compensations",
        Compensation,
        key=("case_id", "cause", "cause_no"),
        types={
            "case_id": "uuid",
            "cause": "text",
            "cause_no": "integer",
            "amount_minor": "bigint",
            "currency": "text",
            "policy_id": "text",
            "policy_version": "text",
            "granted_at": "timestamptz",
        },
    ),
    Table(
        "stock", Stock, key=("model",), types={"model": "text", "available": "integer", "expected_on": "date"}
    ),
    Table(
        "service_points",
        ServicePoint,
        key=("id",),
        types={
            "id": "text",
            "official": "boolean",
            "active": "boolean",
            "brands": "jsonb",
            "jurisdictions": "jsonb",
            "capacity": "integer",
            "open_repairs": "integer",
        },
        locked=True,
    ),
    # A view of service_points, without their load: reading it locks nothing.
    Table(
        "listed_points",
        ListedPoint,
        key=("id",),
        types={
            "id": "text",
            "official": "boolean",
            "active": "boolean",
            "brands": "jsonb",
            "jurisdictions": "jsonb",
        },
    ),
    Table(
        "assessments",
        AssessmentRow,
        key=("case_id", "assessment_no"),
        types={"case_id": "uuid", "assessment_no": "integer", "assessed_at": "timestamptz", "body": "jsonb"},
    ),
    Table("open_cases", OpenCase, key=("case_id",), types={"case_id": "uuid", "product_unit": "text"}),
    Table(
        "containments",
        Containment,
        key=("id",),
        types={
            "id": "text",
            "model": "text",
            "lot": "text",
            "cause": "text",
            "advice": "text",
            "active": "boolean",
            "started_at": "timestamptz",
            "lifted_at": "timestamptz",
            "lift_reason": "text",
        },
    ),
)


async def cases_about(
    connection: Connection, data: AssessAgain, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """The open cases about this unit, in id order."""
    rows = await connection.fetch(
        """
        SELECT case_id FROM open_cases
        WHERE product_unit = $1 AND ($2::uuid IS NULL OR case_id > $2) ORDER BY case_id LIMIT $3
        """,
        data.product_unit,
        after,
        limit,
    )
    return [row["case_id"] for row in rows]


async def cases_contained(
    connection: Connection, data: TellContained, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """The open cases about units of what is held back, in id order."""
    rows = await connection.fetch(
        """
        SELECT case_id FROM open_cases JOIN product_units USING (product_unit)
        WHERE model = $1 AND ($2::text IS NULL OR lot = $2) AND ($3::uuid IS NULL OR case_id > $3)
        ORDER BY case_id LIMIT $4
        """,
        data.model,
        data.lot,
        after,
        limit,
    )
    return [row["case_id"] for row in rows]
