-- migrate:up
SET lock_timeout = '5s';

CREATE TABLE attachments (
    attachment_ref text PRIMARY KEY,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    media text NOT NULL,
    size integer NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX attachments_by_case ON attachments (case_id);

-- The vault's third part: what photos and proofs show. Written before the decision that gives it a row above;
-- what never got one is swept.
CREATE TABLE vault_attachments (
    attachment_ref text PRIMARY KEY,
    case_id uuid NOT NULL,
    content bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE vault_attachments ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX vault_attachments_by_case ON vault_attachments (case_id);

-- migrate:down
DROP TABLE vault_attachments, attachments;
