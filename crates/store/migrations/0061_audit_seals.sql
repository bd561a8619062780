-- Why: silent edits of the audit log show. Entries are sealed in groups soon after they were written, like postings of the ledger, because a chain of
-- single ones would make all who write wait for each other.

-- `seal` is the number of the seal over the entry, NULL until it has one.
ALTER TABLE audit_events ADD COLUMN seal bigint;
CREATE INDEX audit_events_unsealed ON audit_events (sid) WHERE seal IS NULL;
CREATE INDEX audit_events_by_seal ON audit_events (seal, sid) WHERE seal IS NOT NULL;

CREATE TABLE audit_seals (
    number bigint NOT NULL PRIMARY KEY,
    doc text NOT NULL
);
