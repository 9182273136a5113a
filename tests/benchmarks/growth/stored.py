"""A routing database with millions of cases, put there in bulk: one in fifty is open, the rest closed."""

import asyncio
from collections.abc import Iterator

import asyncpg

AT_ONCE = 100_000
SESSIONS = 2
"""Load at the same time."""
OPEN_ONE_OF = 50
# About as long as the state of a case that went through a repair.
STATE = """
jsonb_build_object('case_no', 'C-ZM3S-WVGB-X', 'customer_ref', 'cus_' || md5(n::text), 'language', 'es',
    'jurisdiction', 'ES', 'opened_at', '2026-01-01T00:00:00Z', 'owner',
    jsonb_build_object('kind', 'queue', 'id', 'first_line'), 'queue', 'first_line', 'texts',
    jsonb_build_array('txt_' || md5(n::text)), 'history', repeat(md5(n::text), 24))
"""
LOAD = f"""
WITH ids AS MATERIALIZED (
    SELECT n, uuidv7(make_interval(secs => -86400.0 * 365 * (1 - n::float / $3))) AS id,
        n % {OPEN_ONE_OF} = 0 AS is_open,
        CASE WHEN n % {OPEN_ONE_OF} = 0 THEN 'acknowledged' ELSE 'closed' END AS stage,
        now() + interval '30 days' + n * interval '1 ms' AS due
    FROM generate_series($1::bigint, $2::bigint) AS n
), the_aggregates AS (
    INSERT INTO aggregates (id, kind, state, state_version, sequence, version, watermarks)
    SELECT id, 'case', {STATE}, 1, 9, 14, jsonb_build_object('intake', jsonb_build_array(3, id::text),
        'warranty', jsonb_build_array(5, id::text)) FROM ids
), the_cases AS (
    INSERT INTO cases (case_id, case_no, customer_ref, language, stage, tmf_status, category, abstained,
        urgency, rank, owner_kind, owner, queue, waiting_for, next_due, opened_at, is_open, bears_remedy)
    SELECT id, 'C-ZM3S-WVGB-X', 'cus_' || md5(n::text), 'es', stage, stage, 'technical_fault', false,
        'normal', 1, 'queue', 'first_line', 'first_line', 'first_line', CASE WHEN is_open THEN due END, now(),
        is_open, false FROM ids
), the_promises AS (
    INSERT INTO promises (case_id, promise_no, kind, owner_kind, owner, made_at, due, status, settled_at,
        kept_by)
    SELECT id, 1, 'first_answer', 'queue', 'first_line', now(), due,
        CASE WHEN is_open THEN 'live' ELSE 'kept' END, CASE WHEN NOT is_open THEN now() END,
        CASE WHEN NOT is_open THEN 'case.classified' END FROM ids
), the_timers AS (
    INSERT INTO timers (aggregate, kind, key, lane, due_at, data)
    SELECT id, 'PromiseDue', '1', n % 8, due, '{{"promise_no": 1}}' FROM ids WHERE is_open
)
INSERT INTO events (day, id, aggregate, source, sequence, topic, type, occurred_at, clock, correlation,
    causation, body)
SELECT current_date - 1, id, id, '/ciclo/routing', 1, 'ciclo.routing.v1', 'ciclo.promise.made.v1', now(),
    'intake:1', id::text, id::text,
    '{{"promise_no":1,"kind":"first_answer","owner":{{"kind":"queue","id":"first_line"}}}}' FROM ids
"""  # noqa: S608 - put together from constants
GIGABYTES_A_MILLION = 3.2


async def store(database: str, count: int) -> None:
    """Put so many cases into a migrated database, then let it settle."""
    parts = iter(range(0, count, AT_ONCE))
    await asyncio.gather(*(_load(database, parts, count) for _ in range(SESSIONS)))
    session = await asyncpg.connect(database)
    try:
        await session.execute("VACUUM ANALYZE")
        await session.execute("CHECKPOINT")
    finally:
        await session.close()


async def _load(database: str, parts: Iterator[int], count: int) -> None:
    """Take part after part, until none is left."""
    session = await asyncpg.connect(database)
    try:
        await session.execute("SET synchronous_commit = off")
        for first in parts:
            await session.execute(LOAD, first, min(first + AT_ONCE, count) - 1, float(count))
    finally:
        await session.close()
