-- Why: personal data goes when somebody has a right to it, and stays while a court wants it. An erasure takes many transactions, so its
-- record says how far it is; a hold is asked by every sweep.

-- `number` is NULL where the hold is on all of the account; `active` is NULL before it is confirmed and once it is lifted.
CREATE TABLE legal_holds (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    number text,
    active bigint,
    doc text NOT NULL
);
CREATE INDEX legal_holds_by_account ON legal_holds (account_sid, sid);
CREATE INDEX legal_holds_active ON legal_holds (account_sid, number) WHERE active = 1;

-- `due_at` is when a process has to go on with it; NULL once nothing is left that goes later.
CREATE TABLE erasures (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL
);
CREATE INDEX erasures_by_account ON erasures (account_sid, sid);
CREATE INDEX erasures_due ON erasures (due_at, sid) WHERE due_at IS NOT NULL;

-- Rows of one account or call that nobody had to find before.
CREATE INDEX contacts_by_account ON contacts (account_sid, recipient);
CREATE INDEX participants_by_call ON participants (account_sid, call_sid);
CREATE INDEX short_codes_by_account ON short_codes (account_sid, sid);

-- How far each nightly term has come in an account: a day, or the sid of a row.
CREATE TABLE retention_marks (
    account_sid uuid NOT NULL,
    class text NOT NULL,
    done text NOT NULL,
    PRIMARY KEY (account_sid, class)
) --sqlite WITHOUT ROWID
;

-- What went of each class, by day.
CREATE TABLE retention_counts (
    day text NOT NULL,
    class text NOT NULL,
    gone bigint NOT NULL,
    PRIMARY KEY (day, class)
) --sqlite WITHOUT ROWID
;
