-- Archives of accounts.

-- name: export_insert
INSERT INTO exports (sid, account_sid, version, due_at, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: export_update
UPDATE exports SET version = ?3, due_at = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: export
SELECT doc FROM exports WHERE account_sid = :account AND sid = :sid

-- name: exports
SELECT e.doc FROM exports e
WHERE e.account_sid = :account
AND e.sid < :after --if before_key
AND e.sid > :after --if behind_key
ORDER BY e.sid DESC --if newest
ORDER BY e.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: due_exports
SELECT doc FROM exports WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit
