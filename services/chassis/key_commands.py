"""`keys`: who may use the doors of a service, said on its command line."""

import getpass
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Collection
from typing import Any

import asyncpg

from services.chassis.database import create_pool
from services.chassis.key_store import ApiKey, BadKey, create_key, list_keys, revoke_key
from services.chassis.printing import table

OK, FAILED, USAGE = 0, 1, 2
_EXAMPLE = """a scope that no route needs is refused, with the list of those there are; for example:
  keys create --holder agent/agent-03 --scope cases:read --scope cases:work
  keys create --holder system/crm --scope customers:write --days 365"""


def key_arguments(parser: ArgumentParser) -> None:
    """The actions on keys."""
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="")
    creating = actions.add_parser(
        "create",
        help="make a key and print it, this once",
        description="Make a key and print it on standard output. It is not kept and cannot be shown again.",
        epilog=_EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    creating.add_argument(
        "--holder",
        required=True,
        help="whose it is: agent/<staff no> (a person), system/<publisher> (another system), service/<name>",
    )
    creating.add_argument(
        "--scope",
        required=True,
        action="append",
        help="what it opens; repeat it for more",
    )
    creating.add_argument("--days", type=_days, help="days after which it ends (default: when it is revoked)")
    _by(creating)
    actions.add_parser("ls", help="list all keys ever made, oldest first, without their secrets")
    revoking = actions.add_parser("revoke", help="end a key; every replica refuses it within 5 seconds")
    revoking.add_argument("id", help="the part between the underscores: ck_<id>_...; see ls")
    _by(revoking)


async def keys(scopes: Collection[str], database_url: str, arguments: Any) -> int:
    """Carry out an action on keys of a service whose routes need `scopes`; the exit code."""
    pool = await create_pool(database_url, "ciclo-operator", size=1)
    try:
        if arguments.action == "create":
            return await _create(pool, scopes, arguments)
        if arguments.action == "revoke":
            return await _revoke(pool, arguments)
        _list(await list_keys(pool))
        return OK
    finally:
        await pool.close()


async def _create(pool: asyncpg.Pool, scopes: Collection[str], arguments: Any) -> int:
    try:
        key = await create_key(
            pool,
            arguments.holder,
            arguments.scope,
            by=arguments.by,
            known_scopes=scopes,
            days=arguments.days,
        )
    except BadKey as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    sys.stderr.write(f"a key for {arguments.holder}; it cannot be shown again:\n")
    sys.stdout.write(f"{key}\n")
    return OK


async def _revoke(pool: asyncpg.Pool, arguments: Any) -> int:
    done = await revoke_key(pool, arguments.id, by=arguments.by)
    sys.stdout.write(f"{arguments.id}: {'revoked' if done else 'no such key, or revoked already'}\n")
    return OK if done else FAILED


def _list(found: Collection[ApiKey]) -> None:
    rows = [
        [
            key.id,
            key.holder,
            " ".join(sorted(key.scopes)),
            f"{key.created_at:%Y-%m-%d} {key.created_by}",
            f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "-",
            f"{key.revoked_at:%Y-%m-%d} {key.revoked_by}" if key.revoked_at else "-",
        ]
        for key in found
    ]
    table(["id", "holder", "scopes", "created", "expires", "revoked"], rows)


def _by(parser: ArgumentParser) -> None:
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 3650:
        raise ValueError
    return days
