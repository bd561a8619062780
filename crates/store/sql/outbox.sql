-- Callbacks, idempotency keys, sweeping, the health probe.

-- name: callback_insert
INSERT INTO callbacks (sid, account_sid, subject, sequence, pending, next_attempt_at, created_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO NOTHING

-- name: callback_settle
UPDATE callbacks SET pending = ?2, next_attempt_at = ?3, outcome = ?4 WHERE sid = ?1

-- name: idempotency_insert
INSERT INTO idempotency_keys (account_sid, request_key, request_digest, status, body, content_type, resource, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO NOTHING

-- name: idempotency_sweep
-- By the place of the row: a list of double keys is not looked up by its second half.
DELETE FROM idempotency_keys WHERE rowid IN
    (SELECT rowid FROM idempotency_keys WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)

-- name: callbacks_sweep
DELETE FROM callbacks WHERE rowid IN
-- A hold on a number holds all callbacks of its account: whom one is about stands only in its text.
    (SELECT k.rowid FROM callbacks k WHERE k.pending IS NULL AND k.sid < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = k.account_sid)
    ORDER BY k.sid LIMIT ?2)

-- name: mo_parts_sweep
DELETE FROM mo_parts WHERE rowid IN
    (SELECT rowid FROM mo_parts WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)

-- name: probe_beat
INSERT INTO probe (id, beats) VALUES (?1, 1)
ON CONFLICT (id) DO UPDATE SET beats = probe.beats + 1

-- name: due_callbacks
-- A callback waits for every earlier one of its subject that is still pending. Asked at reading time and not kept as a mark: a mark
-- would need the writers of one subject to wait for each other.
SELECT c.doc, c.outcome FROM callbacks c
WHERE c.pending IS NOT NULL AND c.next_attempt_at <= :now
AND NOT EXISTS (SELECT 1 FROM callbacks e WHERE e.subject = c.subject AND e.pending IS NOT NULL AND e.sequence < c.sequence)
ORDER BY c.next_attempt_at, c.sid
LIMIT :limit

-- name: callbacks_about
SELECT doc, outcome FROM callbacks WHERE subject = :subject AND account_sid = :account ORDER BY sequence, sid

-- name: idempotency
SELECT request_digest, status, body, content_type, resource, created_at FROM idempotency_keys
WHERE account_sid = :account AND request_key = :key AND created_at >= :not_before

-- name: claim_callbacks
-- As due_callbacks, and not due for anybody else until then. The outer condition is looked at again when another node was quicker.
UPDATE callbacks SET next_attempt_at = :until
WHERE pending IS NOT NULL AND next_attempt_at <= :now AND sid IN (
    SELECT c.sid FROM callbacks c
    WHERE c.pending IS NOT NULL AND c.next_attempt_at <= :now
    AND NOT EXISTS (SELECT 1 FROM callbacks e WHERE e.subject = c.subject AND e.pending IS NOT NULL AND e.sequence < c.sequence)
    ORDER BY c.next_attempt_at, c.sid
    LIMIT :limit)
RETURNING doc, outcome
