"""Mends the data of a dead letter by a JSON Patch (RFC 6902). The data as they arrived are kept beside."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import jsonpatch
import jsonpointer

from services.chassis.auditing import audit
from services.chassis.dead_letters import NoSuchLetter, Who
from services.chassis.engine import Engine

_MISSING = object()


class BadPatch(ValueError):
    """A patch that is none, or that does not fit the data; the message quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Transformed:
    """The data before and after; `unreadable` says why today's code cannot read them, if it cannot."""

    before: Any
    after: Any
    unreadable: str | None

    def changes(self, *, reveal: bool) -> Iterator[str]:
        """One line for each place that changed; kinds instead of values unless they are to be shown."""
        for step in jsonpatch.make_patch(self.before, self.after).patch:
            path = step["path"]
            old, new = (_at(data, path, reveal=reveal) for data in (self.before, self.after))
            yield f"{path or '/'}: {old} -> {new}"


async def transform(pool: asyncpg.Pool, engine: Engine, letter: int, patch: str, who: Who) -> Transformed:
    """Apply a JSON Patch to the data of a dead letter and keep the result in their place; audited.

    Raises BadPatch, NoSuchLetter.
    """
    steps = _steps(patch)
    async with pool.acquire() as connection, connection.transaction():
        row, before = await _locked(connection, letter)
        try:
            after = steps.apply(before)
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            raise BadPatch(f"the patch does not fit the data ({type(error).__name__})") from None
        record = json.loads(row["record"])
        original = row["original"] or record["raw"]
        return await _store(connection, engine, row, (before, after), original, who, steps.patch)


async def restore(pool: asyncpg.Pool, engine: Engine, letter: int, who: Who) -> Transformed:
    """Put the data as they arrived back in their place; audited. Raises BadPatch, NoSuchLetter."""
    async with pool.acquire() as connection, connection.transaction():
        row, before = await _locked(connection, letter)
        if row["original"] is None:
            raise BadPatch("nobody has transformed it")
        return await _store(connection, engine, row, (before, json.loads(row["original"])), None, who, [])


async def _locked(connection: Any, letter: int) -> tuple[Any, Any]:
    row = await connection.fetchrow("SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE", letter)
    if row is None:
        raise NoSuchLetter(f"there is no dead letter {letter}")
    try:
        return row, json.loads(json.loads(row["record"])["raw"])
    except ValueError:
        raise BadPatch("its data are no JSON: there is nothing that a patch could change") from None


async def _store(
    connection: Any,
    engine: Engine,
    row: Any,
    data: tuple[Any, Any],
    original: str | None,
    who: Who,
    steps: list[dict[str, Any]],
) -> Transformed:
    before, after = data
    raw = json.dumps(after, ensure_ascii=False)
    record = json.dumps({**json.loads(row["record"]), "raw": raw})
    await connection.execute(
        "UPDATE dead_letters SET record = $2, original = $3 WHERE id = $1", row["id"], record, original
    )
    what = {
        "dead_letter": row["id"],
        "input": str(row["input_id"]),
        # Without values: this row outlives an erasure.
        "patch": [{name: step[name] for name in ("op", "path", "from") if name in step} for step in steps],
        "sha256": hashlib.sha256(raw.encode()).hexdigest(),
    }
    await audit(connection, who.actor, "transform", row["aggregate"], what, who.reason)
    unreadable = engine.codec.parked_input({**row, "record": record}).error
    return Transformed(before, after, unreadable)


def _steps(patch: str) -> Any:
    try:
        return jsonpatch.JsonPatch.from_string(patch)
    except (ValueError, TypeError, jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
        raise BadPatch("this is no JSON Patch (RFC 6902): a list of operations was expected") from None


def _at(data: Any, path: str, *, reveal: bool) -> str:
    found = jsonpointer.resolve_pointer(data, path, _MISSING)
    if found is _MISSING:
        return "nothing"
    return json.dumps(found, ensure_ascii=False) if reveal else f"<{type(found).__name__}>"
