"""Dead letters as a file: to look at elsewhere, to reproduce in another database, to bring back.

JSON lines: a heading, then a letter a line. A masked file holds no values of the data; letters from it can be
looked at and discarded, never decided.
"""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict, ValidationError

from services.chassis.auditing import audit
from services.chassis.codec import fields_at_fault
from services.chassis.dead_letters import DeadLetters, Selection, Who, json_or_text, masked
from services.chassis.engine import Engine
from services.chassis.loading import known_keys

FORMAT: Final = 1
IS_KNOWN: Final = """
SELECT EXISTS (
    SELECT FROM dead_letters WHERE aggregate IS NOT DISTINCT FROM $1 AND input_id = $2 AND type = $3
) OR EXISTS (
    SELECT FROM operator_actions
    WHERE subject->>'input' = $2::text AND action IN ('redrive', 'discard', 'import')
) OR EXISTS (
    SELECT FROM aggregates WHERE $4 AND id = $1 AND (watermarks->$5->>0)::bigint >= $6
)
"""
INSERT: Final = """
INSERT INTO dead_letters (aggregate, blocking, origin, type, input_id, source, sequence, topic, partition,
    "offset", record, original, error, message, fingerprint, attempts, first_failed_at, last_failed_at,
    release, traceparent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (topic, partition, "offset", input_id) WHERE topic IS NOT NULL DO NOTHING RETURNING id
"""
TAKE_KEY: Final = """
INSERT INTO business_keys (scope, key, aggregate, fingerprint, at)
VALUES ($1, $2, $3, $4, ciclo_now()) ON CONFLICT DO NOTHING
"""


class BadFile(ValueError):
    """A file that holds no dead letters of this service; the message says where."""


class Heading(BaseModel):
    """The first line."""

    model_config = ConfigDict(extra="forbid")

    ciclo_dead_letters: Literal[1]
    service: str
    masked: bool


class Letter(BaseModel):
    """A line: the columns of a dead letter, but for its number, which is of one database alone."""

    model_config = ConfigDict(extra="forbid")

    aggregate: UUID
    blocking: bool
    origin: Literal["event", "inbound", "timer", "result", "internal"]
    type: str
    input_id: UUID
    source: str | None
    sequence: int | None
    topic: str | None
    partition: int | None
    offset: int | None
    record: str
    original: str | None
    error: str
    message: str
    fingerprint: str
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime
    release: str
    traceparent: str | None


async def export(
    pool: asyncpg.Pool, letters: DeadLetters, service: str, chosen: Selection, who: Who, *, reveal: bool
) -> AsyncIterator[str]:
    """The lines of the file; with `reveal`, with all values, which is audited as such."""
    yield Heading(ciclo_dead_letters=FORMAT, service=service, masked=not reveal).model_dump_json()
    async for row in letters.rows(chosen):
        what = {"dead_letter": row["id"], "input": str(row["input_id"]), "masked": not reveal}
        await audit(pool, who.actor, "export", row["aggregate"], what, who.reason)
        letter = {name: row[name] for name in Letter.model_fields}
        if not reveal:
            letter |= {"record": _masked(row["record"]), "original": None}
        yield Letter(**letter).model_dump_json()


async def bring_in(
    pool: asyncpg.Pool, engine: Engine, service: str, lines: Iterable[str], who: Who
) -> tuple[int, int]:
    """Take over the letters of a file: how many are new, and how many were known.

    Known are those that are here, that were decided here, or that an operator settled here: importing a file
    twice, or into the database it came from, changes nothing. All or nothing. Raises BadFile.
    """
    parsed = _parsed(lines, service)
    new = 0
    async with pool.acquire() as connection, connection.transaction():
        for letter in parsed:
            await connection.execute("SELECT FROM aggregates WHERE id = $1 FOR UPDATE", letter.aggregate)
            new += await _bring_in_one(connection, engine, letter, who)
    return new, len(parsed) - new


async def _bring_in_one(connection: Any, engine: Engine, letter: Letter, who: Who) -> bool:
    columns = letter.model_dump()
    key = engine.codec.parked_input(columns).business_key
    if (key is not None and await known_keys(connection, [key])) or await connection.fetchval(
        IS_KNOWN,
        letter.aggregate,
        letter.input_id,
        letter.type,
        letter.blocking,
        letter.source,
        letter.sequence,
    ):
        return False
    number = await connection.fetchval(INSERT, *columns.values())
    if number is None:
        return False
    if key is not None:
        # As when it failed here: what comes with the same business key is a repeat.
        await connection.execute(TAKE_KEY, key.scope, key.key, letter.aggregate, key.fingerprint)
    what = {"dead_letter": number, "input": str(letter.input_id)}
    await audit(connection, who.actor, "import", letter.aggregate, what, who.reason)
    return True


def _parsed(lines: Iterable[str], service: str) -> list[Letter]:
    letters = []
    for number, line in enumerate(lines, 1):
        try:
            if number == 1:
                heading = Heading.model_validate_json(line)
                if heading.service != service:
                    raise BadFile(f"these are dead letters of {heading.service}, not of {service}")
            elif line.strip():
                letters.append(Letter.model_validate_json(line))
        except ValidationError as error:
            fields = ", ".join(fields_at_fault(error))
            raise BadFile(
                f"line {number} is no {'heading' if number == 1 else 'dead letter'}: {fields}"
            ) from None
    return letters


def _masked(record: str) -> str:
    """A record whose data nobody can read, in both senses: it is no JSON, so nothing decides it."""
    kept = json.loads(record)
    kept["raw"] = "masked: " + json.dumps(masked(json_or_text(kept["raw"])))
    return json.dumps(kept)
