-- Why: what is held is paid by the month, at the price of the moment it was taken. `held_until` wins over `doc`: it is changed alone.

CREATE TABLE holdings (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    item text NOT NULL,
    subject text NOT NULL,
    held_from bigint NOT NULL,
    held_until bigint,
    doc text NOT NULL
);
CREATE INDEX holdings_by_account ON holdings (account_sid, item, subject, held_from);
-- A thing is held once by an account.
CREATE UNIQUE INDEX holdings_open ON holdings (account_sid, item, subject) WHERE held_until IS NULL;

-- Months whose recurring charges are made.
CREATE TABLE closed_months (
    month text NOT NULL PRIMARY KEY,
    doc text NOT NULL
);
