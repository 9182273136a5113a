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
    received_at timestamptz NOT NULL,
    author text NOT NULL
);
CREATE INDEX vault_texts_by_case ON vault_texts (case_id);

CREATE TABLE vault_contacts (
    customer_ref text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL
);

-- The customers of other systems, by their numbers there.
CREATE TABLE known_customers (
    customer_ref text PRIMARY KEY,
    publisher text NOT NULL,
    number text NOT NULL,
    CONSTRAINT one_reference_per_customer UNIQUE (publisher, number)
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
CREATE INDEX cases_by_customer ON cases (customer_ref);

-- Who erased what of whom, when and why: no personal data. One row for each customer or case, counts added up.
CREATE TABLE erasures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    customer_ref text NOT NULL,
    case_id uuid,
    erased jsonb NOT NULL
);
CREATE INDEX erasures_by_customer ON erasures (customer_ref);

-- migrate:down
DROP TABLE erasures, timeline, known_customers, vault_contacts, vault_texts, cases;
