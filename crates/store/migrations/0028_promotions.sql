-- Why: what an operator gives for a time is taken by subscriptions, never by more than may and never beyond its budget; and a change of
-- prices for many goes from customer to customer, behind whoever it had come to when a process ended.

-- `taken` and `spent` are changed where they are checked; `cap` and `budget` never are.
CREATE TABLE promotions (
    id text NOT NULL PRIMARY KEY,
    code text,
    version bigint NOT NULL,
    cap bigint,
    budget bigint,
    taken bigint NOT NULL,
    spent bigint NOT NULL,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE UNIQUE INDEX promotions_by_code ON promotions (code) WHERE code IS NOT NULL;
CREATE INDEX promotions_by_time ON promotions (created_at, id);

CREATE TABLE redemptions (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    subscription_sid uuid NOT NULL,
    promotion text NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX redemptions_by_account ON redemptions (account_sid, sid);
-- Once for ever: who leaves and comes back is welcomed once.
CREATE UNIQUE INDEX redemptions_once ON redemptions (account_sid, promotion);

-- `due_at` is when a process has to look at it; NULL while nothing is to be done.
CREATE TABLE price_runs (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL
);
CREATE INDEX price_runs_due ON price_runs (due_at, sid) WHERE due_at IS NOT NULL;

CREATE TABLE price_run_customers (
    run_sid uuid NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (run_sid, account_sid)
);
