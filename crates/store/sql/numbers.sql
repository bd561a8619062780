-- Applications, the stock, rented numbers, caller ids.

-- name: application_insert
INSERT INTO applications (sid, account_sid, version, friendly_name, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: application_update
UPDATE applications SET version = ?3, friendly_name = ?4, doc = ?5
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: application_delete
DELETE FROM applications WHERE account_sid = ?1 AND sid = ?2

-- name: application_unbind
-- The version moves too: an update that was read before must not bring the reference back.
UPDATE numbers SET
    version = version + 1,
    voice_application_sid = CASE WHEN voice_application_sid = ?1 THEN NULL ELSE voice_application_sid END,
    sms_application_sid = CASE WHEN sms_application_sid = ?1 THEN NULL ELSE sms_application_sid END,
    refer_application_sid = CASE WHEN refer_application_sid = ?1 THEN NULL ELSE refer_application_sid END
WHERE voice_application_sid = ?1 OR sms_application_sid = ?1 OR refer_application_sid = ?1

-- name: stock_import
INSERT INTO stock (number, country, number_type, voice, sms, mms, fax, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (number) DO UPDATE SET
    country = excluded.country, number_type = excluded.number_type, voice = excluded.voice, sms = excluded.sms,
    mms = excluded.mms, fax = excluded.fax, doc = excluded.doc

-- name: stock_take
UPDATE stock SET rented_by = ?2, held_by = NULL, held_until = NULL
WHERE number = ?1 AND rented_by IS NULL AND (held_by IS NULL OR held_by = ?3 OR held_until <= ?4)

-- name: stock_return
UPDATE stock SET rented_by = NULL WHERE rented_by = ?1 AND number = (SELECT number FROM numbers WHERE sid = ?1)

-- name: stock_quarantine
UPDATE stock SET quarantined_until = ?2 WHERE rented_by = ?1 AND number = (SELECT number FROM numbers WHERE sid = ?1)

-- name: stock_free
-- Not what is on its way to another operator.
UPDATE stock SET rented_by = NULL, quarantined_until = NULL
WHERE quarantined_until <= ?1
AND NOT EXISTS (SELECT 1 FROM porting_requests p WHERE p.number = stock.number AND p.is_open = 1)

-- name: number_insert
INSERT INTO numbers (sid, account_sid, version, number, friendly_name, number_type, voice_application_sid, sms_application_sid,
    refer_application_sid, released_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO NOTHING

-- name: number_update
-- The account may change; the number may not, and a released number is over.
UPDATE numbers SET account_sid = ?2, version = ?3, friendly_name = ?5, number_type = ?6, voice_application_sid = ?7,
    sms_application_sid = ?8, refer_application_sid = ?9, doc = ?10
WHERE sid = ?1 AND version = ?3 - 1 AND number = ?4 AND released_at IS NULL

-- name: number_release
UPDATE numbers SET released_at = ?3, version = version + 1
WHERE account_sid = ?1 AND sid = ?2 AND released_at IS NULL

-- name: caller_id_insert
INSERT INTO caller_ids (sid, account_sid, version, number, friendly_name, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: caller_id_update
UPDATE caller_ids SET version = ?3, number = ?4, friendly_name = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: caller_id_delete
DELETE FROM caller_ids WHERE account_sid = ?1 AND sid = ?2

-- name: application
SELECT doc FROM applications WHERE account_sid = :account AND sid = :sid

-- name: applications
SELECT p.doc FROM applications p
WHERE p.account_sid = :account
AND p.friendly_name = :friendly_name --if friendly_name
AND p.sid < :after --if before_key
AND p.sid > :after --if behind_key
ORDER BY p.sid DESC --if newest
ORDER BY p.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: stock
SELECT s.doc FROM stock s
WHERE s.rented_by IS NULL
AND (s.held_by IS NULL OR s.held_until <= :held_now OR s.held_by = :held_by) --if held
AND s.country = :country --if country
AND s.number_type = :number_type --if number_type
AND s.number LIKE :pattern --if pattern
AND s.voice = 1 --if voice
AND s.sms = 1 --if sms
AND s.mms = 1 --if mms
AND s.fax = 1 --if fax
ORDER BY s.number
LIMIT :limit

-- name: number
SELECT n.doc, n.version, n.voice_application_sid, n.sms_application_sid, n.refer_application_sid, n.released_at FROM numbers n
WHERE n.account_sid = :account AND n.sid = :sid

-- name: number_owner
SELECT n.doc, n.version, n.voice_application_sid, n.sms_application_sid, n.refer_application_sid, n.released_at FROM numbers n
WHERE n.number = :number AND n.released_at IS NULL

-- name: quarantined
SELECT s.quarantined_until FROM stock s WHERE s.number = :number AND s.quarantined_until IS NOT NULL

-- name: numbers
SELECT n.doc, n.version, n.voice_application_sid, n.sms_application_sid, n.refer_application_sid, n.released_at FROM numbers n
WHERE n.account_sid = :account AND n.released_at IS NULL
AND n.number LIKE :pattern --if pattern
AND n.friendly_name = :friendly_name --if friendly_name
AND n.number_type = :number_type --if number_type
AND (n.voice_application_sid = :application OR n.sms_application_sid = :application) --if application
AND n.sid < :after --if before_key
AND n.sid > :after --if behind_key
ORDER BY n.sid DESC --if newest
ORDER BY n.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: caller_id
SELECT doc FROM caller_ids WHERE account_sid = :account AND sid = :sid

-- name: caller_ids
SELECT i.doc FROM caller_ids i
WHERE i.account_sid = :account
AND i.number = :number --if number
AND i.friendly_name = :friendly_name --if friendly_name
AND i.sid < :after --if before_key
AND i.sid > :after --if behind_key
ORDER BY i.sid DESC --if newest
ORDER BY i.sid --if oldest
LIMIT :limit OFFSET :skip
