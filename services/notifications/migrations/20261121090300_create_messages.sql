-- migrate:up
SET lock_timeout = '5s';

-- What each customer was told, about which event; no words, no name, no address.
-- message_id is the left part of the mail's Message-ID: providers report deliveries under it.
CREATE TABLE messages (
    case_id uuid NOT NULL,
    cause uuid NOT NULL,
    template text NOT NULL,
    message_id uuid NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('owed', 'sent', 'delivered', 'failed', 'suppressed')),
    language text NOT NULL,
    reason text,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, cause, template)
);

-- migrate:down
DROP TABLE messages;
