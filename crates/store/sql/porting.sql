-- Numbers that move between operators.

-- name: porting_insert
INSERT INTO porting_requests (sid, account_sid, version, number, is_open, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: porting_update
UPDATE porting_requests SET version = ?3, number = ?4, is_open = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: stock_drop
DELETE FROM stock WHERE number = ?1

-- name: stock_hold
UPDATE stock SET held_by = ?2, held_until = ?3
WHERE number = ?1 AND rented_by IS NULL AND (held_by IS NULL OR held_by = ?2 OR held_until <= ?4)

-- name: porting_request
SELECT doc FROM porting_requests WHERE account_sid = :account AND sid = :sid

-- name: porting_requests
SELECT r.doc FROM porting_requests r
WHERE r.account_sid = :account
AND r.sid < :after --if before_key
AND r.sid > :after --if behind_key
ORDER BY r.sid DESC --if newest
ORDER BY r.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: open_porting_requests
SELECT r.doc FROM porting_requests r
WHERE r.is_open = 1
AND r.sid < :after --if before_key
AND r.sid > :after --if behind_key
ORDER BY r.sid DESC --if newest
ORDER BY r.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: quarantined_number
SELECT n.doc, n.version, n.voice_application_sid, n.sms_application_sid, n.refer_application_sid, n.released_at
FROM stock s JOIN numbers n ON n.sid = s.rented_by
WHERE s.number = :number AND s.quarantined_until IS NOT NULL

-- name: held_numbers
SELECT s.doc FROM stock s WHERE s.held_by = :account AND s.held_until > :now AND s.rented_by IS NULL ORDER BY s.number LIMIT 100

-- name: stock_number
SELECT s.doc FROM stock s WHERE s.number = :number
