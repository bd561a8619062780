-- Verifications, their services, limits and attempts.

-- name: verify_service_insert
INSERT INTO verify_services (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: verify_service_update
UPDATE verify_services SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: verify_service_delete
DELETE FROM verify_services WHERE account_sid = ?1 AND sid = ?2

-- name: send_limits_of_service_delete
DELETE FROM send_limits WHERE account_sid = ?1 AND owner = ?2

-- name: verification_insert
INSERT INTO verifications (sid, account_sid, version, scope, destination, status, open, created_at, doc, next_step_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING

-- name: verification_update
-- What is over stays so.
UPDATE verifications SET version = ?3, status = ?6, open = ?7, created_at = ?8, doc = ?9, next_step_at = ?10
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND scope = ?4 AND destination = ?5 AND open IS NOT NULL

-- name: verification_attempt_insert
INSERT INTO verification_attempts
    (sid, account_sid, verification_sid, scope, destination, country, channel, converted, created_at, updated_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO NOTHING

-- name: verification_attempts_convert
UPDATE verification_attempts SET converted = 1, updated_at = ?3 WHERE account_sid = ?1 AND verification_sid = ?2

-- name: send_limit_insert
INSERT INTO send_limits (sid, account_sid, version, owner, unique_name, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: send_limit_update
UPDATE send_limits SET version = ?3, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND owner = ?4 AND unique_name = ?5

-- name: send_limit_delete
DELETE FROM send_limits WHERE account_sid = ?1 AND sid = ?2

-- name: send_mark_insert
INSERT INTO send_marks (account_sid, mark, made_at, sid) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: send_marks_sweep
DELETE FROM send_marks WHERE rowid IN
    (SELECT m.rowid FROM send_marks m WHERE m.made_at < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = m.account_sid)
    ORDER BY m.made_at LIMIT ?2)

-- name: verify_service
SELECT doc FROM verify_services WHERE account_sid = :account AND sid = :sid

-- name: verify_services
SELECT s.doc FROM verify_services s --if list
SELECT count(*) FROM verify_services s --if count
WHERE s.account_sid = :account
AND s.sid < :after --if before_key
AND s.sid > :after --if behind_key
ORDER BY s.sid DESC --if newest
ORDER BY s.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: verification
SELECT doc FROM verifications WHERE account_sid = :account AND sid = :sid

-- name: due_workflows
SELECT doc FROM verifications WHERE next_step_at IS NOT NULL AND next_step_at <= :now ORDER BY next_step_at, sid LIMIT :limit

-- name: open_verification
SELECT doc FROM verifications
WHERE account_sid = :account AND scope = :scope AND destination = :destination AND open IS NOT NULL

-- name: verifications
SELECT v.doc FROM verifications v --if list
SELECT count(*) FROM verifications v --if count
WHERE v.account_sid = :account
AND v.scope = :scope --if scope
AND v.destination = :destination --if destination
AND v.status = :status --if status
AND v.created_at >= :created_from --if created_from
AND v.created_at < :created_until --if created_until
AND v.sid < :after --if before_key
AND v.sid > :after --if behind_key
ORDER BY v.sid DESC --if newest
ORDER BY v.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: verification_attempt
SELECT doc, converted, updated_at FROM verification_attempts WHERE account_sid = :account AND sid = :sid

-- name: verification_attempts
SELECT a.doc, a.converted, a.updated_at FROM verification_attempts a --if list
SELECT count(*) FROM verification_attempts a --if count
WHERE a.account_sid = :account
AND a.scope = :scope --if scope
AND a.verification_sid = :verification --if verification
AND a.destination = :destination --if destination
AND substr(a.destination, 1, length(:prefix)) = :prefix --if prefix
AND a.country = :country --if country
AND a.channel = :channel --if channel
AND a.converted = :converted --if converted
AND a.created_at >= :created_from --if created_from
AND a.created_at < :created_until --if created_until
AND a.sid < :after --if before_key
AND a.sid > :after --if behind_key
ORDER BY a.sid DESC --if newest
ORDER BY a.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: send_limit
SELECT doc FROM send_limits WHERE account_sid = :account AND sid = :sid

-- name: send_limit_by_name
SELECT doc FROM send_limits WHERE account_sid = :account AND owner = :owner AND unique_name = :unique_name

-- name: send_limits
SELECT l.doc FROM send_limits l --if list
SELECT count(*) FROM send_limits l --if count
WHERE l.account_sid = :account
AND l.owner = :owner
AND l.sid < :after --if before_key
AND l.sid > :after --if behind_key
ORDER BY l.sid DESC --if newest
ORDER BY l.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: send_marks
SELECT count(*) FROM send_marks WHERE account_sid = :account AND mark = :mark AND made_at >= :since

-- name: send_mark_oldest
SELECT min(made_at) FROM send_marks WHERE account_sid = :account AND mark = :mark AND made_at >= :since

-- name: verify_template_insert
INSERT INTO verify_templates (sid, version, account_sid, friendly_name, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: verify_template_update
UPDATE verify_templates SET version = ?2, friendly_name = ?4, doc = ?5 WHERE sid = ?1 AND version = ?2 - 1 AND account_sid = ?3

-- name: verify_template_delete
DELETE FROM verify_templates WHERE account_sid = ?1 AND sid = ?2

-- name: safe_number_insert
INSERT INTO safe_numbers (sid, account_sid, number, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: safe_number_delete
DELETE FROM safe_numbers WHERE account_sid = ?1 AND number = ?2

-- name: verify_template
SELECT doc FROM verify_templates WHERE account_sid = :account AND sid = :sid

-- name: verify_templates
SELECT t.doc FROM verify_templates t --if list
SELECT count(*) FROM verify_templates t --if count
WHERE t.account_sid = :account
AND t.friendly_name = :friendly_name --if friendly_name
AND t.sid < :after --if before_key
AND t.sid > :after --if behind_key
ORDER BY t.sid DESC --if newest
ORDER BY t.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: safe_number
SELECT doc FROM safe_numbers WHERE account_sid = :account AND number = :number

-- name: safe_numbers_count
SELECT count(*) FROM safe_numbers WHERE account_sid = :account
