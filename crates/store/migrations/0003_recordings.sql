-- Why: a node gives up only its own open recordings after a crash; the audio has a home, a key and an end, and a deleted recording
-- leaves its record. Each account's key of keys has a row of its own, so that destroying it is one statement.

DROP INDEX recordings_open;
ALTER TABLE recordings ADD COLUMN open_node text;
UPDATE recordings SET open_node = '' WHERE in_progress IS NOT NULL;
ALTER TABLE recordings DROP COLUMN in_progress;
-- `open_node` is NULL once the recording is over, '' while no node is known; `spool_node` has the audio until it is in the object store.
ALTER TABLE recordings ADD COLUMN spool_node text;
ALTER TABLE recordings ADD COLUMN expires_at bigint;
ALTER TABLE recordings ADD COLUMN deleted bigint;
CREATE INDEX recordings_open ON recordings (open_node, sid) WHERE open_node IS NOT NULL;
CREATE INDEX recordings_spooled ON recordings (spool_node, sid) WHERE spool_node IS NOT NULL;
CREATE INDEX recordings_expiring ON recordings (expires_at, sid) WHERE expires_at IS NOT NULL;

CREATE TABLE account_keys (
    account_sid uuid NOT NULL PRIMARY KEY,
    sealed bytea NOT NULL
);
