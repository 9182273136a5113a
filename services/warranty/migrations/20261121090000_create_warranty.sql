-- migrate:up
SET lock_timeout = '5s';

-- What was sold: one row for each product unit. Decisions about one unit lock its row.
CREATE TABLE product_units (
    product_unit text PRIMARY KEY,
    revision integer NOT NULL CHECK (revision > 0),
    model text NOT NULL,
    brand text NOT NULL,
    seller text NOT NULL,
    jurisdiction text NOT NULL,
    buyer text NOT NULL,
    customer_ref text,
    purchase_ref text,
    purchased_on date NOT NULL,
    delivered_on date
);

-- Every replacement and repair, and how far it got.
CREATE TABLE remedies (
    case_id uuid NOT NULL,
    remedy_no integer NOT NULL,
    product_unit text NOT NULL,
    defect_no integer NOT NULL,
    symptom_code text,
    kind text NOT NULL CHECK (kind IN ('replacement', 'repair')),
    in_force boolean NOT NULL,
    assessment_no integer NOT NULL,
    coverage text NOT NULL,
    policy_id text NOT NULL,
    policy_version text NOT NULL,
    decided_at timestamptz NOT NULL,
    due timestamptz NOT NULL,
    supersedes integer,
    repair_no text,
    service_point text,
    received_at timestamptz,
    completed_at timestamptz,
    failed_at timestamptz,
    returned_at timestamptz,
    repair_guarantee_until date,
    shipped_at timestamptz,
    delivered_at timestamptz,
    PRIMARY KEY (case_id, remedy_no),
    CONSTRAINT repair_has_number_and_workshop
        CHECK ((kind = 'repair') = (repair_no IS NOT NULL) AND (kind = 'repair') = (service_point IS NOT NULL)),
    CONSTRAINT trial_goes_to_no_workshop CHECK (NOT (coverage = 'trial' AND kind = 'repair'))
);
-- At most one remedy in force for each defect of a unit, whichever case it belongs to.
CREATE UNIQUE INDEX one_remedy_in_force ON remedies (product_unit, defect_no) WHERE in_force;
CREATE UNIQUE INDEX repair_numbers ON remedies (repair_no) WHERE repair_no IS NOT NULL;
CREATE INDEX remedies_of_unit ON remedies (product_unit);

-- Workshops (SAT, CAST). brands and jurisdictions are lists of words.
CREATE TABLE service_points (
    id text PRIMARY KEY,
    official boolean NOT NULL,
    active boolean NOT NULL,
    brands jsonb NOT NULL,
    jurisdictions jsonb NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    open_repairs integer NOT NULL CHECK (open_repairs >= 0)
);

-- Every assessment that was published, with its reasons.
CREATE TABLE assessments (
    case_id uuid NOT NULL,
    assessment_no integer NOT NULL,
    assessed_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (case_id, assessment_no)
);

-- Cases that wait for the registration of the unit they name.
CREATE TABLE unsettled_cases (
    case_id uuid PRIMARY KEY,
    product_unit text NOT NULL
);
CREATE INDEX unsettled_cases_by_unit ON unsettled_cases (product_unit, case_id);

-- migrate:down
DROP TABLE unsettled_cases, assessments, service_points, remedies, product_units;
