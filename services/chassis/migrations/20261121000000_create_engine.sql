-- migrate:up
SET lock_timeout = '5s';

-- Time as decisions see it. Tests shift or freeze it; nobody else does.
CREATE TABLE clock_shift (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shift interval NOT NULL DEFAULT '0 seconds',
    frozen timestamptz
);
INSERT INTO clock_shift DEFAULT VALUES;
CREATE FUNCTION ciclo_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT coalesce(frozen, clock_timestamp() + shift) FROM clock_shift';

-- The epoch of this service as a source: raised by an operator after a restore from a backup.
CREATE TABLE source_epoch (
    epoch integer PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    reason text NOT NULL
);
INSERT INTO source_epoch (epoch, actor, reason) VALUES (1, 'migration', 'first epoch');

-- One row each: what is locked while an aggregate's inputs are decided.
-- watermarks: {"intake": [last sequence, its event id]}; sequence: the last one published in this epoch;
-- version: raised by every decision that changes something.
CREATE TABLE aggregates (
    id uuid PRIMARY KEY,
    kind text,
    state jsonb,
    state_version integer NOT NULL DEFAULT 0,
    epoch integer NOT NULL DEFAULT 1,
    sequence bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    watermarks jsonb NOT NULL DEFAULT '{}',
    traceparent text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- What somebody who reads an aggregate has seen of it: the text of its ETag.
CREATE FUNCTION ciclo_picture(seen aggregates) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT '"' || seen.version || '.' || seen.epoch || '.' || seen.sequence || '"' $$;

-- What this service published, for ever: republish, replay, reconciliation, timeline.
CREATE TABLE events (
    day date NOT NULL,
    id uuid NOT NULL,
    aggregate uuid NOT NULL,
    source text NOT NULL,
    sequence bigint NOT NULL,
    topic text NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    clock text NOT NULL,
    correlation text,
    causation text,
    traceparent text,
    body text NOT NULL,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX events_by_aggregate ON events (aggregate, sequence);
CREATE TABLE events_other_days PARTITION OF events DEFAULT;

-- Pointers to events that the broker has not acknowledged yet, or that are to be published once more. The id is
-- drawn under the aggregate's lock and never from a cache, so that ids follow the commit order of each aggregate.
CREATE TABLE outbox (
    lane smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    day date NOT NULL,
    event uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT ciclo_now(),
    PRIMARY KEY (lane, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Inputs that cannot be decided yet, and why.
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate uuid NOT NULL,
    lane smallint NOT NULL,
    reason text NOT NULL
        CHECK (reason IN ('gap', 'clock', 'blocked', 'deferred', 'newer_reader', 'unknown_subject')),
    origin text NOT NULL,
    type text NOT NULL,
    input_id uuid NOT NULL,
    source text,
    sequence bigint,
    record text NOT NULL,
    parked_at timestamptz NOT NULL,
    try_at timestamptz,
    expires_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX parked_by_aggregate ON parked (aggregate, id);
CREATE INDEX parked_to_try ON parked (lane, try_at) WHERE try_at IS NOT NULL;
CREATE UNIQUE INDEX parked_once ON parked (aggregate, source, sequence) WHERE sequence IS NOT NULL;

-- Inputs whose decision failed. A blocking one holds back the later Kafka inputs of its aggregate.
-- original: the data as they arrived, once an operator has transformed those in `record`.
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate uuid,
    blocking boolean NOT NULL,
    origin text NOT NULL,
    type text NOT NULL,
    input_id uuid,
    source text,
    sequence bigint,
    topic text,
    partition integer,
    "offset" bigint,
    record text NOT NULL,
    original text,
    error text NOT NULL,
    message text NOT NULL,
    fingerprint text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    release text NOT NULL,
    traceparent text
);
CREATE INDEX dead_letters_by_aggregate ON dead_letters (aggregate, id);
CREATE UNIQUE INDEX dead_letters_once ON dead_letters (topic, partition, "offset", input_id)
    WHERE topic IS NOT NULL;

-- Who did what to dead letters, baselines, epochs and published events, and why.
CREATE TABLE operator_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    aggregate uuid,
    subject jsonb NOT NULL,
    reason text NOT NULL
);

-- Calls to the outside that are owed, one after another per (aggregate, ordering).
CREATE TABLE effects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate uuid NOT NULL,
    lane smallint NOT NULL,
    kind text NOT NULL,
    cause uuid NOT NULL,
    key text NOT NULL,
    ordering text NOT NULL,
    data jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,
    traceparent text,
    UNIQUE (aggregate, kind, cause, key)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX effects_in_order ON effects (lane, aggregate, ordering, id);
CREATE INDEX effects_due ON effects (lane, kind, due_at, id);

CREATE TABLE timers (
    aggregate uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    lane smallint NOT NULL,
    due_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    traceparent text,
    PRIMARY KEY (aggregate, kind, key)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX timers_due ON timers (lane, due_at);

-- Changes of one aggregate that concern many; `position` is the last aggregate that was told.
CREATE TABLE fan_outs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane smallint NOT NULL,
    kind text NOT NULL,
    cause uuid NOT NULL,
    data jsonb NOT NULL,
    position uuid,
    created_at timestamptz NOT NULL,
    traceparent text
);
CREATE INDEX fan_outs_by_lane ON fan_outs (lane, id);

-- What makes a request or a record without a sequence unique for ever, and what was answered to it.
CREATE TABLE business_keys (
    scope text NOT NULL,
    key text NOT NULL,
    aggregate uuid NOT NULL,
    fingerprint text NOT NULL,
    reply jsonb,
    at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);

-- Who may use the doors of this service. digest: SHA-256 of the key's secret, which is kept nowhere.
CREATE TABLE api_keys (
    id text PRIMARY KEY,
    digest bytea NOT NULL,
    holder text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text
);

-- migrate:down
DROP FUNCTION ciclo_picture(aggregates);
DROP TABLE api_keys, business_keys, fan_outs, timers, effects, operator_actions, dead_letters, parked, outbox, events,
    aggregates, source_epoch;
DROP FUNCTION ciclo_now();
DROP TABLE clock_shift;
