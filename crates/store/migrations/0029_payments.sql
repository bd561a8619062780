-- Why: customers pay through a payment provider, which tells what happened late, twice and in any order; structured documents go out to an
-- access point, and value added tax is listed by the day of issue.

-- `look_at` is when the provider is to be asked; NULL once nothing is expected. `open` is NULL once it is decided.
CREATE TABLE payment_intents (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    provider text NOT NULL,
    provider_id text,
    open bigint,
    look_at bigint,
    doc text NOT NULL
);
CREATE INDEX payment_intents_by_account ON payment_intents (account_sid, sid);
CREATE UNIQUE INDEX payment_intents_by_provider ON payment_intents (provider, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX payment_intents_open ON payment_intents (account_sid, sid) WHERE open IS NOT NULL;
CREATE INDEX payment_intents_due ON payment_intents (look_at, sid) WHERE look_at IS NOT NULL;

-- What was told is noted once by its id: told again, it changes nothing.
CREATE TABLE payment_events (
    provider text NOT NULL,
    id text NOT NULL,
    intent_sid uuid,
    doc text NOT NULL,
    PRIMARY KEY (provider, id)
) --sqlite WITHOUT ROWID
;

-- One row per sending of a document; `due_at` is when something is to be done about it, NULL once it is decided.
CREATE TABLE dispatches (
    invoice_sid uuid NOT NULL,
    number bigint NOT NULL,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL,
    PRIMARY KEY (invoice_sid, number)
) --sqlite WITHOUT ROWID
;
CREATE INDEX dispatches_due ON dispatches (due_at, invoice_sid, number) WHERE due_at IS NOT NULL;

ALTER TABLE invoices ADD COLUMN issued_on text;
--sqlite UPDATE invoices SET issued_on = json_extract(doc, '$.issued_on');
--postgres UPDATE invoices SET issued_on = doc::json ->> 'issued_on';
CREATE INDEX invoices_by_issue ON invoices (issued_on, sid);
