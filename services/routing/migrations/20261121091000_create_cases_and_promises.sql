-- migrate:up
SET lock_timeout = '5s';

-- What queues and desks read; the decisions themselves rest on the aggregates' states.
CREATE TABLE cases (
    case_id uuid PRIMARY KEY,
    case_no text NOT NULL,
    customer_ref text NOT NULL,
    product_unit text,
    language text NOT NULL,
    stage text NOT NULL,
    tmf_status text NOT NULL,
    category text,
    abstained boolean NOT NULL,
    urgency text NOT NULL,
    rank integer NOT NULL,
    owner_kind text NOT NULL,
    owner text NOT NULL,
    queue text NOT NULL,
    waiting_for text NOT NULL,
    next_due timestamptz,
    opened_at timestamptz NOT NULL,
    technicians text,
    awaited text,
    is_open boolean NOT NULL,
    bears_remedy boolean NOT NULL,
    survivor uuid,
    CONSTRAINT an_open_case_has_a_date CHECK ((next_due IS NOT NULL) = is_open)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX cases_by_queue ON cases (queue, rank, next_due, case_id) WHERE is_open;
CREATE INDEX cases_by_technicians ON cases (technicians, rank, next_due, case_id)
    WHERE is_open AND technicians IS NOT NULL;
CREATE INDEX cases_by_awaited ON cases (awaited, rank, next_due, case_id)
    WHERE is_open AND awaited IS NOT NULL;
CREATE INDEX cases_by_survivor ON cases (survivor, case_id) WHERE survivor IS NOT NULL;

-- One customer, one unit: the case in which it goes on. The row is what cases of one matter are locked by.
CREATE TABLE matters (
    customer_ref text NOT NULL,
    product_unit text NOT NULL,
    survivor uuid NOT NULL,
    PRIMARY KEY (customer_ref, product_unit)
);

CREATE TABLE promises (
    case_id uuid NOT NULL,
    promise_no integer NOT NULL,
    kind text NOT NULL,
    owner_kind text NOT NULL,
    owner text NOT NULL,
    made_at timestamptz NOT NULL,
    due timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('live', 'kept', 'broken')),
    settled_at timestamptz,
    kept_by text,
    PRIMARY KEY (case_id, promise_no),
    CHECK ((settled_at IS NULL) = (status = 'live')),
    CHECK ((kept_by IS NOT NULL) = (status = 'kept'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX promises_by_due ON promises (due, owner_kind) WHERE status = 'live';

-- migrate:down
DROP TABLE matters, promises, cases;
