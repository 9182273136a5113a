"""The engine's statements: one per table per batch, whatever the size of the batch."""

LOCK_ROWS = """
SELECT id, kind, state, state_version, epoch, sequence, version, watermarks, traceparent
FROM aggregates WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""

# Runs after the locks were taken: `now` and what waits at the aggregates, in one round trip. It also draws
# the transaction's number, which the relay's floor wants to be older than every outbox id of the transaction:
# one that decides about new aggregates alone has locked nothing yet that would have given it a number.
NOW_AND_WAITING = """
SELECT clock.now, pg_current_xact_id() AS number, w.*
FROM (SELECT ciclo_now() AS now) AS clock LEFT JOIN LATERAL (
    SELECT 'parked' AS kept, id, aggregate, reason, origin, type, input_id, source, sequence, record,
        expires_at
    FROM parked WHERE aggregate = ANY($1::uuid[])
    UNION ALL
    SELECT 'dead', id, aggregate, '', origin, type, input_id, source, sequence, '{}', NULL
    FROM dead_letters WHERE aggregate = ANY($1::uuid[]) AND blocking
) AS w ON true ORDER BY w.id
"""

KNOWN_KEYS = """
SELECT scope, key, aggregate, fingerprint, reply
FROM business_keys JOIN unnest($1::text[], $2::text[]) AS asked (scope, key) USING (scope, key)
"""

CLAIMS = {
    "timers": """
DELETE FROM timers USING unnest($1::uuid[], $2::text[], $3::text[]) AS due (aggregate, kind, key)
WHERE (timers.aggregate, timers.kind, timers.key) = (due.aggregate, due.kind, due.key)
    AND due_at <= ciclo_now()
RETURNING timers.aggregate, timers.kind, timers.key, timers.data
""",
    "effects": "DELETE FROM effects WHERE id = ANY($1::bigint[]) RETURNING id",
    "dead_letters": "DELETE FROM dead_letters WHERE id = ANY($1::bigint[]) RETURNING id",
}

# Advisory locks of the transaction, in their order; the first number keeps them apart from all others.
HOLD_ABSENT = """
SELECT pg_advisory_xact_lock(1667853921, number) IS NOT NULL AS held
FROM (SELECT number FROM unnest($1::int[]) AS number ORDER BY number) AS absent
"""
TRY_TO_HOLD_ABSENT = """
SELECT pg_try_advisory_xact_lock(1667853921, number) AS held
FROM (SELECT number FROM unnest($1::int[]) AS number ORDER BY number) AS absent
"""

WRITE_AGGREGATES = """
UPDATE aggregates AS a SET kind = u.kind, state = u.state::jsonb, state_version = u.state_version,
    epoch = u.epoch, sequence = u.sequence, version = u.version, watermarks = u.watermarks::jsonb,
    traceparent = u.traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::bigint[], $8::text[],
    $9::text[]) AS u (id, kind, state, state_version, epoch, sequence, version, watermarks, traceparent)
WHERE a.id = u.id
"""

# No ON CONFLICT: who decided about the same new aggregate meanwhile must be noticed (`MADE_TWICE`).
# In the order of the ids, and after every row that is locked or claimed: so of two transactions that wait for
# each other's rows, none waits for one that comes earlier in this order than what it holds: no deadlock.
MAKE_AGGREGATES = """
INSERT INTO aggregates (id, kind, state, state_version, epoch, sequence, version, watermarks, traceparent)
SELECT id, kind, state::jsonb, state_version, epoch, sequence, version, watermarks::jsonb, traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::bigint[], $8::text[],
    $9::text[]) AS u (id, kind, state, state_version, epoch, sequence, version, watermarks, traceparent)
"""
MADE_TWICE = "aggregates_pkey"

WRITE_EVENTS = """
INSERT INTO events (day, id, aggregate, source, sequence, topic, type, occurred_at, clock, correlation,
    causation, traceparent, body)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[],
    $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
"""

# The ordering keeps an aggregate's events in their sequence: outbox ids are drawn in that order.
WRITE_OUTBOX = """
INSERT INTO outbox (lane, day, event, since)
SELECT lane, $1, id, $2
FROM unnest($3::smallint[], $4::uuid[]) WITH ORDINALITY AS o (lane, id, n) ORDER BY n
"""

WRITE_EFFECTS = """
INSERT INTO effects (aggregate, lane, kind, cause, key, ordering, data, due_at, asked_at, traceparent)
SELECT aggregate, lane, kind, cause, key, ordering, data::jsonb, $1, $1, traceparent
FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
    $9::text[])
    WITH ORDINALITY AS u (aggregate, lane, kind, cause, key, ordering, data, traceparent, n)
ORDER BY n
ON CONFLICT (aggregate, kind, cause, key) DO NOTHING
"""

SET_TIMERS = """
INSERT INTO timers (aggregate, kind, key, lane, due_at, data, traceparent)
SELECT aggregate, kind, key, lane, due_at, data::jsonb, traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[], $6::text[], $7::text[])
    AS u (aggregate, kind, key, lane, due_at, data, traceparent)
ON CONFLICT (aggregate, kind, key) DO UPDATE SET due_at = excluded.due_at, data = excluded.data,
    traceparent = excluded.traceparent
"""

CANCEL_TIMERS = """
DELETE FROM timers USING unnest($1::uuid[], $2::text[], $3::text[]) AS u (aggregate, kind, key)
WHERE (timers.aggregate, timers.kind, timers.key) = (u.aggregate, u.kind, u.key)
"""

PARK = """
INSERT INTO parked (aggregate, lane, reason, origin, type, input_id, source, sequence, record, parked_at,
    try_at, expires_at)
SELECT aggregate, lane, reason, origin, type, input_id, source, sequence, record, $1, try_at,
    expires_at
FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
    $9::bigint[], $10::text[], $11::timestamptz[], $12::timestamptz[])
    WITH ORDINALITY AS u (aggregate, lane, reason, origin, type, input_id, source, sequence, record, try_at,
        expires_at, n)
ORDER BY n
ON CONFLICT (aggregate, source, sequence) WHERE sequence IS NOT NULL DO NOTHING
"""

UNPARK = "DELETE FROM parked WHERE id = ANY($1::bigint[])"

POSTPONE = """
UPDATE parked SET reason = u.reason, try_at = u.try_at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS u (id, reason, try_at) WHERE parked.id = u.id
"""

# A letter that was redriven and failed again keeps its number.
BURY = """
INSERT INTO dead_letters (id, aggregate, blocking, origin, type, input_id, source, sequence, topic, partition,
    "offset", record, error, message, fingerprint, attempts, first_failed_at, last_failed_at, release,
    traceparent, original)
OVERRIDING SYSTEM VALUE
SELECT coalesce(number, nextval(pg_get_serial_sequence('dead_letters', 'id'))), aggregate, blocking, origin,
    type, input_id, source, sequence, topic, partition, "offset", record, error, message, fingerprint,
    attempts, coalesce(first_failed_at, $1), $1, $2, traceparent, original
FROM unnest($3::uuid[], $4::boolean[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::bigint[],
    $10::text[], $11::int[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int[],
    $18::timestamptz[], $19::text[], $20::text[], $21::bigint[])
    WITH ORDINALITY AS u (aggregate, blocking, origin, type, input_id, source, sequence, topic, partition,
        "offset", record, error, message, fingerprint, attempts, first_failed_at, traceparent, original,
        number, n)
ORDER BY n
ON CONFLICT (topic, partition, "offset", input_id) WHERE topic IS NOT NULL DO NOTHING
"""

TAKE_KEYS = """
INSERT INTO business_keys (scope, key, aggregate, fingerprint, reply, at)
SELECT scope, key, aggregate, fingerprint, reply::jsonb, $1
FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    AS u (scope, key, aggregate, fingerprint, reply)
"""

FREE_KEYS = """
DELETE FROM business_keys USING unnest($1::text[], $2::text[]) AS freed (scope, key)
WHERE business_keys.scope = freed.scope AND business_keys.key = freed.key
"""

FAN_OUT = """
INSERT INTO fan_outs (lane, kind, cause, data, created_at, traceparent)
SELECT lane, kind, cause, data::jsonb, $1, traceparent
FROM unnest($2::smallint[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    AS u (lane, kind, cause, data, traceparent)
"""

AUDIT = """
INSERT INTO operator_actions (actor, action, aggregate, subject, reason)
VALUES ($1, $2, $3, $4::jsonb, $5)
"""

MOVE_FAN_OUT = """
UPDATE fan_outs SET position = $3 WHERE id = $1 AND position IS NOT DISTINCT FROM $2 RETURNING id
"""

END_FAN_OUT = "DELETE FROM fan_outs WHERE id = $1 AND position IS NOT DISTINCT FROM $2 RETURNING id"
