"""Intake's tables. Only the two of the vault hold what people wrote and how they are reached."""

from collections.abc import Collection, Mapping
from uuid import UUID

import asyncpg

from services.chassis.tables import Table
from services.intake.domain.attachments import Attachment
from services.intake.domain.records import CaseRow, Contact, KnownCustomer, TimelineEntry, VaultText

CASES = Table(
    "cases",
    CaseRow,
    key=("case_id",),
    types={
        "case_id": "uuid",
        "case_no": "text",
        "customer_ref": "text",
        "language": "text",
        "opened_at": "timestamptz",
    },
)
VAULT_TEXTS = Table(
    "vault_texts",
    VaultText,
    key=("text_ref",),
    types={
        "text_ref": "text",
        "case_id": "uuid",
        "text": "text",
        "received_at": "timestamptz",
        "author": "text",
    },
)
VAULT_CONTACTS = Table(
    "vault_contacts",
    Contact,
    key=("customer_ref",),
    types={"customer_ref": "text", "name": "text", "email": "text", "language": "text"},
)
KNOWN_CUSTOMERS = Table(
    "known_customers",
    KnownCustomer,
    key=("customer_ref",),
    types={"customer_ref": "text", "publisher": "text", "number": "text"},
)
TIMELINE = Table(
    "timeline",
    TimelineEntry,
    key=("event_id",),
    types={
        "event_id": "uuid",
        "case_id": "uuid",
        "at": "timestamptz",
        "source": "text",
        "sequence": "bigint",
        "type": "text",
        "data": "jsonb",
        "clock": "text",
        "traceparent": "text",
    },
)
ATTACHMENTS = Table(
    "attachments",
    Attachment,
    key=("attachment_ref",),
    types={
        "attachment_ref": "text",
        "case_id": "uuid",
        "kind": "text",
        "media": "text",
        "size": "integer",
        "received_at": "timestamptz",
    },
)
TABLES = (CASES, VAULT_TEXTS, VAULT_CONTACTS, KNOWN_CUSTOMERS, TIMELINE, ATTACHMENTS)


async def keep_contents(pool: asyncpg.Pool, case_id: UUID, contents: Mapping[str, bytes]) -> None:
    """Put files of a case into the vault, by reference, before it is decided whether the case takes them.

    Sweeps what an interrupted request left behind: no decision ever takes that.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """
            DELETE FROM vault_attachments v
            WHERE case_id = $1 AND stored_at < now() - interval '1 hour'
              AND NOT EXISTS (SELECT FROM attachments a WHERE a.attachment_ref = v.attachment_ref)
            """,
            case_id,
        )
        await connection.executemany(
            "INSERT INTO vault_attachments (attachment_ref, case_id, content) VALUES ($1, $2, $3)",
            [(ref, case_id, content) for ref, content in contents.items()],
        )


async def drop_contents(pool: asyncpg.Pool, refs: Collection[str]) -> None:
    """Take files out of the vault that no case took; those of a case stay, whatever is asked."""
    if refs:
        await pool.execute(
            """
            DELETE FROM vault_attachments v WHERE attachment_ref = ANY($1::text[])
              AND NOT EXISTS (SELECT FROM attachments a WHERE a.attachment_ref = v.attachment_ref)
            """,
            list(refs),
        )
