"""Questions to intake's tables; one function each, none writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from ciclo_schemas.envelope import write_clock
from services.intake.domain.attachments import Attachment
from services.intake.domain.records import CaseRow, Contact, TimelineEntry
from services.intake.domain.timeline import Happened, read_back


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, its timeline in order, and the case clock that the timeline amounts to."""

    case: CaseRow
    timeline: list[Happened]
    clock: str
    erased_at: datetime | None
    """When the customer's words and contact data were erased, if he asked for that."""


async def case_with_timeline(pool: asyncpg.Pool, case_id: UUID) -> CaseView | None:
    """Everything that is known of a case."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        case = await connection.fetchrow(
            "SELECT case_id, case_no, customer_ref, language, opened_at FROM cases WHERE case_id = $1",
            case_id,
        )
        if case is None:
            return None
        rows = await connection.fetch(
            """
            SELECT event_id, case_id, at, source, sequence, type, data::text AS data, clock, traceparent
            FROM timeline WHERE case_id = $1
            """,
            case_id,
        )
        erased_at = await connection.fetchval(
            """
            SELECT max(at) FROM erasures
            WHERE customer_ref = $1 AND (case_id = $2 OR case_id IS NULL)
            """,
            case["customer_ref"],
            case_id,
        )
    entries = [TimelineEntry(**row) for row in rows]
    return CaseView(CaseRow(**case), read_back(entries), _clock(entries), erased_at)


async def case_id_of(pool: asyncpg.Pool, case_no: str) -> UUID | None:
    """The case that has this number."""
    found: UUID | None = await pool.fetchval("SELECT case_id FROM cases WHERE case_no = $1", case_no)
    return found


async def clock_of(pool: asyncpg.Pool, case_id: UUID) -> str:
    """The case clock that the timeline amounts to."""
    rows = await pool.fetch(
        "SELECT source, max(sequence) AS sequence FROM timeline WHERE case_id = $1 GROUP BY source", case_id
    )
    return write_clock({row["source"]: row["sequence"] for row in rows})


async def texts(pool: asyncpg.Pool, refs: Sequence[str]) -> dict[str, str]:
    """The texts of these references, those that exist."""
    rows = await pool.fetch("SELECT text_ref, text FROM vault_texts WHERE text_ref = ANY($1::text[])", refs)
    return {row["text_ref"]: row["text"] for row in rows}


async def contacts(pool: asyncpg.Pool, refs: Sequence[str]) -> dict[str, Contact]:
    """The contact data of these customers, those that exist."""
    rows = await pool.fetch(
        "SELECT customer_ref, name, email, language FROM vault_contacts WHERE customer_ref = ANY($1::text[])",
        refs,
    )
    return {row["customer_ref"]: Contact(**row) for row in rows}


async def erased(pool: asyncpg.Pool, refs: Sequence[str]) -> list[str]:
    """Those of these customers whose contact data were erased on request."""
    rows = await pool.fetch(
        """
        SELECT DISTINCT customer_ref FROM erasures e WHERE customer_ref = ANY($1::text[])
          AND NOT EXISTS (SELECT FROM vault_contacts c WHERE c.customer_ref = e.customer_ref)
        """,
        refs,
    )
    return sorted(row["customer_ref"] for row in rows)


async def attachment(pool: asyncpg.Pool, ref: str, case_id: UUID | None) -> tuple[str, bytes] | None:
    """Media type and content of a file; with `case_id`, only of that case."""
    row = await pool.fetchrow(
        """
        SELECT a.media, v.content FROM attachments a JOIN vault_attachments v USING (attachment_ref)
        WHERE attachment_ref = $1 AND ($2::uuid IS NULL OR a.case_id = $2)
        """,
        ref,
        case_id,
    )
    return None if row is None else (row["media"], row["content"])


async def attachments(pool: asyncpg.Pool, case_id: UUID) -> list[Attachment]:
    """The files of a case whose contents are still there, oldest first."""
    rows = await pool.fetch(
        """
        SELECT attachment_ref, case_id, kind, media, size, received_at FROM attachments a WHERE case_id = $1
          AND EXISTS (SELECT FROM vault_attachments v WHERE v.attachment_ref = a.attachment_ref)
        ORDER BY received_at, attachment_ref
        """,
        case_id,
    )
    return [Attachment(**row) for row in rows]


async def known_cases(pool: asyncpg.Pool, case_ids: Sequence[UUID]) -> list[UUID]:
    """Those of these cases that exist."""
    rows = await pool.fetch("SELECT case_id FROM cases WHERE case_id = ANY($1::uuid[])", case_ids)
    return [row["case_id"] for row in rows]


def _clock(entries: Sequence[TimelineEntry]) -> str:
    clock: dict[str, int] = {}
    for entry in entries:
        clock[entry.source] = max(entry.sequence, clock.get(entry.source, 0))
    return write_clock(clock)
