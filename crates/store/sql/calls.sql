-- Calls and what happened on them, recordings, notifications.

-- name: call_insert
INSERT INTO calls (sid, account_sid, version, parent_call_sid, from_address, to_address, status, open_node, created_at, ended_at,
    proven_at, doc, outgoing)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT DO NOTHING

-- name: call_update
-- What was proven stays proven: the updater may not have seen the latest proof.
UPDATE calls SET version = ?3, parent_call_sid = ?4, from_address = ?5, to_address = ?6, status = ?7, open_node = ?8,
    created_at = ?9, ended_at = ?10,
    proven_at = CASE WHEN proven_at IS NULL OR proven_at < ?11 THEN ?11 ELSE proven_at END,
    doc = ?12
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: call_prove
-- Talk only grows, whatever became of the wall clock.
UPDATE calls SET proven_at = CASE WHEN proven_at IS NULL OR proven_at < ?2 THEN ?2 ELSE proven_at END,
    proven_ms = CASE WHEN proven_ms IS NULL OR proven_ms < ?3 THEN ?3 ELSE proven_ms END
WHERE sid = ?1 AND open_node IS NOT NULL

-- name: call_delete
DELETE FROM calls WHERE account_sid = ?1 AND sid = ?2 AND open_node IS NULL

-- name: timeline_delete
DELETE FROM timeline WHERE call_sid = ?1

-- name: timeline_insert
INSERT INTO timeline (call_sid, sequence, account_sid, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: recording_insert
INSERT INTO recordings (sid, account_sid, version, call_sid, conference_sid, open_node, spool_node, expires_at, deleted, created_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO NOTHING

-- name: recording_update
UPDATE recordings SET version = ?3, call_sid = ?4, conference_sid = ?5, open_node = ?6, spool_node = ?7, expires_at = ?8, deleted = ?9,
    created_at = ?10, doc = ?11
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: notification_insert
INSERT INTO notifications (sid, account_sid, call_sid, level, code, request_url, created_at, message, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT DO NOTHING

-- name: call
SELECT doc, proven_at, proven_ms FROM calls WHERE account_sid = :account AND sid = :sid

-- name: calls
SELECT c.doc, c.proven_at, c.proven_ms FROM calls c --if list
SELECT count(*) FROM calls c --if count
WHERE c.account_sid = :account --if own
WHERE c.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND c.from_address = :from --if from
AND c.to_address = :to --if to
AND c.status = :status --if status
AND c.parent_call_sid = :parent --if parent
AND c.created_at >= :started_from --if started_from
AND c.created_at < :started_until --if started_until
AND c.ended_at >= :ended_from --if ended_from
AND c.ended_at < :ended_until --if ended_until
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: open_calls
SELECT doc, proven_at, proven_ms FROM calls WHERE open_node IS NOT NULL AND (open_node = :node OR open_node = '') ORDER BY sid LIMIT :limit

-- name: running_calls
-- Answered ones of the account and of those below it.
SELECT c.doc, c.proven_at, c.proven_ms FROM account_tree t JOIN calls c ON c.account_sid = t.descendant
WHERE t.ancestor = :account AND c.open_node IS NOT NULL AND c.status = 'in-progress'
AND c.account_sid = :account --if own
AND c.sid > :after
ORDER BY c.sid LIMIT :limit

-- name: running_calls_on
SELECT c.doc, c.proven_at, c.proven_ms FROM calls c
WHERE c.open_node = :node AND c.status = 'in-progress' AND c.sid > :after
ORDER BY c.sid LIMIT :limit

-- name: silent_calls
-- Of whichever node: nobody has said for long that they run.
SELECT c.doc, c.proven_at, c.proven_ms FROM calls c
WHERE c.open_node > '' AND coalesce(c.proven_at, c.created_at) < :before
ORDER BY c.open_node, c.sid LIMIT :limit

-- name: timeline
SELECT doc, account_sid, call_sid FROM timeline WHERE call_sid = :call AND account_sid = :account ORDER BY sequence LIMIT 1000

-- name: recording
SELECT doc FROM recordings WHERE account_sid = :account AND sid = :sid

-- name: recording_by_sid
SELECT doc FROM recordings WHERE sid = :sid

-- name: recordings
SELECT r.doc FROM recordings r --if list
SELECT count(*) FROM recordings r --if count
WHERE r.account_sid = :account --if own
WHERE r.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND r.deleted IS NULL --if living
AND r.call_sid = :call --if call
AND r.conference_sid = :conference --if conference
AND r.created_at >= :created_from --if created_from
AND r.created_at < :created_until --if created_until
AND r.sid < :after --if before_key
AND r.sid > :after --if behind_key
ORDER BY r.sid DESC --if newest
ORDER BY r.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: verb_record_insert
INSERT INTO verb_records (sid, account_sid, kind, call_sid, status, created_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: verb_record
SELECT doc FROM verb_records WHERE account_sid = :account AND sid = :sid

-- name: verb_records
SELECT v.doc FROM verb_records v --if list
SELECT count(*) FROM verb_records v --if count
WHERE v.account_sid = :account AND v.kind = :kind
AND v.call_sid = :call --if call
AND v.status = :status --if status
AND v.created_at >= :created_from --if created_from
AND v.created_at < :created_until --if created_until
AND v.sid < :after --if before_key
AND v.sid > :after --if behind_key
ORDER BY v.sid DESC --if newest
ORDER BY v.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: open_recordings
SELECT doc FROM recordings WHERE open_node IS NOT NULL AND (open_node = :node OR open_node = '') ORDER BY sid LIMIT :limit

-- name: spooled_recordings
SELECT doc FROM recordings WHERE spool_node = :node AND sid > :after ORDER BY sid LIMIT :limit

-- name: expired_recordings
-- What is deleted already has no audio that a hold could keep.
SELECT r.doc FROM recordings r WHERE r.expires_at IS NOT NULL AND r.expires_at <= :now
AND (r.deleted = 1 OR NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = r.account_sid AND (h.number IS NULL OR EXISTS (SELECT 1 FROM calls c WHERE (c.from_address = h.number OR c.to_address = h.number)
            AND (c.sid = r.call_sid OR c.account_sid = r.account_sid AND c.parent_call_sid = r.call_sid)))))
ORDER BY r.expires_at, r.sid LIMIT :limit

-- name: notification
SELECT doc FROM notifications WHERE account_sid = :account AND sid = :sid

-- name: notifications
SELECT n.doc FROM notifications n --if list
SELECT count(*) FROM notifications n --if count
WHERE n.account_sid = :account --if own
WHERE n.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND n.call_sid = :call --if call
AND n.level = :level --if level
AND n.code = :code --if code
AND n.request_url = :request_url --if request_url
AND strpos(n.message, :text) > 0 --if text
AND n.created_at >= :created_from --if created_from
AND n.created_at < :created_until --if created_until
AND n.sid < :after --if before_key
AND n.sid > :after --if behind_key
ORDER BY n.sid DESC --if newest
ORDER BY n.sid --if oldest
LIMIT :limit OFFSET :skip --if list
