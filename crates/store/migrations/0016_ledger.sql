-- Why: silent edits of the ledger show. Postings are sealed in groups, soon after they were written and not with them: a chain of single
-- ones would make all writers wait for each other.

-- `seal` is the number of the seal over the posting, NULL until it has one.
ALTER TABLE postings ADD COLUMN seal bigint;
CREATE INDEX postings_by_seal ON postings (seal, id);

CREATE TABLE ledger_seals (
    number bigint NOT NULL PRIMARY KEY,
    doc text NOT NULL
);
