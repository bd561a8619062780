-- Why: invoices are made from total quantities per item, price and month, are numbered without gaps, and what is on one is on no other.

-- The sums of usage are covered by one index still: month and price are its last columns.
DROP INDEX usage_sums;
ALTER TABLE usage_events ADD COLUMN month text;
ALTER TABLE usage_events ADD COLUMN plan text;
--sqlite UPDATE usage_events SET month = json_extract(doc, '$.month'), plan = json_extract(doc, '$.plan');
--postgres UPDATE usage_events SET month = doc::json ->> 'month', plan = doc::json ->> 'plan';
CREATE INDEX usage_sums ON usage_events (account_sid, day, kind, item, class, billed, minutes, amount, month, plan);

-- `settled` wins over `doc`: it is changed alone. `open` is NULL once all of it is settled.
CREATE TABLE invoices (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    kind text NOT NULL,
    number text NOT NULL UNIQUE,
    month text NOT NULL,
    communication text,
    preceding_sid uuid,
    settled bigint NOT NULL,
    open bigint,
    doc text NOT NULL
);
CREATE INDEX invoices_by_account ON invoices (account_sid, sid);
-- A month is invoiced once; what comes later is on the next invoice.
CREATE UNIQUE INDEX invoices_of_month ON invoices (account_sid, month) WHERE kind = 'invoice';
CREATE UNIQUE INDEX invoices_by_communication ON invoices (communication) WHERE communication IS NOT NULL;
CREATE INDEX invoices_by_preceding ON invoices (account_sid, preceding_sid, sid) WHERE preceding_sid IS NOT NULL;

-- The last number that was given in each series.
CREATE TABLE document_series (
    series text NOT NULL PRIMARY KEY,
    last bigint NOT NULL
);

-- What of an account's usage is on which invoice.
CREATE TABLE invoiced (
    account_sid uuid NOT NULL,
    month text NOT NULL,
    item text NOT NULL,
    plan text NOT NULL,
    invoice_sid uuid NOT NULL,
    quantity bigint NOT NULL,
    uses bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (account_sid, month, item, plan, invoice_sid)
) --sqlite WITHOUT ROWID
;
