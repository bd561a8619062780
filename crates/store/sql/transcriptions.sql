-- Texts of recordings.

-- name: transcription_insert
INSERT INTO transcriptions (sid, account_sid, version, recording_sid, due_at, created_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: transcription_update
UPDATE transcriptions SET version = ?3, recording_sid = ?4, due_at = ?5, created_at = ?6, doc = ?7
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: transcription_delete
DELETE FROM transcriptions WHERE account_sid = ?1 AND sid = ?2

-- name: transcription
SELECT doc FROM transcriptions WHERE account_sid = :account AND sid = :sid

-- name: transcriptions
SELECT t.doc FROM transcriptions t --if list
SELECT count(*) FROM transcriptions t --if count
WHERE t.account_sid = :account --if own
WHERE t.account_sid IN (SELECT a.descendant FROM account_tree a WHERE a.ancestor = :account) --if tree
AND t.recording_sid = :recording --if recording
AND t.created_at >= :created_from --if created_from
AND t.created_at < :created_until --if created_until
AND t.sid < :after --if before_key
AND t.sid > :after --if behind_key
ORDER BY t.sid DESC --if newest
ORDER BY t.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: due_transcriptions
-- Those under a hold stay as they are.
SELECT x.doc FROM transcriptions x WHERE x.due_at IS NOT NULL AND x.due_at <= :now
AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = x.account_sid AND (h.number IS NULL OR EXISTS (SELECT 1 FROM recordings r JOIN calls c ON c.sid = r.call_sid
            WHERE r.sid = x.recording_sid AND (c.from_address = h.number OR c.to_address = h.number))))
ORDER BY x.due_at, x.sid LIMIT :limit
