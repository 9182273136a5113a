"""Reads what a batch rests on: business keys, claims, facts."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from services.chassis import sql
from services.chassis.decider import Lookup
from services.chassis.definition import Connection
from services.chassis.facts import FactStore
from services.chassis.inputs import BusinessKey, Claim
from services.chassis.tables import Table
from services.chassis.working import KnownKey

_text_of = json.JSONEncoder(default=str).encode


async def known_keys(connection: Connection, keys: Sequence[BusinessKey]) -> dict[tuple[str, str], KnownKey]:
    """Which of these business keys are taken, and the answers given then."""
    if not keys:
        return {}
    rows = await connection.fetch(sql.KNOWN_KEYS, [k.scope for k in keys], [k.key for k in keys])
    return {
        (row["scope"], row["key"]): KnownKey(row["aggregate"], row["fingerprint"], row["reply"])
        for row in rows
    }


async def take_claims(connection: Connection, claims: Iterable[Claim]) -> dict[Claim, str | None]:
    """Delete the rows that inputs came from; which were still there (timers with their data)."""
    by_table: dict[str, list[Claim]] = {}
    for claim in claims:
        by_table.setdefault(claim.table, []).append(claim)
    taken: dict[Claim, str | None] = {}
    for table, of_table in sorted(by_table.items()):
        columns = list(zip(*sorted(claim.key for claim in of_table), strict=True))
        rows = await connection.fetch(sql.CLAIMS[table], *columns)
        width = len(columns)
        taken.update(
            (Claim(table, tuple(row)[:width]), tuple(row)[width] if width > 1 else None) for row in rows
        )
    return taken


async def load_facts(
    connection: Connection, store: FactStore, lookups: Iterable[Lookup], *, wait: bool
) -> bool:
    """Load lookups, one query per table and set of columns, locking what is to be locked in key order.

    With `wait` False, what somebody else holds is not waited for: the answer is False then.
    """
    groups: dict[tuple[type, tuple[str, ...]], list[Lookup]] = {}
    for lookup in lookups:
        groups.setdefault((lookup.model, tuple(name for name, _ in lookup.by)), []).append(lookup)
    complete = True
    for (model, columns), asked in sorted(groups.items(), key=lambda g: (store.table(g[0][0]).name, g[0][1])):
        table = store.table(model)
        if table.locked:
            rows = await _locked_rows(connection, table, columns, asked, wait)
        else:
            rows = await connection.fetch(_select(table, columns, ""), *_values(asked))
        if rows is None:
            complete = False
        else:
            store.loaded(asked, model, (model(**row) for row in rows))
    return complete


async def _locked_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], asked: Sequence[Lookup], wait: bool
) -> Sequence[Any] | None:
    """The rows, locked; None when somebody else holds some of them and we do not wait.

    What is not there cannot be locked, so its absence is: nobody makes such a row before our commit.
    """
    lock = "FOR UPDATE" if wait else "FOR UPDATE SKIP LOCKED"
    rows = await connection.fetch(_select(table, columns, lock), *_values(asked))
    if not wait and len(rows) < await connection.fetchval(_count(table, columns), *_values(asked)):
        return None
    found = {tuple(row[column] for column in columns) for row in rows}
    absent = [lookup for lookup in asked if tuple(value for _, value in lookup.by) not in found]
    if not absent:
        return rows
    numbers = sorted({_number(table, lookup) for lookup in absent})
    held = await connection.fetch(sql.HOLD_ABSENT if wait else sql.TRY_TO_HOLD_ABSENT, numbers)
    if not all(row["held"] for row in held):
        return None
    return [*rows, *await connection.fetch(_select(table, columns, lock), *_values(absent))]


def _values(lookups: Sequence[Lookup]) -> Sequence[tuple[Any, ...]]:
    """The values asked for, column by column."""
    return list(zip(*([value for _, value in lookup.by] for lookup in lookups), strict=True))


def _number(table: Table, lookup: Lookup) -> int:
    """The number of the advisory lock that stands for the rows of a lookup; the same in every replica."""
    return crc32(_text_of([table.name, *lookup.by]).encode()) - 2**31


def where(table: Table, columns: Sequence[str]) -> str:
    """The condition that these columns equal one row of the array parameters $1, $2, ..."""
    arrays = ", ".join(f"${n}::{table.types[column]}[]" for n, column in enumerate(columns, 1))
    return f"WHERE ({', '.join(columns)}) IN (SELECT * FROM unnest({arrays}))"  # noqa: S608 - declared names


def _select(table: Table, columns: Sequence[str], lock: str) -> str:
    names, key = ", ".join(table.types), ", ".join(table.key)
    return f"SELECT {names} FROM {table.name} {where(table, columns)} ORDER BY {key} {lock}"  # noqa: S608


def _count(table: Table, columns: Sequence[str]) -> str:
    return f"SELECT count(*) FROM {table.name} {where(table, columns)}"  # noqa: S608 - declared names
