-- E-mails.

-- name: email_insert
INSERT INTO emails (sid, account_sid, version, due_at, created_at, operators, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING

-- name: email_update
UPDATE emails SET version = ?3, due_at = ?4, created_at = ?5, operators = ?6, doc = ?7 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: email
SELECT doc FROM emails WHERE account_sid = :account AND sid = :sid

-- name: emails
SELECT e.doc FROM emails e --if list
SELECT count(*) FROM emails e --if count
WHERE e.account_sid = :account
AND e.created_at >= :created_from --if created_from
AND e.created_at < :created_until --if created_until
AND e.sid < :after --if before_key
AND e.sid > :after --if behind_key
ORDER BY e.sid DESC --if newest
ORDER BY e.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: emails_own
SELECT count(*) FROM emails e WHERE e.account_sid = :account AND e.created_at >= :since AND e.operators IS NULL

-- name: due_emails
SELECT doc FROM emails WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: claim_emails
-- As due_emails, and not due for anybody else until then. The outer condition is looked at again when another node was quicker.
UPDATE emails SET due_at = :until
WHERE due_at IS NOT NULL AND due_at <= :now AND sid IN (
    SELECT sid FROM emails WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit)
RETURNING doc
