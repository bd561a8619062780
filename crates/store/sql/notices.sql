-- Changes of terms, and the letters that bring notices.

-- name: terms_change_insert
INSERT INTO terms_changes (sid, version, due_at, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: terms_change_update
UPDATE terms_changes SET version = ?2, due_at = ?3, doc = ?4 WHERE sid = ?1 AND version = ?2 - 1

-- name: terms_notice_insert
INSERT INTO terms_notices (sid, account_sid, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: notice_letter_insert
INSERT INTO notice_letters (notice_sid, number, account_sid, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: terms_notices_drop
DELETE FROM terms_notices WHERE account_sid = ?1

-- name: notice_letters_drop
DELETE FROM notice_letters WHERE account_sid = ?1

-- name: terms_changes
SELECT c.doc FROM terms_changes c ORDER BY c.sid DESC LIMIT :limit

-- name: terms_change
SELECT c.doc FROM terms_changes c WHERE c.sid = :sid

-- name: due_terms_changes
SELECT c.doc FROM terms_changes c WHERE c.due_at IS NOT NULL AND c.due_at <= :now ORDER BY c.due_at, c.sid LIMIT :limit

-- name: terms_notices
SELECT n.doc FROM terms_notices n WHERE n.account_sid = :account ORDER BY n.sid DESC LIMIT :limit

-- name: notice_letters
SELECT l.doc FROM notice_letters l WHERE l.notice_sid = :notice AND l.account_sid = :account ORDER BY l.number LIMIT :limit

-- name: last_notice_letters
-- Of the notices of all accounts behind one, the last letter of each.
SELECT l.doc FROM notice_letters l
WHERE l.notice_sid > :after
AND l.number = (SELECT max(m.number) FROM notice_letters m WHERE m.notice_sid = l.notice_sid)
ORDER BY l.notice_sid
LIMIT :limit
