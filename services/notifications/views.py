"""Questions about messages; only reads."""

from datetime import datetime
from uuid import UUID

import asyncpg
from pydantic import BaseModel


class MessageOfCase(BaseModel):
    """One message of a case: about which event, and what became of it."""

    template: str
    cause: UUID
    status: str
    language: str
    reason: str | None
    at: datetime


async def messages_of_case(pool: asyncpg.Pool, case_id: UUID) -> list[MessageOfCase]:
    """What the customer of this case was told, oldest first."""
    rows = await pool.fetch(
        "SELECT template, cause, status, language, reason, at FROM messages"
        " WHERE case_id = $1 ORDER BY at, cause, template",
        case_id,
    )
    return [MessageOfCase.model_validate(dict(row)) for row in rows]


async def case_of_message(pool: asyncpg.Pool, message_id: UUID) -> UUID | None:
    """The case that a message belongs to, if we wrote it."""
    case_id: UUID | None = await pool.fetchval(
        "SELECT case_id FROM messages WHERE message_id = $1", message_id
    )
    return case_id
