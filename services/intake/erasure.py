"""`erase`: a customer's words, contact data and files go away; that it was done, and why, stays.

Erased is what the vault holds, and what waits in the engine's tables because it could not be decided yet.
Events, states and the timeline hold no personal data and stay: see docs/decisions/0013-erasure.md.
"""

import getpass
import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.chassis.database import create_pool
from services.chassis.definition import Connection, Definition

OK, FAILED = 0, 1

_CODE = re.compile(r"[a-z][a-z0-9_.]{1,59}")
_CUSTOMER = re.compile(r"cus_[0-9a-f]{32}")

_LOCK = "SELECT id FROM aggregates WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_OF_CASES: Mapping[str, str] = {
    "texts": "DELETE FROM vault_texts WHERE case_id = ANY($1::uuid[])",
    "files": "DELETE FROM vault_attachments WHERE case_id = ANY($1::uuid[])",
    "waiting records": "DELETE FROM parked WHERE origin = 'inbound' AND aggregate = ANY($1::uuid[])",
    "dead letters": "DELETE FROM dead_letters WHERE origin = 'inbound' AND aggregate = ANY($1::uuid[])",
}
# In this order: what could not be decided, of whatever case, is known by the customer's address.
_OF_CUSTOMER: Mapping[str, str] = {
    "waiting records": """
        DELETE FROM parked USING vault_contacts v WHERE v.customer_ref = $1 AND origin = 'inbound'
        AND (strpos(record, v.email) > 0 OR strpos(record, v.customer_ref) > 0)""",
    "dead letters": """
        DELETE FROM dead_letters USING vault_contacts v WHERE v.customer_ref = $1 AND origin = 'inbound'
        AND (strpos(record, v.email) > 0 OR strpos(record, v.customer_ref) > 0)""",
    "contacts": "DELETE FROM vault_contacts WHERE customer_ref = $1",
    "numbers": "DELETE FROM known_customers WHERE customer_ref = $1",
}


@dataclass(frozen=True, slots=True)
class Whose:
    """What is to be erased: the cases, and whether everything about the customer goes with them."""

    customer_ref: str
    cases: tuple[UUID, ...]
    customer_too: bool
    case_id: UUID | None = None
    """The case that was named; None when the customer was."""


def erase_arguments(parser: ArgumentParser) -> None:
    """Whose data, why, and whether it is meant."""
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--customer", type=_customer, metavar="cus_...", help="everything of this customer")
    whose.add_argument(
        "--case",
        type=UUID,
        help="what was written and handed in in this case; and how its customer is reached, unless another "
        "case or another system still needs it",
    )
    parser.add_argument("--reason", type=_code, required=True, help="why, as a code such as customer_request")
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")
    parser.add_argument("--yes", action="store_true", help="do it; without it, only say what would be erased")


async def erase(_definition: Definition, database_url: str, arguments: Any) -> int:
    """Erase, or say what would be erased; the exit code."""
    pool = await create_pool(database_url, "ciclo-operator", size=1)
    try:
        async with pool.acquire() as connection:
            whose = await find(connection, arguments.customer, arguments.case)
            if whose is None:
                sys.stderr.write("there is no such customer or case\n")
                return FAILED
            erased = await carry_out(
                connection, whose, by=arguments.by, reason=arguments.reason, meant=arguments.yes
            )
    finally:
        await pool.close()
    for kind, count in erased.items():
        sys.stdout.write(f"{kind}: {count}\n")
    if not any(erased.values()):
        sys.stdout.write("nothing is left to erase\n")
    elif not arguments.yes:
        sys.stdout.write("nothing is erased yet: the same with --yes does it, and it cannot be undone\n")
    return OK


async def find(connection: Connection, customer: str | None, case: UUID | None) -> Whose | None:
    """What belongs to a customer, or to a case; None if intake never heard of either."""
    if case is None:
        known = await connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM vault_contacts WHERE customer_ref = $1)
                OR EXISTS (SELECT FROM cases WHERE customer_ref = $1)
                OR EXISTS (SELECT FROM erasures WHERE customer_ref = $1)
            """,
            customer,
        )
        cases = await connection.fetch("SELECT case_id FROM cases WHERE customer_ref = $1", customer)
        return Whose(str(customer), tuple(row["case_id"] for row in cases), True) if known else None
    row = await connection.fetchrow(
        """
        SELECT customer_ref, NOT EXISTS (
            SELECT FROM cases o WHERE o.customer_ref = c.customer_ref AND o.case_id <> c.case_id
        ) AND NOT EXISTS (SELECT FROM known_customers k WHERE k.customer_ref = c.customer_ref) AS alone
        FROM cases c WHERE case_id = $1
        """,
        case,
    )
    return None if row is None else Whose(row["customer_ref"], (case,), row["alone"], case)


async def carry_out(
    connection: Connection, whose: Whose, *, by: str, reason: str, meant: bool
) -> dict[str, int]:
    """How many rows of each kind are erased. Unless it is `meant`, they are all there again afterwards."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.fetch(_LOCK, whose.cases)
        erased = {"contacts": 0, "numbers": 0, **dict.fromkeys(_OF_CASES, 0)}
        for kind, statement in _OF_CASES.items():
            erased[kind] += _count(await connection.execute(statement, whose.cases))
        if whose.customer_too:
            for kind, statement in _OF_CUSTOMER.items():
                erased[kind] += _count(await connection.execute(statement, whose.customer_ref))
        await _enter(connection, whose, by, reason, erased)
    except BaseException:
        await transaction.rollback()
        raise
    await (transaction.commit() if meant else transaction.rollback())
    return erased


async def _enter(
    connection: Connection, whose: Whose, by: str, reason: str, erased: Mapping[str, int]
) -> None:
    """Enter it in the ledger, unless it is there and nothing was left to erase."""
    await connection.execute(
        """
        INSERT INTO erasures (at, actor, reason, customer_ref, case_id, erased)
        SELECT ciclo_now(), $1, $2, $3, $4, $5::jsonb
        WHERE $6 OR NOT EXISTS (
            SELECT FROM erasures WHERE customer_ref = $3 AND case_id IS NOT DISTINCT FROM $4
        )
        """,
        by,
        reason,
        whose.customer_ref,
        whose.case_id,
        json.dumps(dict(erased)),
        any(erased.values()),
    )


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])


def _code(text: str) -> str:
    if _CODE.fullmatch(text) is None:
        raise ArgumentTypeError("a code of small letters, digits and _ is expected: no names, no sentences")
    return text


def _customer(text: str) -> str:
    if _CUSTOMER.fullmatch(text) is None:
        raise ArgumentTypeError("a customer reference (cus_ and 32 hexadecimal digits) is expected")
    return text
