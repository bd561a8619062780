-- Number masking.

-- name: masking_insert
INSERT INTO masking_records (sid, account_sid, version, kind, parent, subject, unique_key, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO NOTHING

-- name: masking_update
UPDATE masking_records SET version = ?3, kind = ?4, parent = ?5, subject = ?6, unique_key = ?7, doc = ?8
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: masking_delete
DELETE FROM masking_records WHERE account_sid = ?1 AND (sid = ?2 OR parent = ?2
OR parent IN (SELECT c.sid FROM masking_records c WHERE c.parent = ?2 AND c.account_sid = ?1))

-- name: mask_record
SELECT doc FROM masking_records WHERE account_sid = :account AND sid = :sid

-- name: mask_by_key
SELECT doc FROM masking_records WHERE unique_key = :unique_key

-- name: mask_records
SELECT r.doc FROM masking_records r
WHERE r.account_sid = :account AND r.kind = :kind
AND r.parent = :parent --if parent
AND r.subject = :subject --if subject
AND r.sid < :after --if before_key
AND r.sid > :after --if behind_key
ORDER BY r.sid DESC --if newest
ORDER BY r.sid --if oldest
LIMIT :limit OFFSET :skip
