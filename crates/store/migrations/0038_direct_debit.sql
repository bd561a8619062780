-- Why: customers let the operator collect invoices from their bank accounts. A mandate is proof and is never removed; an invoice is asked of a
-- bank once; a file for the bank can be made again. And the operator's mail to a customer does not count among the account's own.

-- `open` is NULL once it is revoked: an account has one mandate at most that is not.
CREATE TABLE mandates (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    reference text NOT NULL UNIQUE,
    open bigint,
    doc text NOT NULL
);
CREATE INDEX mandates_by_account ON mandates (account_sid, sid);
CREATE UNIQUE INDEX mandates_open ON mandates (account_sid) WHERE open IS NOT NULL;

CREATE TABLE collection_files (
    sid uuid NOT NULL PRIMARY KEY,
    doc text NOT NULL
);

CREATE TABLE collections (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    invoice_sid uuid NOT NULL UNIQUE,
    file_sid uuid NOT NULL,
    batch text NOT NULL,
    end_to_end text NOT NULL UNIQUE,
    doc text NOT NULL
);
CREATE INDEX collections_by_account ON collections (account_sid, sid);
CREATE INDEX collections_by_file ON collections (file_sid, sid);
CREATE INDEX collections_by_batch ON collections (batch, sid);

-- 1 where it is the operator's own mail to the customer; NULL otherwise.
ALTER TABLE emails ADD COLUMN operators bigint;
