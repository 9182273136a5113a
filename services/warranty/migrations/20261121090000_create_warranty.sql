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
    delivered_on date,
    lot text
);

-- Every replacement, repair, refund and price reduction, and how far it got.
CREATE TABLE remedies (
    case_id uuid NOT NULL,
    remedy_no integer NOT NULL,
    product_unit text NOT NULL,
    defect_no integer NOT NULL,
    symptom_code text,
    kind text NOT NULL CHECK (kind IN ('replacement', 'repair', 'refund', 'price_reduction')),
    in_force boolean NOT NULL,
    assessment_no integer NOT NULL,
    coverage text NOT NULL,
    policy_id text NOT NULL,
    policy_version text NOT NULL,
    reported_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    due timestamptz NOT NULL,
    supersedes integer,
    repair_no text,
    service_point text,
    quote_no text,
    received_at timestamptz,
    completed_at timestamptz,
    failed_at timestamptz,
    returned_at timestamptz,
    repair_guarantee_until date,
    shipment text,
    shipped_at timestamptz,
    lost_at timestamptz,
    delivered_at timestamptz,
    payment text,
    paid_at timestamptz,
    called_off_at timestamptz,
    refused_for text,
    PRIMARY KEY (case_id, remedy_no),
    CONSTRAINT repair_has_number_and_workshop
        CHECK ((kind = 'repair') = (repair_no IS NOT NULL) AND (kind = 'repair') = (service_point IS NOT NULL)),
    CONSTRAINT trial_goes_to_no_workshop CHECK (NOT (coverage = 'trial' AND kind = 'repair')),
    CONSTRAINT quotes_are_for_repairs CHECK (quote_no IS NULL OR kind = 'repair'),
    CONSTRAINT repair_out_of_guarantee_has_a_quote
        CHECK (NOT (coverage = 'out' AND (kind <> 'repair' OR quote_no IS NULL))),
    CONSTRAINT called_off_is_not_in_force CHECK (NOT (in_force AND called_off_at IS NOT NULL))
);
-- At most one remedy in force for each defect of a unit, of whatever kind, whichever case it belongs to.
CREATE UNIQUE INDEX one_remedy_in_force ON remedies (product_unit, defect_no) WHERE in_force;
CREATE UNIQUE INDEX repair_numbers ON remedies (repair_no) WHERE repair_no IS NOT NULL;
CREATE INDEX remedies_of_unit ON remedies (product_unit);

-- Quotes for paid repairs (presupuestos). work is a list of words.
CREATE TABLE quotes (
    quote_no text PRIMARY KEY,
    case_id uuid NOT NULL,
    product_unit text NOT NULL,
    symptom_code text,
    service_point text NOT NULL,
    assessment_no integer NOT NULL,
    policy_id text NOT NULL,
    policy_version text NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'issued', 'accepted', 'refused', 'cancelled', 'expired', 'not_given')),
    due timestamptz NOT NULL,
    revision integer NOT NULL CHECK (revision >= 0),
    price_minor bigint CHECK (price_minor >= 0),
    currency text,
    valid_until timestamptz,
    work jsonb NOT NULL,
    CONSTRAINT an_offer_has_a_price_and_an_end CHECK (
        (revision > 0) = (price_minor IS NOT NULL) AND (revision > 0) = (valid_until IS NOT NULL)
    )
);
CREATE UNIQUE INDEX one_open_quote ON quotes (case_id) WHERE status IN ('requested', 'issued');
CREATE INDEX quotes_of_case ON quotes (case_id);

-- Credit for faults of the house: at most once for each broken promise or complaint of a case.
CREATE TABLE compensations (
    case_id uuid NOT NULL,
    cause text NOT NULL CHECK (cause IN ('promise', 'complaint')),
    cause_no integer NOT NULL CHECK (cause_no > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    policy_id text NOT NULL,
    policy_version text NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, cause, cause_no)
);

-- New units at hand, by model, as the ERP counts them; no row: nobody counts them here.
CREATE TABLE stock (
    model text PRIMARY KEY,
    available integer CHECK (available >= 0),
    expected_on date
);
CREATE INDEX stock_by_available ON stock (available);

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

-- What is told to customers of service points, readable without waiting for those who send repairs there.
CREATE VIEW listed_points AS SELECT id, official, active, brands, jurisdictions FROM service_points;

-- Every assessment that was published, with its reasons.
CREATE TABLE assessments (
    case_id uuid NOT NULL,
    assessment_no integer NOT NULL,
    assessed_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (case_id, assessment_no)
);

-- Cases that are not known to have ended, and the unit they name: whom news about a unit concern.
CREATE TABLE open_cases (
    case_id uuid PRIMARY KEY,
    product_unit text NOT NULL
);
CREATE INDEX open_cases_by_unit ON open_cases (product_unit, case_id);

-- Models and lots that are, or were, held back.
CREATE TABLE containments (
    id text PRIMARY KEY,
    model text NOT NULL,
    lot text,
    cause text NOT NULL,
    advice text NOT NULL,
    active boolean NOT NULL,
    started_at timestamptz NOT NULL,
    lifted_at timestamptz,
    lift_reason text,
    CONSTRAINT lifted_with_a_reason
        CHECK (active = (lifted_at IS NULL) AND active = (lift_reason IS NULL))
);
CREATE INDEX containments_active ON containments (active) WHERE active;

-- migrate:down
DROP VIEW listed_points;
DROP TABLE containments, open_cases, assessments, service_points, stock, compensations, quotes, remedies, product_units;
