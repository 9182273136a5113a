"""Questions to warranty's tables; one function each, none writes."""

import json
from dataclasses import dataclass, fields
from uuid import UUID

import asyncpg
from pydantic import AwareDatetime, BaseModel

from ciclo_schemas.warranty import CoverageAssessed
from services.warranty.domain.records import Compensation, Containment, Quote, Remedy, Unit
from services.warranty.domain.rights import CaseRights


class Assessed(BaseModel):
    """An assessment as it was published: the window, the rule, the dates, and the reasons."""

    assessed_at: AwareDatetime
    assessment: CoverageAssessed


class CaseView(BaseModel):
    """What warranty decided for a case, oldest first.

    `is_open`: not known to have ended. `is_cancelled`: the customer withdrew it, so nothing new is given.
    """

    case_id: UUID
    case_no: str
    product_unit: str | None
    is_open: bool
    is_cancelled: bool
    contained_by: list[str]
    assessments: list[Assessed]
    remedies: list[Remedy]
    quotes: list[Quote]
    compensations: list[Compensation]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case, and the ETag of what is shown of it."""

    view: CaseView
    etag: str


class ServicePointView(BaseModel):
    """A registered service point and how many repairs are open there."""

    id: str
    official: bool
    active: bool
    brands: list[str]
    jurisdictions: list[str]
    capacity: int
    open_repairs: int


def _columns(model: type) -> str:
    return ", ".join(field.name for field in fields(model))


async def unit(pool: asyncpg.Pool, product_unit: str) -> Unit | None:
    """A registered unit."""
    query = f"SELECT {_columns(Unit)} FROM product_units WHERE product_unit = $1"  # noqa: S608 - declared names
    row = await pool.fetchrow(query, product_unit)
    return None if row is None else Unit(**row)


async def case(pool: asyncpg.Pool, case_id: UUID) -> FoundCase | None:
    """What was decided for a case; None while warranty has not heard of it."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        aggregate = await connection.fetchrow(
            "SELECT state::text AS state, ciclo_picture(a) AS etag FROM aggregates AS a"
            " WHERE id = $1 AND kind = 'case'",
            case_id,
        )
        assessments = await connection.fetch(
            "SELECT assessed_at, body FROM assessments WHERE case_id = $1 ORDER BY assessment_no", case_id
        )
        query = f"SELECT {_columns(Remedy)} FROM remedies WHERE case_id = $1 ORDER BY remedy_no"  # noqa: S608
        remedies = await connection.fetch(query, case_id)
        query = f"SELECT {_columns(Quote)} FROM quotes WHERE case_id = $1 ORDER BY quote_no"  # noqa: S608
        quotes = await connection.fetch(query, case_id)
        query = f"SELECT {_columns(Compensation)} FROM compensations WHERE case_id = $1 ORDER BY granted_at"  # noqa: S608
        compensations = await connection.fetch(query, case_id)
    if aggregate is None:
        return None
    rights = CaseRights.model_validate_json(aggregate["state"])
    view = CaseView(
        case_id=case_id,
        case_no=rights.case_no,
        product_unit=rights.product_unit,
        is_open=not rights.ended,
        is_cancelled=rights.withdrawn,
        contained_by=list(rights.contained_by),
        assessments=[
            Assessed(assessed_at=row["assessed_at"], assessment=CoverageAssessed.read(row["body"]))
            for row in assessments
        ],
        remedies=[Remedy(**row) for row in remedies],
        quotes=[Quote(**row) for row in quotes],
        compensations=[Compensation(**row) for row in compensations],
    )
    return FoundCase(view, aggregate["etag"])


async def containments(pool: asyncpg.Pool) -> list[Containment]:
    """The newest 200 containments, those in force first."""
    query = (
        f"SELECT {_columns(Containment)} FROM containments ORDER BY active DESC, started_at DESC LIMIT 200"  # noqa: S608
    )
    return [Containment(**row) for row in await pool.fetch(query)]


async def service_points(pool: asyncpg.Pool) -> list[ServicePointView]:
    """Every service point, by id."""
    rows = await pool.fetch(
        """
        SELECT id, official, active, brands, jurisdictions, capacity, open_repairs
        FROM service_points ORDER BY id
        """
    )
    return [
        ServicePointView(
            **{**row, "brands": json.loads(row["brands"]), "jurisdictions": json.loads(row["jurisdictions"])}
        )
        for row in rows
    ]
