"""What the database itself guarantees, and what it is asked."""

from collections.abc import AsyncIterator
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.chassis.database import create_pool
from services.warranty.domain.answers import AssessAgain
from services.warranty.domain.containment import TellContained
from services.warranty.domain.records import Remedy
from services.warranty.store import TABLES, cases_about, cases_contained
from tests.conftest import NewDatabase

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
async def pool(database: NewDatabase) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a fresh database of warranty."""
    pool = await create_pool(await database("warranty"), "warranty-test")
    yield pool
    await pool.close()


def remedy(case: int, **changes: Any) -> Remedy:
    """A replacement in force."""
    return Remedy(
        **{
            "case_id": UUID(int=case),
            "remedy_no": 1,
            "product_unit": "TV-0001",
            "defect_no": 1,
            "symptom_code": "no_picture",
            "kind": "replacement",
            "in_force": True,
            "assessment_no": 1,
            "coverage": "guarantee",
            "policy_id": "es-consumer-goods",
            "policy_version": "2022",
            "reported_at": NOW,
            "decided_at": NOW,
            "due": NOW,
            **changes,
        }
    )


async def keep(pool: asyncpg.Pool, row: Remedy) -> None:
    """Store a remedy, past every rule but the database's own."""
    names = ", ".join(field.name for field in fields(row))
    places = ", ".join(f"${number}" for number in range(1, len(fields(row)) + 1))
    await pool.execute(f"INSERT INTO remedies ({names}) VALUES ({places})", *astuple(row))  # noqa: S608


async def test_a_defect_cannot_have_two_remedies_in_force(pool: asyncpg.Pool) -> None:
    await keep(pool, remedy(1))
    with pytest.raises(asyncpg.UniqueViolationError, match="one_remedy_in_force"):
        await keep(pool, remedy(2))
    await keep(pool, remedy(2, in_force=False))
    await keep(pool, remedy(3, defect_no=2))
    await keep(pool, remedy(4, product_unit="TV-0002"))


@pytest.mark.parametrize("kind", ["refund", "price_reduction"])
async def test_money_counts_as_a_remedy_in_force_like_any_other(pool: asyncpg.Pool, kind: str) -> None:
    unit = f"TV-{kind}"
    await keep(pool, remedy(20, product_unit=unit, kind=kind, remedy_no=1 if kind == "refund" else 2))
    with pytest.raises(asyncpg.UniqueViolationError, match="one_remedy_in_force"):
        await keep(pool, remedy(21, product_unit=unit))


async def test_what_was_called_off_is_not_in_force(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="called_off_is_not_in_force"):
        await keep(pool, remedy(22, product_unit="TV-0022", called_off_at=NOW))


async def test_out_of_guarantee_nothing_is_free(pool: asyncpg.Pool) -> None:
    repair = {"kind": "repair", "repair_no": "R-23-1", "service_point": "cast", "coverage": "out"}
    for free in (remedy(23, product_unit="TV-0023", coverage="out"), remedy(23, **repair)):
        with pytest.raises(asyncpg.CheckViolationError, match="repair_out_of_guarantee_has_a_quote"):
            await keep(pool, free)
    await keep(pool, remedy(23, product_unit="TV-0023", quote_no="Q-23-1", **repair))


async def test_a_case_has_one_open_quote(pool: asyncpg.Pool) -> None:
    query = """
        INSERT INTO quotes (
            quote_no, case_id, product_unit, service_point, assessment_no, policy_id, policy_version, status,
            due, revision, work
        ) VALUES ($1, $2, 'TV-1', 'cast', 1, 'es-paid-repair', '1988', $3, $4, 0, '[]')
        """
    await pool.execute(query, "Q-1-1", UUID(int=1), "not_given", NOW)
    await pool.execute(query, "Q-1-2", UUID(int=1), "requested", NOW)
    with pytest.raises(asyncpg.UniqueViolationError, match="one_open_quote"):
        await pool.execute(query, "Q-1-3", UUID(int=1), "requested", NOW)


async def test_a_trial_cannot_go_to_the_workshop(pool: asyncpg.Pool) -> None:
    row = remedy(
        5, product_unit="TV-0005", kind="repair", repair_no="R-5-1", service_point="cast", coverage="trial"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="trial_goes_to_no_workshop"):
        await keep(pool, row)


async def test_a_repair_has_a_number_and_a_workshop(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="repair_has_number_and_workshop"):
        await keep(pool, remedy(6, product_unit="TV-0006", kind="repair"))


async def test_the_declared_tables_are_those_of_the_migration(pool: asyncpg.Pool) -> None:
    for table in TABLES:
        rows = await pool.fetch(
            """
            SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """,
            table.name,
        )
        known = {
            row["attname"]: row["type"].replace("timestamp with time zone", "timestamptz") for row in rows
        }
        assert known == table.types, table.name


async def test_the_open_cases_about_a_unit_are_found_page_by_page(pool: asyncpg.Pool) -> None:
    waiting = [(UUID(int=number), "TV-0007" if number % 2 else "TV-0008") for number in range(1, 8)]
    await pool.executemany("INSERT INTO open_cases VALUES ($1, $2)", waiting)
    asked = AssessAgain(product_unit="TV-0007")
    async with pool.acquire() as connection:
        first = await cases_about(connection, asked, None, 3)
        second = await cases_about(connection, asked, first[-1], 3)
    assert [case.int for case in [*first, *second]] == [1, 3, 5, 7]


async def test_the_open_cases_of_a_lot_are_found_page_by_page_and_those_of_every_lot(
    pool: asyncpg.Pool,
) -> None:
    units = [("FR-1", "fryer-4", "L-07"), ("FR-2", "fryer-4", "L-08"), ("TV-9", "tv-43", "L-07")]
    for unit, model, of_lot in units:
        await pool.execute(
            """
            INSERT INTO product_units (
                product_unit, revision, model, brand, seller, jurisdiction, buyer, purchased_on, lot
            ) VALUES ($1, 1, $2, 'brisa', 'acme', 'ES', 'consumer', '2026-11-01', $3)
            """,
            unit,
            model,
            of_lot,
        )
    cases = [(UUID(int=100 + number), units[number % 3][0]) for number in range(9)]
    await pool.executemany("INSERT INTO open_cases VALUES ($1, $2)", cases)
    lot = TellContained(containment="c", model="fryer-4", lot="L-07")
    every_lot = lot.model_copy(update={"lot": None})
    async with pool.acquire() as connection:
        first = await cases_contained(connection, lot, None, 2)
        second = await cases_contained(connection, lot, first[-1], 2)
        of_model = await cases_contained(connection, every_lot, None, 20)
    assert [case.int for case in [*first, *second]] == [100, 103, 106]
    assert [case.int for case in of_model] == [100, 101, 103, 104, 106, 107]


async def test_a_fault_is_compensated_once(pool: asyncpg.Pool) -> None:
    query = """
        INSERT INTO compensations VALUES ($1, $2, $3, 1000, 'EUR', 'service-credit-euro', '1', $4)
        """
    await pool.execute(query, UUID(int=1), "promise", 1, NOW)
    await pool.execute(query, UUID(int=1), "promise", 2, NOW)
    await pool.execute(query, UUID(int=1), "complaint", 1, NOW)
    await pool.execute(query, UUID(int=2), "promise", 1, NOW)
    with pytest.raises(asyncpg.UniqueViolationError, match="compensations_pkey"):
        await pool.execute(query, UUID(int=1), "promise", 1, NOW)


async def test_a_containment_is_lifted_with_a_reason(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="lifted_with_a_reason"):
        await pool.execute(
            "INSERT INTO containments VALUES ('c-1', 'fryer-4', NULL, 'overheats', 'stop_using', false, $1)",
            NOW,
        )
