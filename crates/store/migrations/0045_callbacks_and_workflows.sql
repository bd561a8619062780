-- Why: three callbacks are told of each message, and each was written twice with all its text and in five indexes. What came of one has a
-- column of its own, so that its text is written once; what is pending of a subject is found by the index over all of them; and the age of
-- those that are over stands in an index that is only written when a row is made.
ALTER TABLE callbacks ADD COLUMN outcome text;
DROP INDEX callbacks_pending;
DROP INDEX callbacks_finished;
CREATE INDEX callbacks_by_age ON callbacks (created_at);

-- And: a code that does not come back goes by another channel, and somebody has to find those that are due.
ALTER TABLE verifications ADD COLUMN next_step_at bigint;
CREATE INDEX verifications_due ON verifications (next_step_at, sid) WHERE next_step_at IS NOT NULL;
