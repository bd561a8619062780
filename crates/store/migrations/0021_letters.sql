-- Why: customers are told of their invoices, reminded of them and warned, may dispute a part, and are paid back what is left; a large
-- credit note waits for a second person. Letters are written once and never changed: they are the proof.

ALTER TABLE invoices ADD COLUMN due_on text;
--sqlite UPDATE invoices SET due_on = json_extract(doc, '$.due_on');
--postgres UPDATE invoices SET due_on = doc::json ->> 'due_on';
-- `open` is NULL once all is settled.
CREATE INDEX invoices_overdue ON invoices (due_on, sid) WHERE open IS NOT NULL;
CREATE INDEX invoices_open ON invoices (account_sid, sid) WHERE open IS NOT NULL;
CREATE INDEX invoiced_by_invoice ON invoiced (invoice_sid);

CREATE TABLE letters (
    invoice_sid uuid NOT NULL,
    number bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (invoice_sid, number)
) --sqlite WITHOUT ROWID
;

CREATE TABLE disputes (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    invoice_sid uuid NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX disputes_by_invoice ON disputes (invoice_sid, sid);

CREATE TABLE credit_requests (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    invoice_sid uuid NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX credit_requests_by_invoice ON credit_requests (invoice_sid, sid);

-- A contract ends once.
CREATE TABLE payouts (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    subscription_sid uuid NOT NULL UNIQUE,
    version bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX payouts_by_account ON payouts (account_sid, sid);
