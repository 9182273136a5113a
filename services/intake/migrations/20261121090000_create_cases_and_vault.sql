-- migrate:up
SET lock_timeout = '5s';

CREATE TABLE cases (
    case_id uuid PRIMARY KEY,
    case_no text NOT NULL,
    customer_ref text NOT NULL,
    language text NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT one_case_per_number UNIQUE (case_no)
);

-- The vault: the only place for words and contact data of people.
CREATE TABLE vault_texts (
    text_ref text PRIMARY KEY,
    case_id uuid NOT NULL,
    text text NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX vault_texts_by_case ON vault_texts (case_id);

CREATE TABLE vault_contacts (
    customer_ref text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL
);

-- Every event of every service about a case; events hold no personal data.
CREATE TABLE timeline (
    event_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    at timestamptz NOT NULL,
    source text NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    data jsonb NOT NULL,
    clock text NOT NULL,
    traceparent text
);
CREATE INDEX timeline_by_case ON timeline (case_id, at);

-- migrate:down
DROP TABLE timeline, vault_contacts, vault_texts, cases;
