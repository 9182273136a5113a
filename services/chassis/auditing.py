"""Who did what, to what, and why: one row for every intervention of an operator."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from services.chassis import sql
from services.chassis.definition import Connection


async def audit(
    connection: Connection | asyncpg.Pool,
    actor: str,
    action: str,
    aggregate: UUID | None,
    what: Mapping[str, Any],
    reason: str,
) -> None:
    """Write it down. `what` names things by their numbers and ids; it never holds what somebody wrote."""
    await connection.execute(sql.AUDIT, actor, action, aggregate, json.dumps(what), reason)
