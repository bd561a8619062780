-- Requests of authorities, and whom they are about.

-- name: lawful_request_insert
INSERT INTO lawful_requests (sid, account_sid, version, due_at, decided_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: lawful_request_update
UPDATE lawful_requests SET version = ?3, due_at = ?4, decided_at = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: lawful_requests_sweep
DELETE FROM lawful_requests WHERE sid IN (
    SELECT l.sid FROM lawful_requests l WHERE l.decided_at IS NOT NULL AND l.decided_at < ?1 ORDER BY l.decided_at LIMIT ?2)

-- name: lawful_request
SELECT doc FROM lawful_requests WHERE account_sid = :account AND sid = :sid

-- name: lawful_requests
SELECT l.doc FROM lawful_requests l
WHERE l.account_sid = :account
AND l.sid < :after --if before_key
AND l.sid > :after --if behind_key
ORDER BY l.sid DESC --if newest
ORDER BY l.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: late_lawful_requests
SELECT doc FROM lawful_requests WHERE due_at IS NOT NULL AND due_at < :now ORDER BY due_at, sid LIMIT :limit

-- name: holdings_of_subject
-- Of every account.
SELECT h.doc, h.held_until FROM holdings h
WHERE h.subject = :subject AND h.held_from <= :now AND (h.held_until IS NULL OR h.held_until > :now)
ORDER BY h.held_from
LIMIT 100

-- name: caller_ids_of_number
-- Of every account.
SELECT c.doc FROM caller_ids c WHERE c.number = :number ORDER BY c.sid LIMIT 100

-- name: use_of_resource
-- Of whichever account: a call or message has one.
SELECT u.doc FROM usage_events u WHERE u.resource = :resource ORDER BY u.source, u.id LIMIT 1
