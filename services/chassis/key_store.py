"""API keys in the database: made, listed, revoked, looked up. Of a key's secret only the SHA-256 is kept."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from services.chassis.definition import Connection

_FORM = re.compile(r"ck_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_HOLDER = re.compile(r"(agent|system|service)/[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_COLUMNS = "id, digest, holder, scopes, created_at, created_by, expires_at, revoked_at, revoked_by"
_CURRENT = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ciclo_now())"


class BadKey(ValueError):
    """A key that cannot be made; the message says why."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key. `digest` is the SHA-256 of its secret; the times are those of the database."""

    id: str
    digest: bytes = field(repr=False)
    holder: str
    scopes: frozenset[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


def digest_of(secret: str) -> bytes:
    """What is stored instead of a secret. It is 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def parts_of(key: str) -> tuple[str, str] | None:
    """The id and the secret of a key `ck_<id>_<secret>`; None for anything else."""
    found = _FORM.fullmatch(key)
    return (found[1], found[2]) if found else None


async def create_key(
    connection: Connection | asyncpg.Pool,
    holder: str,
    scopes: Collection[str],
    *,
    by: str,
    known_scopes: Collection[str],
    days: int | None = None,
) -> str:
    """Make a key and return it: nobody can read it again. Valid for so many days; None: until it is revoked.

    `holder` is `agent/<staff no>`, `system/<publisher>` or `service/<name>`; `scopes` are some of
    `known_scopes`, those that the service's routes need. Raises BadKey.
    """
    unknown = sorted(set(scopes) - set(known_scopes))
    if not _HOLDER.fullmatch(holder):
        raise BadKey("expected a holder agent/<staff no>, system/<publisher> or service/<name>")
    if unknown or not scopes:
        wrong = f"unknown scope {', '.join(unknown)}" if unknown else "a key needs a scope"
        raise BadKey(f"{wrong}; this service has {', '.join(sorted(known_scopes)) or 'none'}")
    number, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    await connection.execute(
        """
        INSERT INTO api_keys (id, digest, holder, scopes, created_at, created_by, expires_at)
        SELECT $1, $2, $3, $4, now, $5, now + make_interval(days => $6) FROM ciclo_now() AS now
        """,
        number,
        digest_of(secret),
        holder,
        sorted(set(scopes)),
        by,
        days,
    )
    return f"ck_{number}_{secret}"


async def list_keys(connection: Connection | asyncpg.Pool) -> list[ApiKey]:
    """Every key there ever was, oldest first."""
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at, id")  # noqa: S608
    return [_key(row) for row in rows]


async def revoke_key(connection: Connection | asyncpg.Pool, number: str, *, by: str) -> bool:
    """End a key by its id; False if there is none with this id that has not been revoked already."""
    revoked = await connection.fetchval(
        "UPDATE api_keys SET revoked_at = ciclo_now(), revoked_by = $2"
        " WHERE id = $1 AND revoked_at IS NULL RETURNING id",
        number,
        by,
    )
    return revoked is not None


async def current_key(connection: Connection | asyncpg.Pool, number: str) -> ApiKey | None:
    """The key with this id, unless it is revoked or expired."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api_keys WHERE id = $1 AND {_CURRENT}",  # noqa: S608
        number,
    )
    return None if row is None else _key(row)


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(**{**row, "scopes": frozenset(row["scopes"])})
