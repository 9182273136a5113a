"""Fresh databases for tests, copied from a template that has the migrations of one service."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from services.chassis.migrate import folders, migrate

TEMPLATES_LOCK = 4_201


def in_database(admin_url: str, name: str) -> str:
    """The admin URL with another database."""
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def fresh_database(admin_url: str, service: str) -> AsyncIterator[str]:
    """The URL of a new database with the migrations of a service ("chassis" for the engine's alone)."""
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        template = await _template(admin, admin_url, service)
        name = f"ciclo_test_{service}_{secrets.token_hex(6)}"
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"', timeout=60)
        try:
            yield in_database(admin_url, name)
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)', timeout=60)
    finally:
        await admin.close(timeout=10)


async def _template(admin: asyncpg.Connection, admin_url: str, service: str) -> str:
    """The template for these migrations; made if there is none yet, instead of older ones."""
    prefix = f"ciclo_template_{service}_"
    name = prefix + _fingerprint(service)
    async with _lock(admin):
        known = {row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database")}
        if name not in known:
            unfinished = f"{name}_new"
            for old in known:
                if old.startswith(prefix):
                    await admin.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)', timeout=60)
            migrate(service, in_database(admin_url, unfinished))
            await admin.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"', timeout=60)
    return name


@asynccontextmanager
async def _lock(admin: asyncpg.Connection) -> AsyncIterator[None]:
    await admin.execute("SELECT pg_advisory_lock($1)", TEMPLATES_LOCK, timeout=120)
    try:
        yield
    finally:
        await admin.execute("SELECT pg_advisory_unlock($1)", TEMPLATES_LOCK)


def _fingerprint(service: str) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for folder in folders(service) for file in folder.glob("*.sql")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
